import { createHash } from 'node:crypto';
import type { Route } from '../../domain/decision.ts';
import { asId, type DecisionId, type ModelId, type SessionId, type StepId } from '../../domain/ids.ts';
import { ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { CallTrigger, StepKind } from '../../domain/step.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import { NO_RISK, type RiskReading } from '../../predict/risk-reader.ts';
import { NEVER_SWITCHED, type NeverSwitch } from '../../router/never-switch.ts';
import { EMPTY_LEDGER, type WarmthLedger } from '../../warmth/ledger.ts';
import type { SessionKey } from './session-key.ts';
import type { TranscriptPrints } from './transcript-print.ts';

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
  /** The gravest risk that its words have carried, where it was read. */
  risk: RiskReading;
  /** Its transcripts, newest use last: the conversation, and side calls such as titles that share its key. */
  readonly threads: Thread[];
}

/** One transcript that grows. Small, because thousands are kept. */
export interface Thread {
  /** Unique in the session; names the transcript in the ledger. */
  readonly name: string;
  /** How many messages the newest call had, and the fingerprint of all of them. */
  messageCount: number;
  tipPrint: number | undefined;
  /** Fingerprint of what stands before the messages. */
  headPrint: number | undefined;
  /** The newest finished call's prompt: bytes of the body, and reference tokens by its report; sizes the next. */
  promptBytes: number;
  promptTokens: number | undefined;
  ledger: WarmthLedger;
  incumbent: ModelId | undefined;
  step: ThreadStep | undefined;
  /** What never switching would run on: the model of the first step, or the one that the caller named since. */
  firstModel: ModelId | undefined;
  /** A call has been served by another model than that. */
  hasLeft: boolean;
  /** The transcript as that model would have cached it. */
  neverSwitch: NeverSwitch;
  /** Per model, the last message that it has cached. */
  readonly cachedAt: Map<ModelId, { readonly messageIndex: number; readonly print: number }>;
}

/** The step that a thread is in. */
export interface ThreadStep {
  readonly stepId: StepId;
  readonly kind: StepKind;
  readonly trigger: CallTrigger;
  /** The name that the caller asked for; another name is another step. */
  readonly requestedModel: string;
  /** Where the transcript stood at its first call: a repeat of that call is the same step. */
  readonly startMessageCount: number;
  readonly startPrint: number | undefined;
  decisionId: DecisionId;
  model: ModelId;
  /** Code of the decision's weightiest reason. */
  reason: string;
  decisionKind: Route['kind'];
  switchedFrom: ModelId | undefined;
  /** Who may stand in when the model's endpoint fails, best first. The table itself is in the record. */
  standIns: readonly StandIn[];
  /** Expected answer of one call, in reference tokens. */
  outputTokens: Tokens;
  callCount: number;
  attempt: number;
  lastCallAt: At;
}

/** Another model of the decision's table. */
export interface StandIn {
  readonly model: ModelId;
  /** Less likely to succeed than the chosen one by more than noise: needs the user's consent. */
  readonly isWeaker: boolean;
}

export interface SessionLookup {
  readonly tenant: string;
  readonly key: SessionKey | undefined;
  readonly prints: TranscriptPrints;
  readonly now: At;
}

export interface SessionPlace {
  readonly session: Session;
  readonly thread: Thread;
}

export interface SessionStore {
  /** The session and the transcript that a call belongs to, made if need be. */
  find(lookup: SessionLookup): SessionPlace;
  /** Remembers where a transcript stands, so that a caller without a session key is found again. */
  advance(place: SessionPlace, prints: TranscriptPrints): void;
  readonly size: number;
}

const MAX_THREADS = 8;
const SWEEP_MS: Ms = 1000;
const PREFIX_MARK = '\u0000prefix:';

/** Sessions in memory, least recently used out first, idle ones after a while. */
export function createSessionStore(limits: { readonly maxCount: number; readonly ttlMs: Ms }): SessionStore {
  const sessions = new Map<string, Session>();
  const byTip = new Map<string, string>();
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

  return {
    find({ tenant, key, prints, now }) {
      const name = key === undefined ? nameByPrefix(tenant, prints, sessions, byTip) : nameByKey(tenant, key);
      const known = sessions.get(name.key);
      const isAlive = known !== undefined && now - known.lastSeenAt <= limits.ttlMs;
      const session = isAlive ? known : newSession(name);
      keep(session, now);
      return { session, thread: threadFor(session, prints) };
    },
    advance({ session, thread }, prints) {
      thread.messageCount = prints.length;
      thread.tipPrint = prints.at(-1);
      const mark = session.key.indexOf(PREFIX_MARK);
      if (mark < 0 || thread.tipPrint === undefined) return;
      const tip = tipKey(session.key.slice(0, mark), thread.tipPrint);
      byTip.delete(tip);
      byTip.set(tip, session.key);
      if (byTip.size > limits.maxCount * 4) {
        const oldest = byTip.keys().next();
        if (oldest.done !== true) byTip.delete(oldest.value);
      }
    },
    get size() {
      return sessions.size;
    },
  };
}

/** The longest transcript of the session that this one repeats or goes on from; otherwise a new one. */
function threadFor(session: Session, prints: TranscriptPrints): Thread {
  let best: Thread | undefined;
  for (const thread of session.threads) {
    const extended = thread.messageCount > 0 && prints[thread.messageCount - 1] === thread.tipPrint;
    if (extended && thread.messageCount > (best?.messageCount ?? 0)) best = thread;
  }
  if (best === undefined) {
    best = newThread(`t${session.stepCount}`);
    if (session.threads.length >= MAX_THREADS) session.threads.shift();
  } else session.threads.splice(session.threads.indexOf(best), 1);
  session.threads.push(best);
  return best;
}

interface SessionName {
  readonly key: string;
  readonly sessionId: SessionId;
}

function nameByKey(tenant: string, key: SessionKey): SessionName {
  const name = key.thread === undefined ? key.session : `${key.session}/${key.thread}`;
  return { key: `${tenant}\u0000${name}`, sessionId: asId<SessionId>(name) };
}

/** The session whose whole transcript this one begins with; a branch off an older place is a session of its own. */
function nameByPrefix(
  tenant: string,
  prints: TranscriptPrints,
  sessions: ReadonlyMap<string, Session>,
  byTip: ReadonlyMap<string, string>,
): SessionName {
  for (let index = prints.length - 1; index >= 0; index--) {
    const print = prints[index];
    const key = print === undefined ? undefined : byTip.get(tipKey(tenant, print));
    const session = key === undefined ? undefined : sessions.get(key);
    if (session === undefined) continue;
    if (session.threads.some((thread) => thread.tipPrint === print)) return session;
    break;
  }
  const text = `${tenant}\u0000${prints[0]}\u0000${prints.at(-1)}`;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  return { key: `${tenant}${PREFIX_MARK}${name}`, sessionId: asId<SessionId>(`prefix-${name}`) };
}

function tipKey(tenant: string, print: number): string {
  return `${tenant}\u0000${print}`;
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
    risk: NO_RISK,
    threads: [],
  };
}

function newThread(name: string): Thread {
  return {
    name,
    messageCount: 0,
    tipPrint: undefined,
    headPrint: undefined,
    promptBytes: 0,
    promptTokens: undefined,
    ledger: EMPTY_LEDGER,
    incumbent: undefined,
    step: undefined,
    firstModel: undefined,
    hasLeft: false,
    neverSwitch: NEVER_SWITCHED,
    cachedAt: new Map(),
  };
}
