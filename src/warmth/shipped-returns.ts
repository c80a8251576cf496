import data from './artifacts/returns.json' with { type: 'json' };
import type { ReturnTable } from './returns.ts';

/** How calls of recorded coding sessions were followed by the next; `artifacts/RETURNS-CARD.md` says of which. */
export function shippedReturns(): ReturnTable {
  return data;
}
