import { promises as fs, type Stats } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { confinePath } from '../confine-path.ts';
import { applyHunks } from './apply-hunks.ts';
import { MAX_RESULT_BYTES } from './bounded-lines.ts';
import {
  changedLines,
  checkWritable,
  existing,
  leftAlone,
  MAX_FILE_BYTES,
  placesText,
  replaceBytes,
  statOf,
} from './change-files.ts';
import { type DecodedFile, decodeText, encodeText } from './file-text.ts';
import { type FilePatch, parsePatch } from './parse-patch.ts';

/** What a file is to hold; `undefined`: nothing, it goes. */
interface PlannedFile {
  readonly bytes: Buffer | undefined;
  /** Of a file that is not there yet. */
  readonly mode: number;
}

/** Every file of a patch as it is to be, by its real path: one that is named twice is changed twice. */
type Plan = Map<string, PlannedFile>;

const PLAIN_MODE = 0o666;
const PROGRAM_MODE = 0o777;

/**
 * Applies a patch of several files, all of it or nothing. Encoding, line ends, byte order mark and mode of a file are kept.
 * @throws PointsmanError `request-invalid`, `not-found`, `tool-denied`
 */
export async function applyPatch(root: string, patch: string): Promise<string> {
  const plan: Plan = new Map();
  const reports: string[] = [];
  for (const file of parsePatch(patch)) reports.push(await planFile(root, file, plan));
  await carryOut(plan);
  const whole = reports.join('\n');
  if (Buffer.byteLength(whole) <= MAX_RESULT_BYTES) return whole;
  return `${reports
    .map((report) => report.split('\n')[0])
    .join('\n')
    .slice(0, MAX_RESULT_BYTES)}\n[… read_text_file shows what stands there now …]`;
}

async function planFile(root: string, patch: FilePatch, plan: Plan): Promise<string> {
  const file = confinePath(root, patch.path);
  if (patch.kind === 'delete' || (patch.kind === 'update' && patch.moveTo !== undefined))
    await refuseLink(root, patch.path);
  switch (patch.kind) {
    case 'add':
      await keepFree(file, patch.path, plan);
      plan.set(file, {
        bytes: Buffer.from(patch.text.toWellFormed()),
        mode: patch.isProgram ? PROGRAM_MODE : PLAIN_MODE,
      });
      return `Added ${patch.path}.`;
    case 'delete':
      await planDelete(file, patch, plan);
      return `Deleted ${patch.path}.`;
    case 'update':
      return planUpdate(root, file, { patch, plan });
  }
}

/** A diff that deletes a file says what it held: another one is not deleted. */
async function planDelete(file: string, patch: Extract<FilePatch, { kind: 'delete' }>, plan: Plan): Promise<void> {
  const { bytes, mode } = await fileNow(file, patch.path, plan);
  const last = patch.hunks.length === 0 ? '' : applyHunks(textOf(bytes, patch.path).text, patch.hunks, patch.path).text;
  if (last !== '') throw refused(`${patch.path} holds more than the patch deletes`, 'Read it again.');
  plan.set(file, { bytes: undefined, mode });
}

async function planUpdate(
  root: string,
  file: string,
  { patch, plan }: { readonly patch: Extract<FilePatch, { kind: 'update' }>; readonly plan: Plan },
): Promise<string> {
  const { hunks, moveTo } = patch;
  const now = await fileNow(file, patch.path, plan);
  const to = moveTo === undefined ? file : confinePath(root, moveTo);
  if (to !== file) {
    await keepFree(to, moveTo ?? '', plan);
    plan.set(file, { bytes: undefined, mode: now.mode });
  }
  const moved = to === file ? '' : `Moved ${patch.path} to ${moveTo}. `;
  if (hunks.length === 0) {
    plan.set(to, now);
    return moved.trimEnd();
  }
  const before = textOf(now.bytes, patch.path);
  const edited = applyHunks(before.text, hunks, patch.path);
  plan.set(to, { ...now, bytes: encodeText({ ...before, text: edited.text }) });
  return `${moved}Changed ${moveTo ?? patch.path} at line ${placesText(edited.lines)}.\n${changedLines(edited.text, edited.lines)}`;
}

/** It leads to a file that the patch has not named, and that would go in its place. */
async function refuseLink(root: string, named: string): Promise<void> {
  const stat = await fs.lstat(path.resolve(root, named)).catch(() => undefined);
  if (stat?.isSymbolicLink() === true)
    throw refused(`${named} is a link`, 'delete_file and move_file take the link itself.');
}

/** As it stands on disk, or as an earlier part of the patch leaves it. */
async function fileNow(
  file: string,
  named: string,
  plan: Plan,
): Promise<{ readonly bytes: Buffer; readonly mode: number }> {
  const earlier = plan.get(file);
  if (earlier?.bytes !== undefined) return { bytes: earlier.bytes, mode: earlier.mode };
  if (earlier !== undefined) throw refused(`${named} is named again after it has gone`, 'Give one part for each file.');
  const stat = await existing(file, named);
  if (!stat.isFile()) throw refused(`${named} is no file`, 'Name a file.');
  if (stat.size > MAX_FILE_BYTES) throw leftAlone(named, `has ${stat.size} bytes`);
  checkWritable(stat);
  return { bytes: await fs.readFile(file), mode: stat.mode };
}

/** @throws PointsmanError `request-invalid` for what is no text */
function textOf(bytes: Buffer, named: string): DecodedFile {
  const decoded = decodeText(bytes);
  if (decoded === undefined) throw leftAlone(named, 'is binary');
  return decoded;
}

async function keepFree(file: string, named: string, plan: Plan): Promise<void> {
  const earlier = plan.get(file);
  if (earlier === undefined ? (await fs.lstat(file).catch(() => undefined)) === undefined : earlier.bytes === undefined)
    return;
  throw refused(`${named} is there already`, 'Give "*** Update File: PATH" for it, or delete it first.');
}

/** What was written is put back where a later part fails: a disk may be full. */
async function carryOut(plan: Plan): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const inOrder = [...plan].sort(([, a], [, b]) => Number(a.bytes === undefined) - Number(b.bytes === undefined));
  try {
    for (const [file, planned] of inOrder) {
      const before = await standing(file);
      // Also what stops halfway has changed something.
      undo.push(() => restore(file, before));
      await put(file, planned, before);
    }
  } catch (thrown) {
    // Then somebody else has just made it, and nothing of it is ours to take back.
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') undo.pop();
    for (const back of undo.reverse()) await back().catch(() => undefined);
    throw thrown;
  }
}

/** What is there before; `undefined`: nothing. */
type StandingFile = { readonly bytes: Buffer; readonly stat: Stats } | undefined;

async function standing(file: string): Promise<StandingFile> {
  const stat = await statOf(file);
  return stat && { bytes: await fs.readFile(file), stat };
}

async function put(file: string, { bytes, mode }: PlannedFile, before: StandingFile): Promise<void> {
  if (bytes === undefined) return before && fs.unlink(file);
  if (before !== undefined) return replaceBytes(file, bytes, before.stat);
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, bytes, { flag: 'wx', mode });
  if (mode !== PLAIN_MODE && mode !== PROGRAM_MODE) await fs.chmod(file, mode);
}

async function restore(file: string, before: StandingFile): Promise<void> {
  if (before === undefined) return fs.rm(file, { force: true });
  const { bytes, stat } = before;
  const now = await standing(file);
  if (now?.bytes.equals(bytes) === true) return undefined;
  if (now !== undefined) return replaceBytes(file, bytes, stat);
  await fs.writeFile(file, bytes, { flag: 'wx' });
  return fs.chmod(file, stat.mode);
}

function refused(what: string, hint: string): PointsmanError {
  return new PointsmanError('request-invalid', `${what}, and nothing was changed`, { hint });
}
