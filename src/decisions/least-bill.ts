import type { CandidateRow, DecideInput } from '../domain/decision.ts';
import type { Decide } from './pool-dial.ts';

/** The candidate that would bill least for a step that no budget covered; `undefined`: none may take it at any price. Pure. */
export function leastBill(input: DecideInput, decide: Decide): CandidateRow | undefined {
  const budget = { jobLeftNanoUsd: undefined, stepLeftNanoUsd: undefined };
  const policy = { ...input.policy, budget: { jobNanoUsd: undefined, stepNanoUsd: undefined } };
  const { candidates } = decide({ ...input, budget, policy });
  return candidates.toSorted((one, other) => one.billNanoUsd - other.billNanoUsd)[0];
}
