import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import { liesIn, realPath } from '../trust/real-path.ts';
import { readMemory, writeMemory, type Memory, type MemoryScope } from './memory-file.ts';

/** What one file may hold: a thing that takes more is no fact but a document. */
const MOST_BYTES = 16_384;
const MOST_FILES = 1000;
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/u;

/** What lies in a folder, and what of it was passed over and why. */
export interface FolderReading {
  readonly memories: readonly Memory[];
  readonly passedOver: readonly { readonly file: string; readonly why: string }[];
}

/** Reads a folder of memories; one that is not there is empty. Only plain files count: a link leads who knows where. */
export function readFolder(folder: string, scope: MemoryScope, home: string): FolderReading {
  const memories: Memory[] = [];
  const passedOver: FolderReading['passedOver'][number][] = [];
  if (!isOwn(folder, home))
    return {
      memories,
      passedOver:
        lstatSync(folder, { throwIfNoEntry: false }) === undefined
          ? []
          : [{ file: folder, why: 'it leads out of where it should lie' }],
    };
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort();
  for (const file of names) {
    const why =
      names.indexOf(file) >= MOST_FILES ? `there are more than ${MOST_FILES}` : whyNot(path.join(folder, file));
    const text = why === undefined ? textOf(path.join(folder, file)) : undefined;
    if (text === undefined) passedOver.push({ file, why: why ?? 'it is no text' });
    else memories.push(readMemory(file.slice(0, -'.md'.length), scope, text));
  }
  return { memories, passedOver };
}

/** A folder, and by the way to it no link leads out of its home. */
function isOwn(folder: string, home: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && liesIn(realPath(folder), realPath(home));
}

function whyNot(file: string): string | undefined {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return 'it is no plain file';
  return stat.size > MOST_BYTES ? `it has more than ${MOST_BYTES} bytes` : undefined;
}

function textOf(file: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
    return text.includes('\u0000') ? undefined : text;
  } catch {
    return undefined;
  }
}

/**
 * Writes one memory whole or not at all, for its owner alone; a name that is there already is refused.
 * @throws PointsmanError `request-invalid`
 */
export function writeToFolder(folder: string, memory: Memory, home: string): string {
  const file = placeOf(folder, memory.name);
  const text = writeMemory(memory);
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new PointsmanError('request-invalid', `A memory may have ${MOST_BYTES} bytes.`, {
      hint: 'Say it shorter, or in several.',
    });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isOwn(folder, home))
    throw new PointsmanError('request-invalid', `${folder} leads out of where it should lie.`, {
      hint: 'Remove the link.',
    });
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    throw new PointsmanError('request-invalid', `There is a memory "${memory.name}" already.`, {
      hint: 'Forget it first, or give another --name.',
    });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
  return file;
}

/** @throws PointsmanError `not-found` */
export function removeFromFolder(folder: string, name: string, home: string): void {
  const file = placeOf(folder, name);
  // A link is taken away, not what it leads to.
  if (!isOwn(folder, home) || lstatSync(file, { throwIfNoEntry: false }) === undefined)
    throw new PointsmanError('not-found', `Nothing is remembered as "${name}".`, {
      hint: 'See pointsman memory list.',
    });
  rmSync(file);
}

function placeOf(folder: string, name: string): string {
  if (NAME.test(name)) return path.join(folder, `${name}.md`);
  throw new PointsmanError('request-invalid', `"${name}" is no name of a memory.`, {
    hint: 'Small letters, digits and "-", at most 64.',
  });
}
