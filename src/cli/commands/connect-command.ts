import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { jsonIn } from '../../domain/json.ts';
import { HARNESS_NAMES, type Harness, type HarnessName } from '../../gateway/connect/harness.ts';
import { HARNESSES } from '../../gateway/connect/harnesses.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { readIfThere, writePrivate } from '../input/gateway-files.ts';
import { shownDiff } from '../text/shown-diff.ts';

export const command: CliCommand = {
  name: 'connect',
  usage: 'claude-code|codex|gemini|opencode|qwen [--url URL] [--token TOKEN] [--dry-run] [--undo]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:4141' },
        token: { type: 'string', default: 'pointsman-local' },
        'dry-run': { type: 'boolean', default: false },
        undo: { type: 'boolean', default: false },
      },
    });
    const harness = harnessNamed(positionals[0]);
    const home = io.env['HOME'] ?? io.env['USERPROFILE'];
    if (home === undefined) throw new PointsmanError('config-invalid', 'HOME is not set, so no file can be found.');
    const place = { harness, file: path.join(home, harness.file), backup: backupFile(home, harness.name) };
    if (values.undo) return undo(io, place, values['dry-run']);
    const target = { url: gatewayUrl(values.url), token: values.token };
    return connect(io, place, { target, isDryRun: values['dry-run'] });
  },
};

interface ConfigPlace {
  readonly harness: Harness;
  readonly file: string;
  readonly backup: string;
}

/** What was there before, and what we made of it. `before` null: there was no file. */
const backupSchema = z.strictObject({
  v: z.literal(1),
  file: z.string(),
  before: z.string().nullable(),
  after: z.string(),
});

function connect(
  io: CommandIo,
  { harness, file, backup }: ConfigPlace,
  options: { readonly target: { readonly url: string; readonly token: string }; readonly isDryRun: boolean },
): ExitCode {
  const before = readIfThere(file);
  const after = harness.edit(before ?? '', options.target);
  if (after === before) {
    io.stdout(`${file} already points at ${options.target.url}.\n`);
    return EXIT.ok;
  }
  io.stdout(`${file}\n${shownDiff(before ?? '', after)}\n`);
  if (options.isDryRun) return EXIT.ok;
  // A second connect keeps what stood there before the first: undo goes all the way back.
  const earlier = readBackup(backup);
  const first = earlier !== undefined && earlier.after === before ? earlier.before : (before ?? null);
  writePrivate(backup, `${JSON.stringify({ v: 1, file, before: first, after }, undefined, 2)}\n`);
  writePrivate(file, after);
  io.stdout(`Written. ${harness.note}\nTake it back with: pointsman connect ${harness.name} --undo\n`);
  return EXIT.ok;
}

function undo(io: CommandIo, { harness, file, backup }: ConfigPlace, isDryRun: boolean): ExitCode {
  const kept = readBackup(backup);
  if (kept === undefined) {
    throw new PointsmanError('not-found', `Nothing to take back: ${harness.name} was not connected from here.`);
  }
  const now = readIfThere(file) ?? '';
  if (now !== kept.after) {
    io.stdout(`${shownDiff(kept.after, now)}\n`);
    throw new PointsmanError('config-invalid', `${file} was changed since, as shown above, so it was left alone.`, {
      hint: `Take those lines back first, or restore the text that ${backup} holds under "before".`,
    });
  }
  io.stdout(`${file}\n${shownDiff(now, kept.before ?? '')}\n`);
  if (isDryRun) return EXIT.ok;
  if (kept.before === null) rmSync(file);
  else writePrivate(file, kept.before);
  rmSync(backup);
  io.stdout('Taken back.\n');
  return EXIT.ok;
}

function readBackup(file: string): z.infer<typeof backupSchema> | undefined {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  const parsed = backupSchema.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new PointsmanError('config-invalid', `The backup ${file} is damaged.`, {
    hint: 'Remove it, and take the lines of pointsman out of the harness’s file by hand.',
  });
}

function backupFile(home: string, name: string): string {
  return path.join(home, '.config', 'pointsman', 'connect', `${name}.json`);
}

function harnessNamed(name: string | undefined): Harness {
  if (HARNESS_NAMES.includes(name as HarnessName)) return HARNESSES[name as HarnessName];
  throw new PointsmanError('request-invalid', `"${name ?? ''}" is no harness that can be connected.`, {
    hint: `Known: ${HARNESS_NAMES.join(', ')}.`,
  });
}

function gatewayUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)) return text.replace(/\/+$/u, '');
  throw new PointsmanError('request-invalid', `"${text}" is not an http address.`);
}
