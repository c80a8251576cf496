import { stat } from 'node:fs/promises';
import { createImportTally } from '../../sessions/importer.ts';
import { readSessions, sortFiles } from '../../sessions/read-sessions.ts';
import { createSeenCalls } from '../../sessions/seen-calls.ts';
import type { ClientName, SessionTrace } from '../../sessions/session-trace.ts';

/** A transcript past this takes longer to read than what stands under a prompt may. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** The sessions in one transcript of a harness; none where the file is not there, is no file, or is too large. */
export async function readTranscript(
  file: string,
  signal: AbortSignal,
  client?: ClientName,
): Promise<readonly SessionTrace[]> {
  const found = await stat(file).catch(() => undefined);
  // A folder would be read with all that lies below it.
  if (found?.isFile() !== true || found.size > MAX_LOG_BYTES) return [];
  const options = { seen: createSeenCalls(), tally: createImportTally(), signal };
  const sessions: SessionTrace[] = [];
  for await (const session of readSessions(await sortFiles([file], client), options)) sessions.push(session);
  return sessions;
}
