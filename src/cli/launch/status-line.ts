import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { jsonIn } from '../../domain/json.ts';
import type { Harness } from '../../gateway/connect/harness.ts';
import { isFields } from '../../wires/shared/fields.ts';
import type { CommandIo } from '../input/command.ts';

/**
 * The shell command of our status line, where the harness has such a thing and the user states none of their own.
 * @param storeDir where the session's calls are recorded
 */
export function statusLineFor(
  { statusLineIn, files: configs }: Harness,
  { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>,
  storeDir: string,
): string | undefined {
  const [, program] = process.argv;
  if (statusLineIn === undefined || program === undefined || process.platform === 'win32') return undefined;
  const moved = configs[0]?.moved;
  const movedTo = moved === undefined ? undefined : env[moved.variable];
  const files = [
    ...(moved === undefined || movedTo === undefined ? [] : [path.join(movedTo, moved.file)]),
    ...statusLineIn.home.map((file) => path.join(env['HOME'] ?? '', file)),
    ...statusLineIn.folder.map((file) => path.join(cwd, file)),
  ];
  if (files.some(mayStateOne)) return undefined;
  return ['env', `POINTSMAN_STORE=${storeDir}`, process.execPath, program, 'statusline'].map(quoted).join(' ');
}

/** A file that cannot be read as JSON may. */
function mayStateOne(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    const settings = jsonIn(readFileSync(file, 'utf8'));
    return !isFields(settings) || settings['statusLine'] !== undefined;
  } catch {
    return true;
  }
}

/** As one word of a POSIX shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
