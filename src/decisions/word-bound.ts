import type { DecideInput, Decision } from '../domain/decision.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { Ratio } from '../domain/time.ts';
import {
  countDecision,
  DEFAULT_UPGRADE_BOUND,
  mayUpgrade,
  NO_UPGRADES,
  type UpgradeState,
} from '../learn/beliefs/upgrade-guard.ts';
import type { StepToDecide } from './step-to-decide.ts';
import { toDecideInput } from './to-decide-input.ts';

/** How often the words of each principal have moved a step to a dearer model. In memory: it starts again with the process. */
export type UpgradesByPrincipal = Map<string, UpgradeState>;

export interface WordBound {
  /** The same step as if nobody had said anything. */
  readonly withoutWords: DecideInput;
  readonly upgrades: UpgradesByPrincipal;
  readonly principal: string;
  readonly maxUpgradeRatio: Ratio;
}

/** The bound of a step, where its policy has one and somebody counts. */
export async function wordBound(
  { words }: { readonly words?: Pick<WordBound, 'upgrades' | 'principal'> | undefined },
  { maxUpgradeRatio }: Pick<RouterPolicy, 'maxUpgradeRatio'>,
  wordless: () => Promise<StepToDecide>,
): Promise<WordBound | undefined> {
  if (words === undefined || maxUpgradeRatio === undefined) return undefined;
  return { ...words, maxUpgradeRatio, withoutWords: toDecideInput(await wordless()) };
}

/** Where strangers ask, a policy that does not say how far their words may raise the bill bounds it; `maxUpgradeRatio: 1` does not. */
export function boundedForStrangers(policy: RouterPolicy): RouterPolicy {
  return policy.maxUpgradeRatio === undefined
    ? { ...policy, maxUpgradeRatio: DEFAULT_UPGRADE_BOUND.fairRatio }
    : policy;
}

/**
 * Decides with what the words say as long as they have not moved more than `maxUpgradeRatio` of the principal's steps, and a
 * burst, to dearer models than the same steps would have got without them; from then on without them. Holds whatever the
 * words are and whether or not anybody took them for an attack. Counts the decision in `upgrades`.
 */
export function decideBounded(
  withWords: DecideInput,
  { withoutWords, upgrades, principal, maxUpgradeRatio }: WordBound,
  decide: (input: DecideInput) => Decision,
): { readonly input: DecideInput; readonly decision: Decision } {
  const bound = { ...DEFAULT_UPGRADE_BOUND, fairRatio: maxUpgradeRatio };
  const state = upgrades.get(principal) ?? NO_UPGRADES;
  const decision = decide(withWords);
  const plain = decide(withoutWords);
  // A model that the words speak against, such as one whose tools failed, is only in the other table.
  const without = billIn(decision, plain) ?? billIn(plain, plain) ?? Number.POSITIVE_INFINITY;
  const isUpgrade = (billIn(decision, decision) ?? 0) > without;
  const isHeld = isUpgrade && !mayUpgrade(state, bound);
  upgrades.set(principal, countDecision(state, isUpgrade && !isHeld, bound));
  if (!isHeld) return { input: withWords, decision };
  const held: DecideInput = { ...withoutWords, session: { ...withoutWords.session, wordsHeld: true } };
  return { input: held, decision: decide(held) };
}

/** What the model that `choice` names bills in the table of `of`. `undefined`: it is not there, or the step was refused. */
function billIn(of: Decision, choice: Decision): number | undefined {
  if (choice.kind === 'refuse') return undefined;
  return of.candidates.find((row) => row.model === choice.to && row.mode === choice.mode)?.billNanoUsd;
}
