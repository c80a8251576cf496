import { leftOut } from '../../app/folder-gate.ts';
import { createFolderGate, describeAdmission, type FolderAdmission, type FolderGate } from '../../trust/folder-gate.ts';
import { shown } from '../../trust/shown.ts';
import { errorLine } from '../error-line.ts';
import type { CommandIo } from './command.ts';

/**
 * The gate for one command. What its folders bring and nobody has said yes to is shown and asked for where a person can
 * answer, accepted with `--trust`, and else left out, which is told.
 */
export async function openFolderGate(io: CommandIo, folders: readonly string[] = [io.cwd]): Promise<FolderGate> {
  let isSettled = false;
  const gate = createFolderGate({
    env: io.env,
    onLeftOut: (admission) => {
      if (isSettled) io.stderr(`pointsman: ${errorLine(leftOut(admission))}\n`);
    },
  });
  const left: FolderAdmission[] = [];
  for (const folder of new Set(folders)) {
    const admission = gate.admit(folder);
    if (!admission.isTrusted && !(await settle(gate, admission, io))) left.push(admission);
  }
  for (const admission of left) io.stderr(`pointsman: ${errorLine(leftOut(admission))}\n`);
  isSettled = true;
  return gate;
}

/** True when it may be used now. */
async function settle(gate: FolderGate, admission: FolderAdmission, io: CommandIo): Promise<boolean> {
  if (io.trustFolders !== true) {
    if (io.ask === undefined) return false;
    const what = describeAdmission(admission);
    io.stderr(`${shown(admission.folder)} brings files that nobody has said yes to:\n${what}\n`);
    const answer = await io.ask('Use them, now and as long as they stay as they are? [y/N] ');
    if (!/^y(?:es)?$/iu.test(answer.trim())) return false;
  }
  gate.remember(admission);
  await io.onTrusted?.(admission, gate);
  return true;
}
