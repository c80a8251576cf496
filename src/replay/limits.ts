import type { RecordedSummary } from './replay-report.ts';

/** What this report cannot know, in sentences; the general ones first, then what these very logs lack. */
export function limitsOf(facts: {
  readonly recorded: RecordedSummary;
  readonly sessionCount: number;
  readonly beamThreadCount: number;
  /** Amount by which the optimum of cut searches may be lower, for people. */
  readonly beamGap: string;
}): readonly string[] {
  const { recorded } = facts;
  const limits = [
    'What another model would have written is unknown: other tool calls, other errors, another course of the session. Bills of calls that were not made are modelled from the recorded sizes.',
    'Whether another model would have succeeded is predicted, not observed; the failure column is only as good as the predictor.',
    'A cheaper model is taken to need more calls for the same step, but the extra calls are not taken to lengthen the transcript.',
    'Rivals and the optimum work in the shared transcript. Where ours starts a step from a fresh context, the sizes of brief and result and the work repeated are assumed.',
    'The kind of a step is read from what its calls did; a router has to tell it beforehand, from the words and what came before.',
    'γ is that of a whole piece of work (14 calls of code, 4 of planning, and so on: assumed); a recorded step is charged the share of it that its calls are.',
    'Pauses are kept as recorded, although a slower or faster model would have changed them.',
    'A miss that the recorded call met is taken to have met whichever model was called.',
  ];
  if (facts.sessionCount < 5) {
    limits.push(
      `Only ${facts.sessionCount} session${facts.sessionCount === 1 ? '' : 's'}: no intervals are given below five.`,
    );
  }
  if (recorded.callsWithoutUsageCount > 0) {
    limits.push(`${recorded.callsWithoutUsageCount} calls carry no usage and are in no bill.`);
  }
  for (const { model, callCount } of recorded.unpriced.slice(0, 5)) {
    limits.push(`${callCount} calls of "${model}" have no known price and are in no bill.`);
  }
  if (recorded.callsWithUnknownCacheCount > 0) {
    limits.push(
      `${recorded.callsWithUnknownCacheCount} calls do not say what they read from the cache; they are billed as uncached.`,
    );
  }
  if (facts.beamThreadCount > 0) {
    limits.push(
      `In ${facts.beamThreadCount} thread${facts.beamThreadCount === 1 ? '' : 's'} the search for the optimum was cut: it is at most ${facts.beamGap} lower than said.`,
    );
  }
  return limits;
}
