import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';

/** The root of this repository. */
export const ROOT: string = path.resolve(import.meta.dirname, '../../../..');

/** Copies what a clone would hold, with what is not committed yet, and nothing that is ignored. */
export function copyTree(to: string): void {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' }).stdout;
  for (const file of listed.split('\n').filter((name) => name !== ''))
    cpSync(path.join(ROOT, file), path.join(to, file), { recursive: true });
}
