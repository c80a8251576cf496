import type { OutcomeRecord } from '../recorder/record.ts';
import type { CallTrace, SessionTrace, ThreadTrace, UserMessageTrace } from '../sessions/session-trace.ts';

/** What a harness's own log says came of the work of one call. */
export interface HarnessVerdict {
  /** What the caller knows the answer by, and the id that the vendor gave it: whichever the records hold. */
  readonly callIds: readonly string[];
  /** Its size and when it ended, for logs that keep no such id. */
  readonly usage: CallTrace['usage'];
  readonly endedAt: CallTrace['endedAt'];
  readonly verdict: Extract<OutcomeRecord['verdict'], 'good_fit' | 'failed'>;
  readonly why: string;
}

/** What people do to work that they do not want. An interrupt alone says nothing: they may just be in a hurry. */
const WHY_CORRECTED: Readonly<Partial<Record<NonNullable<UserMessageTrace['correction']>, string>>> = {
  'rejected-tool': 'a person refused the change',
  'says-wrong': 'a person said that it is wrong',
  reverts: 'a person asked to take it back',
};

/**
 * What came of the changes in a session: tests that ran green after a change speak for the call that made it; tests that
 * were still red when the turn ended, and a person who refused or took it back, against it. Where neither happened,
 * nothing is said. A red run in the middle of a turn is how work is done. Pure.
 * @returns at most one for each call, in the order in which they came to be known
 */
export function harnessVerdicts(session: Pick<SessionTrace, 'threads'>): readonly HarnessVerdict[] {
  const verdicts = session.threads.flatMap(verdictsOfThread);
  const newest = new Map(verdicts.map((verdict) => [verdict.callIds.join(' '), verdict]));
  return [...newest.values()];
}

/** A person's turn: the calls up to the next message. */
interface Turn {
  readonly calls: readonly CallTrace[];
  /** How the message after it judges it. */
  readonly correctedBy: string | undefined;
}

function verdictsOfThread(thread: ThreadTrace): readonly HarnessVerdict[] {
  return turnsOf(thread).flatMap(verdictsOfTurn);
}

function turnsOf({ calls, userMessages }: ThreadTrace): readonly Turn[] {
  const borders = [...new Set([0, ...userMessages.map((message) => message.beforeCallIndex), calls.length])].sort(
    (a, b) => a - b,
  );
  return borders.slice(0, -1).map((from, index) => {
    const until = borders[index + 1] ?? calls.length;
    const after = userMessages.find((message) => message.beforeCallIndex === until);
    return { calls: calls.slice(from, until), correctedBy: whyCorrected(after) };
  });
}

function whyCorrected(message: UserMessageTrace | undefined): string | undefined {
  return message?.correction === undefined ? undefined : WHY_CORRECTED[message.correction];
}

function verdictsOfTurn({ calls, correctedBy }: Turn): readonly HarnessVerdict[] {
  const verdicts: HarnessVerdict[] = [];
  let changed: CallTrace | undefined;
  let red: CallTrace | undefined;
  for (const call of calls) {
    for (const { action, tests } of call.toolCalls) {
      if (action === 'edit') changed = call;
      if (action !== 'test' || changed === undefined) continue;
      if (tests === 'green') verdicts.push(verdictOn(changed, 'good_fit', 'tests ran green after its change'));
      red = tests === 'red' ? changed : tests === 'green' ? undefined : red;
    }
  }
  if (red !== undefined) verdicts.push(verdictOn(red, 'failed', 'tests were red when the turn ended'));
  if (correctedBy !== undefined && changed !== undefined) verdicts.push(verdictOn(changed, 'failed', correctedBy));
  return verdicts;
}

function verdictOn(call: CallTrace, verdict: HarnessVerdict['verdict'], why: string): HarnessVerdict {
  const ids = [call.requestId, call.callId].filter((id) => id !== undefined && id !== '');
  return { callIds: ids.map(String), usage: call.usage, endedAt: call.endedAt, verdict, why };
}
