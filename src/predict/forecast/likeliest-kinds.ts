import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import type { ForecastTables } from '../artifact.ts';

type Transitions = ForecastTables['transitions'];

/** The likeliest kind of each of the next `stepCount` steps after one of `kind`. Pure. */
export function likeliestKinds(kind: StepKind, transitions: Transitions, stepCount: number): readonly StepKind[] {
  const kinds: StepKind[] = [];
  let belief: ReadonlyMap<StepKind, Ratio> = new Map([[kind, 1]]);
  for (let index = 0; index < stepCount; index += 1) {
    belief = advanceBelief(belief, transitions);
    kinds.push(likeliest(belief));
  }
  return kinds;
}

/** One step on: what each kind turns into, `goesOn` of it. A kind nobody saw goes on to any kind alike. */
export function advanceBelief(
  belief: ReadonlyMap<StepKind, Ratio>,
  transitions: Transitions,
  goesOn: (kind: StepKind) => Ratio = () => 1,
): Map<StepKind, Ratio> {
  const next = new Map<StepKind, Ratio>();
  for (const [kind, ratio] of belief) {
    const row = transitions[kind];
    const rest = ratio * goesOn(kind);
    for (const following of STEP_KINDS) {
      const share = row === undefined ? 1 / STEP_KINDS.length : (row[following] ?? 0);
      next.set(following, (next.get(following) ?? 0) + rest * share);
    }
  }
  return next;
}

export function likeliest(belief: ReadonlyMap<StepKind, Ratio>): StepKind {
  const [kind] = [...belief].reduce((best, next) => (next[1] > best[1] ? next : best));
  return kind;
}
