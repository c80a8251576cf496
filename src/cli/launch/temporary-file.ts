import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * A file for as long as this process lives, in a folder of its own: readable by its owner alone, as it may hold keys. Those that a
 * process has left which was killed go first.
 * @param kind what the name of its folder begins with
 */
export function writeTemporary(
  kind: string,
  name: string,
  text: string,
): { readonly file: string; readonly remove: () => void } {
  const begin = `${kind}-${hostMark()}-`;
  removeLeftOvers(begin);
  const folder = mkdtempSync(path.join(os.tmpdir(), `${begin}${process.pid}-`));
  const file = path.join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Numbers of processes mean something on one machine, or in one container, and several of these may share the folder. */
function hostMark(): string {
  return createHash('sha256').update(`${os.hostname()} ${processSpace()}`).digest('hex').slice(0, 8);
}

function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Nothing of this is worth a start that fails. */
function removeLeftOvers(begin: string): void {
  try {
    for (const name of readdirSync(os.tmpdir())) {
      const [pid] = name.startsWith(begin) ? name.slice(begin.length).split('-') : [];
      if (!/^[1-9]\d{0,9}$/u.test(pid ?? '') || isRunning(Number(pid))) continue;
      const folder = path.join(os.tmpdir(), name);
      const found = lstatSync(folder);
      if (found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid))
        rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    return;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as { readonly code?: string }).code !== 'ESRCH';
  }
}
