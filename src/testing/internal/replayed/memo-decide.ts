import type { DecideInput, Decision } from '../../../domain/decision.ts';
import type { RouterPolicy } from '../../../domain/router-policy.ts';
import { decide } from '../../../router/decide.ts';

/** Decides a step as every door does; on steps that need the same once for each policy. */
export type MemoDecide = (input: DecideInput) => Decision;

export function memoDecide(): MemoDecide {
  const known = new WeakMap<RouterPolicy, WeakMap<object, Map<string, Decision>>>();
  return (input) => {
    let steps = known.get(input.policy);
    if (steps === undefined) known.set(input.policy, (steps = new WeakMap()));
    let chances = steps.get(input.step);
    if (chances === undefined) steps.set(input.step, (chances = new Map()));
    const drawn = input.chance?.among[input.chance.drawn];
    const key = drawn === undefined ? '' : `${input.chance?.by} ${drawn.model} ${drawn.mode}`;
    const decision = chances.get(key) ?? decide(input);
    chances.set(key, decision);
    return { ...decision, decisionId: input.decisionId, at: input.now };
  };
}
