import { availableParallelism } from 'node:os';
import type { At } from '../domain/time.ts';
import { createImportTally, type ImportOptions, type ImportTally } from '../sessions/importer.ts';
import type { SessionShelf } from '../sessions/kept/session-shelf.ts';
import { readSessions } from '../sessions/read-sessions.ts';
import { createSeenCalls } from '../sessions/seen-calls.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import { estimateWork, type WorkEstimate } from './estimate-work.ts';
import type { GatheredLogs } from './gather-logs.ts';
import { recordedStepsReader, type StepsReading } from './pricing/recorded-steps-reader.ts';
import { replay, type ReplayOptions } from './replay.ts';
import type { ReplayReport } from './report/replay-report.ts';

export interface ReplayFilesOptions extends Omit<ReplayOptions, 'signal' | 'stop' | 'onSession' | 'needs'> {
  /** Reads what the words of recorded turns need. Absent: nobody does, and kinds alone are known. */
  readonly reading?: StepsReading | undefined;
  /** Threads that price sessions beside this one. Default: by what the machine has and by how much there is. */
  readonly threadCount?: number | undefined;
  /** Sessions whose last call is older are left out. */
  readonly sinceAt?: At | undefined;
  /** Logs that have not changed since they were put there are not read again. */
  readonly shelf?: SessionShelf | undefined;
  /** Stops within a second; the report then holds what was done so far. */
  readonly signal: AbortSignal;
  /** Bytes read of all, and sessions priced. */
  readonly onProgress: (progress: {
    readonly readBytes: number;
    readonly allBytes: number;
    readonly sessionCount: number;
  }) => void;
}

export interface FilesReport {
  readonly report: ReplayReport;
  readonly tally: ImportTally;
  /** The signal came first: some sessions are in none of the figures. */
  readonly wasStopped: boolean;
}

/** Below this a thread of its own would still be starting when one has priced everything. */
const SHARED_BYTES = 300_000;
/** Each takes some 50 MB. */
const MOST_THREADS = 7;

function usualThreadCount({ bytesByClient }: GatheredLogs): number {
  const byteCount = [...bytesByClient.values()].reduce((sum, bytes) => sum + bytes, 0);
  return byteCount < SHARED_BYTES ? 0 : Math.min(MOST_THREADS, availableParallelism() - 1);
}

/** What `replayFiles` will take, and how far it will search for the optimum. */
export function estimateReplay(
  logs: GatheredLogs,
  { pool, policies, optimum, threadCount = usualThreadCount(logs) }: ReplayFilesOptions,
): WorkEstimate {
  return estimateWork({
    bytesByClient: logs.bytesByClient,
    modelCount: pool.length,
    policyCount: policies.length,
    threadCount,
    withOptimum: optimum !== 'off',
  });
}

/** Reads and prices logs one session at a time. Never throws for what is in a file, nor for being stopped. */
export async function replayFiles(logs: GatheredLogs, options: ReplayFilesOptions): Promise<FilesReport> {
  const { signal, sinceAt, onProgress, reading, shelf, threadCount = usualThreadCount(logs), ...rest } = options;
  const tally = createImportTally();
  const state = { readBytes: 0, allBytes: logs.byteCount, sessionCount: 0 };
  const importing: ImportOptions = {
    signal,
    tally,
    seen: createSeenCalls(),
    ...(sinceAt === undefined ? {} : { sinceAt }),
    onProgress: (byteCount) => {
      state.readBytes += byteCount;
      onProgress(state);
    },
  };
  const traces = readSessions(logs.files, importing, shelf);
  const settled: ReplayOptions = {
    optimum: { maxStates: estimateReplay(logs, options).optimumStates },
    ...rest,
    needs: reading && recordedStepsReader(reading),
    stop: signal,
    onSession: (sessionCount) => {
      state.sessionCount = sessionCount;
      onProgress(state);
    },
  };
  const report = await replay(untilStopped(traces, signal), settled, { threadCount, reading });
  return { report, tally, wasStopped: signal.aborted };
}

/** Ends where the signal comes, also in the middle of a file. */
async function* untilStopped(traces: AsyncIterable<SessionTrace>, signal: AbortSignal): AsyncGenerator<SessionTrace> {
  if (signal.aborted) return;
  try {
    for await (const trace of traces) {
      yield trace;
      if (signal.aborted) return;
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
