import path from 'node:path';
import { createImportTally } from '../../src/sessions/importer.ts';
import { readSessions, sortFiles } from '../../src/sessions/read-sessions.ts';
import { createSeenCalls } from '../../src/sessions/seen-calls.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { findDataDir } from '../run.ts';
import { BLOCK_SESSIONS_FILE } from './block-sessions.ts';

/** The same sessions as replay reads them. */
export async function loadBlockTraces(dataDir: string): Promise<readonly SessionTrace[]> {
  const files = await sortFiles([path.join(dataDir, BLOCK_SESSIONS_FILE)]);
  const traces: SessionTrace[] = [];
  const options = { seen: createSeenCalls(), tally: createImportTally() };
  for await (const trace of readSessions(files, options)) traces.push(trace);
  return traces;
}

/** Sessions, and what they may be judged by. `undefined`: what is shipped, which was learned from other sessions. */
export interface Fold {
  readonly judged: readonly SessionTrace[];
  readonly learnedFrom: readonly SessionTrace[] | undefined;
}

/**
 * The shipped data are judged two-fold by session, since what is shipped was learned from them; any other folder whole, by
 * what is shipped.
 */
export function foldsOf(traces: readonly SessionTrace[], dataDir: string): readonly Fold[] {
  const shipped = findDataDir(undefined, {});
  if (shipped === undefined || path.resolve(shipped) !== path.resolve(dataDir)) {
    return [{ judged: traces, learnedFrom: undefined }];
  }
  const halves = [0, 1].map((half) => traces.filter(({ sessionId }) => foldOf(sessionId, 2, 'warmth') === half));
  return halves.map((judged, half) => ({ judged, learnedFrom: halves[1 - half] ?? [] }));
}
