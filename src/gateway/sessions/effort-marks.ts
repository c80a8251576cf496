import type { Model } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import type { Message, MessageEffort } from '../../domain/transcript.ts';
import { fitEffort } from '../../wires/shared/effort.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import type { TranscriptFingerprints } from './transcript-fingerprint.ts';

/** An effort that was said in mid-conversation. It stays where it was said in every later call: without it the prefix is another. */
export interface EffortMark {
  /** The caller's message behind which it stands. */
  readonly messageIndex: number;
  readonly fingerprint: number;
  readonly effort: MessageEffort;
  /** What the caller itself asked for. When that changes, nothing before it is warm any more. */
  readonly asked: Effort | undefined;
}

/** More are not kept: a thread that has that many says its effort no more. The last is for the usual one, or a raised one would stay. */
const MAX_MARKS = 32;

/** Where a call stands in its thread's transcript, and the effort that it asks for itself. */
export interface MarkedAt {
  readonly fingerprints: TranscriptFingerprints;
  readonly effort: Effort | undefined;
}

/** The marks that a call must carry: those before a change of the transcript, or of the caller's own effort, mean nothing now. Pure. */
export function liveMarks(marks: readonly EffortMark[], { fingerprints, effort }: MarkedAt): readonly EffortMark[] {
  const isLive = (mark: EffortMark): boolean =>
    mark.asked === effort && fingerprints[mark.messageIndex] === mark.fingerprint;
  const firstDead = marks.findIndex((mark) => !isLive(mark));
  return firstDead === -1 ? marks : marks.slice(0, firstDead);
}

/** The marks with one behind the newest message, in place of one that stood there; the same where there is no room. Pure. */
export function withEffortMark(
  marks: readonly EffortMark[],
  effort: MessageEffort,
  at: MarkedAt,
): readonly EffortMark[] {
  const messageIndex = at.fingerprints.length - 1;
  const fingerprint = at.fingerprints[messageIndex];
  if (fingerprint === undefined) return marks;
  const before = marks.filter((mark) => mark.messageIndex < messageIndex);
  const room = effort === 'usual' ? MAX_MARKS : MAX_MARKS - 1;
  return before.length >= room ? marks : [...before, { messageIndex, fingerprint, effort, asked: at.effort }];
}

/** What a thread says last of its effort; `undefined`: nothing, or the usual one again. */
export function raisedTo(marks: readonly EffortMark[]): Effort | undefined {
  const last = marks.at(-1)?.effort;
  return last === 'usual' ? undefined : last;
}

/** The marks in a model's own levels, the most that it takes where it has none so high, for a body that stays in its format. */
export function levelsFor(
  marks: readonly EffortMark[],
  { usualEffort, efforts }: Pick<Model, 'usualEffort' | 'efforts'>,
): readonly { readonly messageIndex: number; readonly effort: Effort }[] {
  return marks.flatMap(({ messageIndex, effort, asked }) => {
    const level = fitEffort(effort === 'usual' ? (asked ?? usualEffort) : effort, efforts).effort;
    return level === undefined ? [] : [{ messageIndex, effort: level }];
  });
}

/** A call in no vendor's form, with the marks on its messages. */
export function withEfforts(inbound: InboundCall, marks: readonly EffortMark[]): InboundCall {
  if (marks.length === 0) return inbound;
  const efforts = new Map(marks.map(({ messageIndex, effort }) => [inbound.messageEnds[messageIndex] ?? -1, effort]));
  const messages = inbound.messages.map((message, index): Message => {
    const effort = efforts.get(index);
    return effort === undefined || message.role !== 'user' ? message : { ...message, effort };
  });
  return { ...inbound, messages };
}
