import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { jsonIn } from '../../domain/json.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { withoutChange, withSettings } from '../../gateway/connect/format/config-format.ts';
import {
  HARNESS_NAMES,
  type ConnectTarget,
  type Harness,
  type HarnessConfig,
  type HarnessName,
} from '../../gateway/connect/harness.ts';
import { HARNESSES } from '../../gateway/connect/harnesses.ts';
import { digestOf } from '../../trust/brought-files.ts';
import { userHome } from '../../trust/user-folders.ts';
import type { CommandIo } from './command.ts';
import { readIfThere, writePrivate } from './gateway-files.ts';

/** A file of a harness that is changed, and where is kept what undoes that. */
export interface HarnessFile {
  readonly config: HarnessConfig;
  readonly file: string;
  readonly backup: string;
}

/** A harness, and its files on this machine. */
export interface HarnessPlace {
  readonly harness: Harness;
  readonly home: string;
  readonly files: readonly HarnessFile[];
}

/** @throws PointsmanError `request-invalid` for a harness that is none, `config-invalid` for a user without a home */
export function harnessPlace(name: string | undefined, { env }: Pick<CommandIo, 'env'>): HarnessPlace {
  const harness = harnessNamed(name);
  const home = userHome(env);
  if (home === undefined) throw new PointsmanError('config-invalid', 'HOME is not set, so no file can be found.');
  const backups = path.join(home, '.config', 'pointsman', 'connect');
  const files = harness.files.map((config, at): HarnessFile => {
    const moved = movedFile(config, env);
    // Each file has a backup of its own.
    const which = at === 0 ? '' : `-${path.parse(config.file).name}`;
    const where = moved === undefined ? '' : `-${digestOf(moved).slice(0, 12)}`;
    return {
      config,
      file: moved ?? path.join(home, config.file),
      backup: path.join(backups, `${harness.name}${which}${where}.json`),
    };
  });
  return { harness, home, files };
}

/** Harnesses that `connect` has pointed at a gateway, by the backups that undo it. */
export function connectedHarnesses(io: Pick<CommandIo, 'env'>): readonly HarnessName[] {
  if (userHome(io.env) === undefined) return [];
  return HARNESS_NAMES.filter((name) => harnessPlace(name, io).files.some(({ backup }) => existsSync(backup)));
}

/** Where the harness looks instead of in the home, if its user says so. */
function movedFile({ moved }: HarnessConfig, env: CommandIo['env']): string | undefined {
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
interface HarnessBackup {
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
function readBackup(backup: string): HarnessBackup | undefined {
  const text = readIfThere(backup);
  if (text === undefined) return undefined;
  const parsed = backupSchema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new PointsmanError('config-invalid', `The backup ${backup} is damaged.`, {
    hint: 'Remove it, and take the lines of pointsman out of the harness’s file by hand.',
  });
}

/** A file as it is and as it shall be. `null`: no file. */
export interface HarnessChange extends HarnessFile {
  readonly before: string | null;
  readonly after: string | null;
}

/** What points a file at a gateway. @throws PointsmanError `config-invalid` for a file that cannot be changed without loss */
export function connection(place: HarnessFile, target: ConnectTarget): HarnessChange & { readonly after: string } {
  const { config, file } = place;
  const before = textOf(file);
  const kept = (config.obsolete ?? []).reduce((text, key) => config.format.remove(text, key), before ?? '');
  return { ...place, before, after: withSettings(config.format, kept, config.settings(target)) };
}

/** @throws PointsmanError `config-invalid` for a file that could not be put back to the byte */
function textOf(file: string): string | null {
  const text = readIfThere(file);
  // A character that stands for lost bytes.
  if (text?.includes('\uFFFD') !== true) return text ?? null;
  throw new PointsmanError('config-invalid', `${file} is not all text in UTF-8, so it was left alone.`, {
    hint: 'Save it as UTF-8, or set the values by hand.',
  });
}

/**
 * What takes a connection back: to the byte where the file is as we left it, else value by value, so that what the harness or its
 * user has written since stays. `undefined`: there is nothing to take back.
 * @throws PointsmanError `config-invalid` for a file that cannot be changed so
 */
export function disconnection(place: HarnessFile): HarnessChange | undefined {
  const kept = readBackup(place.backup);
  if (kept === undefined) return undefined;
  const now = textOf(place.file);
  return { ...place, before: now, after: now === null ? null : withoutUs(place, kept, now) };
}

/** The file without us. `null`: nobody else has put anything there. */
function withoutUs({ config }: HarnessFile, kept: HarnessBackup, now: string): string | null {
  if (now === kept.after) return kept.before;
  const { format } = config;
  const text = withoutChange(format, now, { before: kept.before ?? '', after: kept.after });
  const isEmpty = kept.before === null && isDeepStrictEqual(format.read(text), format.read(format.empty ?? ''));
  return isEmpty ? null : text;
}

/**
 * Writes the file, and beside it what undoes that: a second change keeps what stood there before the first.
 * @throws PointsmanError `config-invalid` where it is not any more what was shown: the harness writes there, too
 */
export function writeConnection(change: HarnessChange & { readonly after: string }): void {
  const { file, backup, before, after } = change;
  checkUnchanged(change);
  const earlier = readBackup(backup);
  const first = earlier === undefined || before === null ? before : withoutUs(change, earlier, before);
  const kept: HarnessBackup = { v: 1, file, before: first, after };
  writePrivate(backup, `${JSON.stringify(kept, undefined, 2)}\n`);
  writePrivate(file, after);
}

/** Puts the file back, or removes one that was not there. @throws PointsmanError `config-invalid` as `writeConnection` */
export function writeDisconnection(change: HarnessChange): void {
  const { file, backup, after } = change;
  checkUnchanged(change);
  if (after === null) rmSync(file, { force: true });
  else writePrivate(file, after);
  rmSync(backup);
}

function checkUnchanged({ file, before }: HarnessChange): void {
  if ((readIfThere(file) ?? null) === before) return;
  throw new PointsmanError('config-invalid', `${file} was changed meanwhile, so nothing was written.`, {
    hint: 'Do it again: the change is then made to what stands there now.',
  });
}
