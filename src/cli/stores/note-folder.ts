import { loadConfig } from '../../config/load-config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { FolderAdmission, FolderGate } from '../../trust/folder-gate.ts';
import { errorLine } from '../error-line.ts';
import type { CommandIo } from '../input/command.ts';
import { noteAct } from './note-act.ts';

/**
 * What puts a yes to what a folder brings, or its end, on the audit trail of the store that the folder uses now. What is done stays
 * done where that is not possible, and the user is told.
 */
export function folderNote(
  io: Pick<CommandIo, 'env' | 'stderr'>,
  { folder, brought, digest }: FolderAdmission,
  gate: FolderGate,
): (act: 'folder-trusted' | 'folder-forgotten') => Promise<void> {
  const detail = { files: brought.length, digest };
  try {
    const { store } = loadConfig({ cwd: folder, env: io.env, gate });
    return async (act) => noteAct(io, { store, gate }, { act, subject: folder, detail });
  } catch (thrown) {
    const why = errorLine(toPointsmanError(thrown, 'config-invalid'));
    return async () => Promise.resolve(io.stderr(`! It is done, and does not stand on the audit trail: ${why}\n`));
  }
}
