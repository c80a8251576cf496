import type { Ms } from '../domain/time.ts';
import type { ClientName } from '../sessions/session-trace.ts';
import { statesFor } from './simulation/optimum.ts';

/** What a replay will take, from the sizes of its files alone: so it is known before, and the same however often it is asked. */
export interface WorkEstimate {
  readonly callCount: number;
  readonly ms: Ms;
  /** States kept per call in the search for the optimum; 0: nothing is searched, and the best known run stands. */
  readonly optimumStates: number;
  /** Why they are fewer than they would be; `undefined`: they are not. */
  readonly fewerFor: 'models' | 'calls' | undefined;
}

/** What a call takes in a log, tool results and all: assumed, from a few logs of each client. */
const BYTES_PER_CALL: Readonly<Partial<Record<ClientName, number>>> = {
  'claude-code': 12_000,
  codex: 15_000,
  opencode: 12_000,
  qwen: 6000,
  gemini: 6000,
  pi: 5000,
  cline: 6000,
  continue: 4000,
  copilot: 15_000,
  pointsman: 900,
  'agent-sessions': 3000,
  'kv-cache-tester': 220,
  neutral: 400,
};
/** Of a client whose logs nobody has weighed. */
const USUAL_BYTES_PER_CALL = 6000;
const GZIP_FACTOR = 6;

/** CPU on one core of 2026, measured on 3,430 calls with 23 policies and 6, 12 and 72 models. */
const START_MS = 1000;
const MS_PER_CALL_AND_POLICY = 0.018;
const MS_PER_CALL_AND_MODEL = 0.018;
const MS_PER_STATE = 0.005;
/** Of few models most states are pointless, however many might be kept: measured with 6. */
const FEW_MODELS = 7;
const FEW_MODELS_MS = 0.15;
/** What another thread brings, beside its own start. */
const THREAD_SHARE = 0.8;

/** More calls than this, times models, are searched narrowly: else a year of logs took an hour and not minutes. */
const MOST_SEARCHED = 200_000;
/** Measured on synthetic sessions of 1,000 calls and 8 models: 0.005 % above 400 states, at a tenth of the time. */
const NARROW_STATES = 32;

export interface PlannedWork {
  readonly bytesByClient: ReadonlyMap<ClientName, number>;
  readonly modelCount: number;
  readonly policyCount: number;
  /** Threads that price beside the first one. */
  readonly threadCount: number;
  readonly withOptimum: boolean;
}

export function estimateWork({ bytesByClient, ...work }: PlannedWork): WorkEstimate {
  const callCount = Math.round(
    [...bytesByClient].reduce(
      (sum, [client, bytes]) => sum + bytes / (BYTES_PER_CALL[client] ?? USUAL_BYTES_PER_CALL),
      0,
    ),
  );
  const usual = statesFor(work.modelCount);
  const isLarge = callCount * work.modelCount > MOST_SEARCHED;
  const optimumStates = work.withOptimum ? (isLarge ? Math.min(usual, NARROW_STATES) : usual) : 0;
  const searchMs = Math.min(optimumStates * MS_PER_STATE, work.modelCount > FEW_MODELS ? Infinity : FEW_MODELS_MS);
  const msPerCall = work.policyCount * MS_PER_CALL_AND_POLICY + work.modelCount * MS_PER_CALL_AND_MODEL + searchMs;
  const cores = 1 + work.threadCount * THREAD_SHARE;
  return {
    callCount,
    ms: START_MS + (callCount * msPerCall) / cores,
    optimumStates,
    fewerFor: !work.withOptimum ? undefined : usual === 0 ? 'models' : optimumStates < usual ? 'calls' : undefined,
  };
}

/** Bytes as they are read: a gzipped log holds several times what it takes on the disk. */
export function plainBytes(path: string, byteCount: number): number {
  return path.endsWith('.gz') ? byteCount * GZIP_FACTOR : byteCount;
}
