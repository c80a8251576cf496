import type { DecideInput, Decision } from '../domain/decision.ts';
import type { Draft } from './candidates.ts';
import type { Model } from '../domain/model.ts';

export function lookAhead(
  _input: DecideInput,
  _pool: readonly Model[],
  _drafts: readonly Draft[],
): Decision['lookahead'] {
  return { method: 'none', stepCount: 0, stateCount: 0 };
}
