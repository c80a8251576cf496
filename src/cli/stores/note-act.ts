import { hostname, userInfo } from 'node:os';
import { withAudit } from '../../app/stores/open-audit.ts';
import type { AuditWish } from '../../audit/audit-entry.ts';
import type { StoreConfig } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { errorLine } from '../error-line.ts';
import type { CommandIo } from '../input/command.ts';

/**
 * Puts what a command did on the audit trail of its store. What is done stays done where that is not possible, and the user is told.
 */
export async function noteAct(
  io: Pick<CommandIo, 'stderr'>,
  at: { readonly store: StoreConfig; readonly gate: Pick<FolderGate, 'claim'> },
  ...acts: readonly Omit<AuditWish, 'actor'>[]
): Promise<void> {
  try {
    const actor = actorHere();
    await withAudit(at, (trail) => trail.append(acts.map((act) => ({ ...act, actor }))));
  } catch (thrown) {
    const error = toPointsmanError(thrown, 'record-unwritable');
    io.stderr(`! It is done, and does not stand on the audit trail: ${errorLine(error)}\n`);
  }
}

/** Who runs this command, as the audit trail names them. */
export function actorHere(): string {
  return `user ${userName()} at ${hostname()}`;
}

/** A container may have no name for who runs in it. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
