import { rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { jsonIn } from '../../domain/json.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { HARNESS_NAMES, type Harness, type HarnessName } from '../../gateway/connect/harness.ts';
import { HARNESSES } from '../../gateway/connect/harnesses.ts';
import { digestOf } from '../../trust/brought-files.ts';
import { userHome } from '../../trust/user-folders.ts';
import type { CommandIo } from './command.ts';
import { readIfThere, writePrivate } from './gateway-files.ts';

/** The file of a harness that is changed, and what is kept of it. */
export interface HarnessFile {
  readonly harness: Harness;
  readonly file: string;
  readonly backup: string;
}

/** @throws PointsmanError `request-invalid` for a harness that is none, `config-invalid` for a user without a home */
export function harnessFile(name: string | undefined, { env }: Pick<CommandIo, 'env'>): HarnessFile {
  const harness = harnessNamed(name);
  const home = userHome(env);
  if (home === undefined) throw new PointsmanError('config-invalid', 'HOME is not set, so no file can be found.');
  const backups = path.join(home, '.config', 'pointsman', 'connect');
  const moved = movedFile(harness, env);
  return {
    harness,
    file: moved ?? path.join(home, harness.file),
    // Each file has a backup of its own.
    backup: path.join(backups, `${harness.name}${moved === undefined ? '' : `-${digestOf(moved).slice(0, 12)}`}.json`),
  };
}

/** Where the harness looks instead of in the home, if its user says so. */
function movedFile({ moved }: Harness, env: CommandIo['env']): string | undefined {
  const folder = moved === undefined ? '' : (env[moved.variable] ?? '');
  return moved === undefined || !path.isAbsolute(folder) ? undefined : path.join(folder, moved.file);
}

function harnessNamed(name: string | undefined): Harness {
  if (HARNESS_NAMES.includes(name as HarnessName)) return HARNESSES[name as HarnessName];
  const message =
    name === undefined
      ? 'Which harness?'
      : `"${name}" is no harness that can be connected.${didYouMean(name, HARNESS_NAMES)}`;
  throw new PointsmanError('request-invalid', message, {
    hint: `Known: ${HARNESS_NAMES.join(', ')}; as in: pointsman connect claude-code.`,
  });
}

/** What was there before, and what we made of it. `before` null: there was no file. */
export interface HarnessBackup {
  readonly v: 1;
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
}

const backupSchema: z.ZodType<HarnessBackup> = z.strictObject({
  v: z.literal(1),
  file: z.string(),
  before: z.string().nullable(),
  after: z.string(),
});

/** @throws PointsmanError `config-invalid` for one that is damaged */
export function readBackup(backup: string): HarnessBackup | undefined {
  const text = readIfThere(backup);
  if (text === undefined) return undefined;
  const parsed = backupSchema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new PointsmanError('config-invalid', `The backup ${backup} is damaged.`, {
    hint: 'Remove it, and take the lines of pointsman out of the harness’s file by hand.',
  });
}

/**
 * Writes the file, and beside it what undoes that: a second change keeps what stood there before the first.
 * @throws PointsmanError `config-invalid` where it is not any more what was shown: the harness writes there, too
 */
export function writeHarnessFile({ file, backup }: HarnessFile, before: string | undefined, after: string): void {
  if (readIfThere(file) !== before) {
    throw new PointsmanError('config-invalid', `${file} was changed meanwhile, so nothing was written.`, {
      hint: 'Do it again: the change is then made to what stands there now.',
    });
  }
  const earlier = readBackup(backup);
  const first = earlier !== undefined && earlier.after === before ? earlier.before : (before ?? null);
  writePrivate(
    backup,
    `${JSON.stringify({ v: 1, file, before: first, after } satisfies HarnessBackup, undefined, 2)}\n`,
  );
  writePrivate(file, after);
}

/** Puts back to the byte what stood there, or removes a file that was not there. */
export function restoreHarnessFile({ file, backup }: HarnessFile, before: string | null): void {
  if (before === null) rmSync(file);
  else writePrivate(file, before);
  rmSync(backup);
}
