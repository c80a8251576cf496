import type { ThreadHead } from '../simulation/thread-head.ts';
import type { RecordedSummary } from './replay-report.ts';

/** What this report cannot know, in sentences; the general ones first, then what these very logs lack. */
export function limitsOfReplay(facts: {
  readonly recorded: RecordedSummary;
  readonly sessionCount: number;
  readonly beamThreadCount: number;
  /** Threads where the cheapest run that is known starts steps afresh. */
  readonly freshThreadCount: number;
  /** Threads by what the size of their head stands on. */
  readonly heads: Readonly<Record<ThreadHead['basis'], number>>;
  /** Amount by which the optimum of cut searches may be lower, for people. */
  readonly beamGap: string;
}): readonly string[] {
  const { recorded } = facts;
  const limits = [
    'What another model would have written is unknown: other tool calls, other errors, another course of the session. Bills of calls that were not made are modelled from the recorded sizes.',
    'Whether another model would have succeeded is predicted, not observed; the failure column is only as good as the predictor.',
    'A cheaper model is taken to need more calls for the same step, but the extra calls are not taken to lengthen the transcript.',
    'Rivals work in the shared transcript, and only there the optimum is searched. Where ours starts a step from a fresh context, the sizes of brief and result and the work repeated are assumed.',
    `Fresh contexts are taken to begin with the system prompt and tools of their thread and to find them warm where a model has read them: ${headWords(facts.heads)}.`,
    'The kind of a step is read from what its calls did; a router has to tell it beforehand, from the words and what came before.',
    'How hard and grave a step is was read from the words of its turn, where the log has them, for a step of its kind (modelled); elsewhere its kind is all that is known.',
    'γ is that of a whole piece of work (14 calls of code, 4 of planning, and so on: assumed); a recorded step is charged the share of it that its calls are.',
    'Pauses are kept as recorded, although a slower or faster model would have changed them.',
    'A miss that the recorded call met is taken to have met whichever model was called.',
  ];
  if (facts.sessionCount < 5) {
    limits.push(
      `Only ${facts.sessionCount} session${facts.sessionCount === 1 ? '' : 's'}: no intervals are given below five.`,
    );
  }
  if (recorded.inferredReadsSessionCount > 0) {
    const { inferredReadsSessionCount: count } = recorded;
    limits.push(
      `${count} session${count === 1 ? '' : 's'} do not log what was read from the cache. It is inferred from the blocks that prompts share and the time between calls (a time to live of five minutes, renewed by use), so these bills are modelled; their dates are assumed.`,
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
  if (facts.freshThreadCount > 0) {
    const { freshThreadCount: count } = facts;
    limits.push(
      `In ${count} thread${count === 1 ? '' : 's'} the optimum is the cheapest known run that starts steps afresh: a cheaper one may exist.`,
    );
  }
  if (facts.beamThreadCount > 0) {
    limits.push(
      `In ${facts.beamThreadCount} thread${facts.beamThreadCount === 1 ? '' : 's'} the search for the optimum was cut: it is at most ${facts.beamGap} lower than said.`,
    );
  }
  return limits;
}

function headWords(heads: Readonly<Record<ThreadHead['basis'], number>>): string {
  const shown = heads['first-prompt'];
  return `their size is modelled from the first prompt in ${shown} thread${shown === 1 ? '' : 's'}, assumed in ${heads.assumed}`;
}
