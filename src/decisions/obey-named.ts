import type { Decision } from '../domain/decision.ts';
import type { ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';

/** Limits that an explicitly named model is held to; about everything else its vendor has the last word. */
const HARD_FOR_NAMED: ReadonlySet<string> = new Set([
  'not-allowed',
  'denied',
  'compliance',
  'over-budget',
  'cannot-carry',
]);

/** A named model runs although the table says that it should not: its vendor will say so in its own words. Pure. */
export function obeyNamed(decision: Decision, named: Model, incumbent: ModelId | undefined): Decision {
  if (decision.kind !== 'refuse') return decision;
  const own = decision.rejected.filter((rejection) => rejection.model === named.id);
  if (own.length === 0 || own.some((rejection) => HARD_FOR_NAMED.has(rejection.code))) return decision;
  const { kind: _kind, code: _code, hints: _hints, ...base } = decision;
  const text = `You named ${named.id}, and it is obeyed exactly. ${own[0]?.why ?? ''}`;
  const route = { to: named.id, mode: 'continue', ladder: [{ model: named.id, mode: 'continue' }] } as const;
  const obeyed = { ...base, reasons: [{ code: 'override', text }], ...route } as const;
  return named.id === incumbent ? { ...obeyed, kind: 'stay' } : { ...obeyed, kind: 'switch', from: incumbent };
}
