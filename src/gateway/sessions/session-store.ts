// One file: all that is remembered per thread is one structure, beside the ways in which a call finds it again.

import { createHash } from 'node:crypto';
import type { Route } from '../../domain/decision.ts';
import { asId, type DecisionId, type ModelId, type SessionId, type StepId } from '../../domain/ids.ts';
import { toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { StepNeed } from '../../domain/need.ts';
import type { CallTrigger, Effort, StepKind } from '../../domain/step.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import { NO_TURNS, type TurnsSoFar } from '../../predict/forecast/stretches.ts';
import { NO_RISK, type RiskReading } from '../../predict/risk-reader.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { NEVER_SWITCHED, type NeverSwitch } from '../../router/never-switch.ts';
import { foldWarmth } from '../../warmth/fold-warmth.ts';
import { EMPTY_LEDGER, type WarmthLedger } from '../../warmth/ledger.ts';
import type { EffortMark } from './effort-marks.ts';
import type { SessionKey } from './session-key.ts';
import type { TranscriptHead } from './shared-heads.ts';
import { NO_PAUSES, NO_PINGS, type SessionPings, type ThreadPauses } from './thread-pauses.ts';
import type { TranscriptFingerprints } from './transcript-fingerprint.ts';

/** A harness's session, or one sub-agent of it. */
export interface Session {
  readonly key: string;
  readonly sessionId: SessionId;
  lastSeenAt: At;
  spentNanoUsd: NanoUsd;
  /** What the same calls would have billed had each transcript stayed on its first model. */
  neverSwitchNanoUsd: NanoUsd;
  switchCount: number;
  lastEscalationAt: At | undefined;
  stepCount: number;
  /** What pings of its prefixes have billed and saved. */
  pings: SessionPings;
  /** One of a harness's sub-agents, by the harness's own name. */
  readonly isSubAgent: boolean;
  /** The gravest risk that its words have carried, where it was read. */
  risk: RiskReading;
  /** Its transcripts, newest use last: the conversation, and side calls such as titles that share its key. */
  readonly threads: Thread[];
}

/** One transcript that grows. Small, because thousands are kept. */
export interface Thread {
  /** Unique in the session; names the transcript in the ledger. */
  readonly name: string;
  /** Fingerprints of the newest call's messages. */
  fingerprints: TranscriptFingerprints;
  /** Fingerprint of what stands before the messages. */
  headFingerprint: number | undefined;
  /** The same by all of its text, once it is known. */
  head: TranscriptHead | undefined;
  /** Where the first answer stood in its newest call; `Infinity`: there was none yet. */
  firstAnswerIndex: number;
  /** Its newest call offered tools. */
  hasTools: boolean;
  /** The text of the newest finished call's prompt: bytes of the body, and reference tokens by its report; sizes the next. */
  promptBytes: number;
  promptTokens: number | undefined;
  ledger: WarmthLedger;
  pauses: ThreadPauses;
  turns: TurnsSoFar;
  incumbent: ModelId | undefined;
  step: ThreadStep | undefined;
  /** What never switching would run on: the model of the first step, or the one that the caller named since. */
  firstModel: ModelId | undefined;
  /** A call has been served by another model than that. */
  hasLeft: boolean;
  /** The transcript as that model would have cached it. */
  neverSwitch: NeverSwitch;
  /** Efforts that were said in its middle, oldest first. */
  efforts: readonly EffortMark[];
  /** Per model, the last message that it has cached. */
  readonly cachedAt: Map<ModelId, { readonly messageIndex: number; readonly fingerprint: number }>;
}

/** The step that a thread is in. */
export interface ThreadStep {
  readonly stepId: StepId;
  readonly kind: StepKind;
  /** As it was read. Words that only follow up on the step take it over. */
  readonly need: StepNeed | undefined;
  readonly trigger: CallTrigger;
  /** The name that the caller asked for; another name is another step. */
  readonly requestedModel: string;
  /** Where the transcript stood at its first call: a repeat of that call is the same step. */
  readonly startMessageCount: number;
  readonly startFingerprint: number | undefined;
  /** The person's turn that it is part of, by the harness's own name for it; `undefined`: it names none. */
  readonly turn: string | undefined;
  /** Fingerprint of the person's words that it answers; `undefined`: there were none. */
  readonly wordsPrint: number | undefined;
  decisionId: DecisionId;
  /** How it was routed, until that is recorded: see `record-decision.ts`. */
  unrecorded?: StepRecord | undefined;
  model: ModelId;
  /** Code of the decision's weightiest reason. */
  reason: string;
  decisionKind: Route['kind'];
  switchedFrom: ModelId | undefined;
  /** Who may stand in when the model's endpoint fails, best first. The table itself is in the record. */
  standIns: readonly ModelStandIn[];
  /** Who may not, whoever fails: the decision kept them out. */
  readonly keptOut: readonly ModelId[];
  /** The model whose prompt is written for an hour where it is written anew. Absent: none. */
  readonly hourOn?: ModelId;
  /** Expected answer of one call, in reference tokens. */
  outputTokens: Tokens;
  callCount: number;
  attempt: number;
  /** Evidence has taken it from a model: the next one has the same evidence in its transcript. */
  readonly wasTakenAway: boolean;
  /** Its model goes on with more effort, since evidence spoke against it. */
  readonly raised?: RaisedEffort | undefined;
  lastCallAt: At;
}

export interface RaisedEffort {
  readonly effort: Effort;
  /** `message`: said in mid-conversation. `call`: asked for by the whole call, whose cache is another one. */
  readonly by: 'message' | 'call';
  /** What spoke against the effort before, and how many calls the step had then. */
  readonly against: string;
  readonly callCount: number;
}

/** Another model of the decision's table. */
export interface ModelStandIn {
  readonly model: ModelId;
  /** Less likely to succeed than the chosen one by more than noise: needs the user's consent. */
  readonly isWeaker: boolean;
}

export interface SessionLookup {
  readonly tenant: string;
  readonly key: SessionKey | undefined;
  readonly fingerprints: TranscriptFingerprints;
  /** Where the first answer stands among the messages; `Infinity`: nobody has answered yet. */
  readonly firstAnswerIndex: number;
  /** Where the first message in a person's place stands; `Infinity`: there is none. */
  readonly firstUserIndex: number;
  /** Fingerprint of what stands before the messages. */
  readonly headFingerprint: number | undefined;
  readonly hasTools: boolean;
  /** A harness asks beside the conversation: it leaves no trace in a thread. */
  readonly isAside: boolean;
  /** The harness says, or the transcript shows, that an earlier one was cut. Asked only where none goes on otherwise. */
  readonly isCut: () => boolean;
  readonly now: At;
}

/**
 * `new`: a transcript of its own. `appended`: one that grew. `edited`: one that shares its start, an answer in it. `cut`: the
 * session's own after a compaction. `aside`: a harness's question; `beside` is the transcript that it shares its start with.
 */
export type SessionPlace =
  | {
      readonly relation: 'new' | 'appended' | 'edited' | 'cut';
      readonly session: Session;
      readonly thread: Thread;
      readonly beside?: undefined;
    }
  | {
      readonly relation: 'aside';
      readonly session: Session;
      /** Made for this call alone. */
      readonly thread: Thread;
      readonly beside: Thread | undefined;
    };

/** How a harness's own session is known, here and to other processes. */
export function keyOfSession(tenant: string, key: SessionKey): string {
  return nameByKey(tenant, key).key;
}

/** Whether it has a key of its harness's, and not only a transcript that it is known by. */
export function hasOwnKey({ key }: Pick<Session, 'key'>): boolean {
  return !key.includes(PREFIX_MARK);
}

/** Adds a bill to what a session has spent. */
export function addToSession(session: Session, bill: NanoUsd): void {
  session.spentNanoUsd = toNanoUsd(session.spentNanoUsd + bill);
}

export interface SessionStore {
  /** Whether a harness's own session is remembered here. */
  knows(tenant: string, key: SessionKey, now: At): boolean;
  /** Goes on with a session as another process left it, unless it has been found here meanwhile. */
  adopt(session: Session, now: At): void;
  /** What is remembered of a session is old: another process has gone on with it. */
  forget(key: string): Session | undefined;
  /** Whether a harness's own session is known to have a conversation with tools. */
  worksWithTools(tenant: string, key: SessionKey | undefined): boolean;
  /** The session and the transcript that a call belongs to, made if need be. */
  find(lookup: SessionLookup): SessionPlace;
  /** Remembers where a transcript stands, so that a caller without a session key is found again. */
  advance(
    place: SessionPlace,
    lookup: Pick<SessionLookup, 'fingerprints' | 'firstAnswerIndex' | 'firstUserIndex' | 'hasTools'>,
  ): void;
  readonly size: number;
}

const MAX_THREADS = 8;
const SWEEP_MS: Ms = 1000;
const PREFIX_MARK = '\u0000prefix:';
const AMBIGUOUS = '';
/** Messages at a transcript's end that a harness may replace in its next call. */
const TAIL_MESSAGES = 3;

/** Sessions in memory, least recently used out first, idle ones after a while. */
export function createSessionStore(limits: { readonly maxCount: number; readonly ttlMs: Ms }): SessionStore {
  const sessions = new Map<string, Session>();
  const byPrefix = new Map<string, string>();
  let madeCount = 0;
  let nextSweepAt: At = 0;

  const keep = (session: Session, now: At): void => {
    session.lastSeenAt = now;
    sessions.delete(session.key);
    sessions.set(session.key, session);
    if (sessions.size > limits.maxCount || now >= nextSweepAt) sweep(now);
  };
  /** Idle ones are never found again (see `find`); this only frees them, so that it need not happen at every call. */
  const sweep = (now: At): void => {
    nextSweepAt = now + Math.min(SWEEP_MS, limits.ttlMs);
    for (const oldest of sessions.values()) {
      if (sessions.size <= limits.maxCount && now - oldest.lastSeenAt <= limits.ttlMs) break;
      sessions.delete(oldest.key);
    }
  };

  const aliveAt = (key: string, now: At): Session | undefined => {
    const known = sessions.get(key);
    return known !== undefined && now - known.lastSeenAt <= limits.ttlMs ? known : undefined;
  };

  return {
    knows: (tenant, key, now) => aliveAt(nameByKey(tenant, key).key, now) !== undefined,
    adopt(session, now) {
      if (aliveAt(session.key, now) === undefined) keep(session, now);
    },
    forget: (key) => {
      const known = sessions.get(key);
      sessions.delete(key);
      return known;
    },
    worksWithTools(tenant, key) {
      const session = key === undefined ? undefined : sessions.get(nameByKey(tenant, key).key);
      return session?.threads.some((thread) => thread.hasTools) === true;
    },
    find(lookup) {
      const { tenant, key, now } = lookup;
      const name = key === undefined ? nameByPrefix(lookup, sessions, byPrefix) : nameByKey(tenant, key);
      const known = name === undefined ? undefined : aliveAt(name.key, now);
      const session = known ?? newSession(name ?? freshName(lookup, ++madeCount));
      keep(session, now);
      return placeIn(session, lookup);
    },
    advance({ session, thread, relation }, { fingerprints, firstAnswerIndex, firstUserIndex, hasTools }) {
      if (relation === 'aside') return;
      thread.hasTools = hasTools;
      thread.firstAnswerIndex = firstAnswerIndex;
      thread.fingerprints = fingerprints;
      if (!hasOwnKey(session))
        rememberTips(session, { fingerprints, firstAnswerIndex, firstUserIndex }, { sessions, byPrefix });
      dropOldest(byPrefix, limits.maxCount * 4 * (TAIL_MESSAGES + 1));
    },
    get size() {
      return sessions.size;
    },
  };
}

function dropOldest(byPrefix: Map<string, string>, mostCount: number): void {
  for (const oldest of byPrefix.keys()) {
    if (byPrefix.size <= mostCount) break;
    byPrefix.delete(oldest);
  }
}

/** Where a session without a key of its own may be found again: by its newest messages. */
function rememberTips(
  session: Session,
  {
    fingerprints,
    firstAnswerIndex,
    firstUserIndex,
  }: Pick<SessionLookup, 'fingerprints' | 'firstAnswerIndex' | 'firstUserIndex'>,
  { sessions, byPrefix }: { readonly sessions: ReadonlyMap<string, Session>; readonly byPrefix: Map<string, string> },
): void {
  const tenant = session.key.slice(0, session.key.indexOf(PREFIX_MARK));
  const tip = fingerprints.length - 1;
  for (let index = Math.max(0, tip - TAIL_MESSAGES); index <= tip; index++) {
    const fingerprint = fingerprints[index];
    if (fingerprint === undefined || index < firstUserIndex) continue;
    const at = tipKey(tenant, fingerprint);
    const other = byPrefix.get(at);
    // Without an answer in it a prefix is anybody's who begins with the same words: then it finds nobody.
    const isTaken = index < firstAnswerIndex && other !== undefined && other !== session.key && sessions.has(other);
    byPrefix.delete(at);
    byPrefix.set(at, isTaken ? AMBIGUOUS : session.key);
  }
}

function placeIn(session: Session, lookup: SessionLookup): SessionPlace {
  const { headFingerprint } = lookup;
  const longest = longestShared(session.threads, lookup);
  if (lookup.isAside) {
    const beside = longest?.thread.headFingerprint === headFingerprint ? longest?.thread : undefined;
    return { relation: 'aside', session, thread: threadBeside(session, longest?.thread, beside), beside };
  }
  if (longest !== undefined) {
    const isAppended = longest.count === longest.thread.fingerprints.length;
    // Where only the tail was replaced, all before it is as warm as it was.
    if (!isAppended && longest.count < longest.thread.fingerprints.length - TAIL_MESSAGES)
      forgetCaches(longest.thread, 'edit');
    return {
      relation: isAppended ? 'appended' : 'edited',
      session,
      thread: touched(session, longest.thread),
    };
  }
  const cut = session.threads.length > 0 && lookup.isCut() ? threadThatWasCut(session, headFingerprint) : undefined;
  if (cut !== undefined) {
    forgetCaches(cut, 'compaction');
    return { relation: 'cut', session, thread: touched(session, cut) };
  }
  const thread = { ...newThread(`t${session.stepCount}`), headFingerprint };
  if (session.threads.length >= MAX_THREADS) session.threads.shift();
  session.threads.push(thread);
  return { relation: 'new', session, thread };
}

/** The thread with the longest start in common: its whole transcript, or a part that has an answer in it. */
function longestShared(
  threads: readonly Thread[],
  lookup: SessionLookup,
): { readonly thread: Thread; readonly count: number } | undefined {
  const { fingerprints, firstAnswerIndex } = lookup;
  let best: { readonly thread: Thread; readonly count: number } | undefined;
  for (const thread of threads) {
    const count = sharedCount(thread.fingerprints, fingerprints);
    const isWhole = count === thread.fingerprints.length;
    const counts = count > 0 && (isWhole || count > firstAnswerIndex || isFirstAnswer(thread, count, lookup));
    if (counts && count > (best?.count ?? 0)) best = { thread, count };
  }
  return best;
}

/**
 * Whether a transcript answers what a thread asked in its only call, where the harness has replaced what stood behind the
 * person's words: the first answer follows right after what both have.
 */
function isFirstAnswer(
  thread: Thread,
  count: number,
  { firstAnswerIndex, firstUserIndex }: Pick<SessionLookup, 'firstAnswerIndex' | 'firstUserIndex'>,
): boolean {
  const asked = thread.fingerprints.length;
  const isUnanswered = asked > 0 && asked <= thread.firstAnswerIndex;
  return isUnanswered && count === firstAnswerIndex && count > firstUserIndex && asked - count <= TAIL_MESSAGES;
}

/** Fingerprints are cumulative, so the common start is found by halving. */
function sharedCount(one: TranscriptFingerprints, other: TranscriptFingerprints): number {
  let low = 0;
  let high = Math.min(one.length, other.length);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (one[middle - 1] === other[middle - 1]) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The newest transcript with the same system and tools, or the newest. */
function threadThatWasCut(session: Session, headFingerprint: number | undefined): Thread | undefined {
  return session.threads.findLast((thread) => thread.headFingerprint === headFingerprint) ?? session.threads.at(-1);
}

function touched(session: Session, thread: Thread): Thread {
  session.threads.splice(session.threads.indexOf(thread), 1);
  session.threads.push(thread);
  return thread;
}

function forgetCaches(thread: Thread, reason: 'compaction' | 'edit'): void {
  thread.ledger = foldWarmth(thread.ledger, {
    type: 'transcript-changed',
    transcript: thread.name,
    reason,
    keptBlockCount: 0,
  });
  thread.cachedAt.clear();
}

/** What a harness's question sees of the conversation: its model, and its caches where both share system and tools. */
function threadBeside(session: Session, longest: Thread | undefined, beside: Thread | undefined): Thread {
  const incumbent = (longest ?? session.threads.at(-1))?.incumbent;
  const own = { ...newThread(beside?.name ?? 'aside'), incumbent };
  if (beside === undefined) return own;
  const { ledger, promptTokens, promptBytes } = beside;
  return { ...own, ledger, promptTokens, promptBytes };
}

interface SessionName {
  readonly key: string;
  readonly isSubAgent?: boolean;
  readonly sessionId: SessionId;
}

function nameByKey(tenant: string, key: SessionKey): SessionName {
  const name = key.thread === undefined ? key.session : `${key.session}/${key.thread}`;
  return { key: `${tenant}\u0000${name}`, sessionId: asId<SessionId>(name), isSubAgent: key.thread !== undefined };
}

/** The session that this transcript goes on from; a branch off an older place is a session of its own. */
function nameByPrefix(
  lookup: SessionLookup,
  sessions: ReadonlyMap<string, Session>,
  byPrefix: ReadonlyMap<string, string>,
): SessionName | undefined {
  const { tenant, fingerprints, firstAnswerIndex } = lookup;
  // The last message is the caller's new one: what ends there is a repeat, and a repeat without an answer may be anybody's.
  for (let index = fingerprints.length - 1; index >= 0; index--) {
    const fingerprint = fingerprints[index];
    const key = fingerprint === undefined ? undefined : byPrefix.get(tipKey(tenant, fingerprint));
    if (key === AMBIGUOUS) return undefined;
    const session = key === undefined ? undefined : sessions.get(key);
    const goesOn = (thread: Thread): boolean =>
      thread.fingerprints[index] === fingerprint &&
      (index >= firstAnswerIndex ||
        thread.fingerprints.length === index + 1 ||
        isFirstAnswer(thread, index + 1, lookup));
    if (session?.threads.some(goesOn) !== true) continue;
    return index === fingerprints.length - 1 && index < firstAnswerIndex ? undefined : session;
  }
  return undefined;
}

function freshName({ tenant, fingerprints }: SessionLookup, count: number): SessionName {
  const text = `${tenant}\u0000${fingerprints[0]}\u0000${fingerprints.at(-1)}\u0000${count}`;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { key: `${tenant}${PREFIX_MARK}${name}`, sessionId: asId<SessionId>(`prefix-${name}`) };
}

function tipKey(tenant: string, fingerprint: number): string {
  return `${tenant}\u0000${fingerprint}`;
}

function newSession(name: SessionName): Session {
  return {
    key: name.key,
    sessionId: name.sessionId,
    lastSeenAt: 0,
    spentNanoUsd: ZERO_USD,
    neverSwitchNanoUsd: ZERO_USD,
    switchCount: 0,
    lastEscalationAt: undefined,
    stepCount: 0,
    pings: NO_PINGS,
    isSubAgent: name.isSubAgent === true,
    risk: NO_RISK,
    threads: [],
  };
}

function newThread(name: string): Thread {
  return {
    name,
    fingerprints: [],
    headFingerprint: undefined,
    head: undefined,
    firstAnswerIndex: Number.POSITIVE_INFINITY,
    hasTools: false,
    promptBytes: 0,
    promptTokens: undefined,
    ledger: EMPTY_LEDGER,
    pauses: NO_PAUSES,
    turns: NO_TURNS,
    incumbent: undefined,
    step: undefined,
    firstModel: undefined,
    hasLeft: false,
    neverSwitch: NEVER_SWITCHED,
    efforts: [],
    cachedAt: new Map(),
  };
}
