import data from './artifacts/stretches.json' with { type: 'json' };
import type { StretchTable } from './forecast/stretches.ts';

/** How recorded coding sessions went on from where a model might have been chosen; `artifacts/STRETCHES-CARD.md` says of which. */
export function shippedStretches(): StretchTable {
  return data;
}
