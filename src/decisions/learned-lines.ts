import type { Decision } from '../domain/decision.ts';
import type { LearnedMark, RouterPolicy } from '../domain/router-policy.ts';
import type { StepRecord } from '../recorder/record.ts';
import { makeDecision } from './make-decision.ts';
import { isCandidates, withoutCandidateMark } from './policy-trial.ts';
import type { Decide } from './pool-dial.ts';

/** What learning had to do with a step, as sentences: what is in force and what it changed, and what is on trial beside it. */
export function learnedLines({ input, decision, shadows }: StepRecord, decide: Decide): readonly string[] {
  const { learned } = input.policy;
  const policyId = withoutCandidateMark(decision.policyId);
  const beside =
    input.onTrial === undefined ? undefined : shadows.find((one) => withoutCandidateMark(one.policyId) === policyId);
  if (learned !== undefined && isCandidates(decision)) {
    const other = beside === undefined ? '' : ` Under the policy in force the step ${wouldHave(beside, decision)}.`;
    return [`This session tries a candidate of "${policyId}" (${markText(learned)}).${other} ${takeBack(policyId)}`];
  }
  const lines: string[] = [];
  if (learned !== undefined) {
    const filed = makeDecision({ ...input, policy: asFiled(input.policy, learned) }, { decide, shadows: [] });
    const without = `Without it the step ${wouldHave(filed.decision, decision)}.`;
    lines.push(
      `What was learned of "${policyId}" is in force (${markText(learned)}). ${without} ${takeBack(policyId)}`,
    );
  }
  if (beside !== undefined)
    lines.push(`A candidate of "${policyId}" is on trial; under it the step ${wouldHave(beside, decision)}.`);
  return lines;
}

/** Its dial is measured on the pool anew, as other prices of failure have another scale. */
function asFiled(
  { learned: _learned, dialFactors: _factors, stakesFactors: _stakes, ...policy }: RouterPolicy,
  { instead }: LearnedMark,
): RouterPolicy {
  return { ...policy, ...instead };
}

function markText({ settings, since, allowedBy }: LearnedMark): string {
  const what = settings.length === 0 ? 'as its file has it' : settings.join(', ');
  return `${what}${since === undefined ? '' : `, since ${since.slice(0, 10)}`}${allowedBy === undefined ? '' : `, allowed by ${allowedBy}`}`;
}

const takeBack = (policyId: string): string => `"pointsman learn --retreat --policy ${policyId}" takes it back.`;

function wouldHave(other: Decision, own: Decision): string {
  if (other.kind === 'refuse') return 'would have been refused';
  if (
    own.kind !== 'refuse' &&
    other.to === own.to &&
    other.mode === own.mode &&
    other.ladder.length === own.ladder.length
  )
    return 'would have gone the same way';
  return `would have gone to ${other.to} (${other.mode})`;
}
