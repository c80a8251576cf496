import { randomUUID } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import type { Ms } from '../domain/time.ts';
import { liesIn, realPath } from '../trust/real-path.ts';
import { shownLine } from '../trust/shown.ts';
import { readMemory, writeMemory, type Memory, type MemoryReading, type MemoryScope } from './memory-file.ts';

/** What one file may hold, which is what can be offered at once: a thing that takes more is no fact but a document. */
const MOST_BYTES = 1600;
const MOST_FILES = 1000;
const ENDING = '.md';
/** What a writer leaves that was killed before it was done. */
const DRAFT = /\.md\.[0-9a-f-]{36}\.tmp$/u;
/** No writer takes as long. */
const DRAFT_AGE_MS: Ms = 3_600_000;
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/u;

/** What lies in a folder, and what of it was passed over and why. */
export interface FolderReading {
  readonly memories: readonly Memory[];
  readonly passedOver: readonly { readonly file: string; readonly why: string }[];
}

/**
 * Reads a folder of memories; one that is not there is empty, and one that cannot be read is passed over. Only plain files count: a link leads
 * who knows where.
 */
export function readFolder(folder: string, scope: MemoryScope, home: string): FolderReading {
  try {
    return readOwn(folder, scope, home);
  } catch {
    return { memories: [], passedOver: [{ file: folder, why: 'it cannot be read' }] };
  }
}

function readOwn(folder: string, scope: MemoryScope, home: string): FolderReading {
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
  const names = filesIn(folder).sort();
  for (const file of names.slice(0, MOST_FILES)) {
    const reading = readFile(folder, file, scope);
    if ('why' in reading) passedOver.push({ file, why: reading.why });
    else memories.push(reading.memory);
  }
  const more = names.length - MOST_FILES;
  if (more > 0)
    passedOver.push({ file: folder, why: `it holds more than ${MOST_FILES}: the last ${more} are left out` });
  return { memories, passedOver };
}

function readFile(folder: string, file: string, scope: MemoryScope): MemoryReading {
  const why = whyNot(folder, file);
  if (why !== undefined) return { why };
  const text = textOf(path.join(folder, file));
  return text === undefined ? { why: 'it is no text' } : readMemory(file.slice(0, -ENDING.length), scope, text);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(ENDING));
}

/** A folder, and by the way to it no link leads out of its home. */
function isOwn(folder: string, home: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && liesIn(realPath(folder), realPath(home));
}

function whyNot(folder: string, file: string): string | undefined {
  // It stands in one line before models.
  if (shownLine(file) !== file) return 'its name holds signs that cannot be shown';
  const stat = lstatSync(path.join(folder, file), { throwIfNoEntry: false });
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
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  if (!isOwn(folder, home))
    throw new PointsmanError('request-invalid', `${folder} leads out of where it should lie.`, {
      hint: 'Remove the link.',
    });
  if (filesIn(folder).length >= MOST_FILES)
    throw new PointsmanError('request-invalid', `${folder} holds ${MOST_FILES} memories, and no more are read.`, {
      hint: 'Forget some first.',
    });
  sweepDrafts(folder);
  putNew(file, text);
  return file;
}

function sweepDrafts(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => DRAFT.test(one))) {
    const draft = path.join(folder, name);
    const stat = lstatSync(draft, { throwIfNoEntry: false });
    // Files bear the time of this machine, whatever time the caller goes by.
    if (stat?.isFile() === true && Date.now() - stat.mtimeMs > DRAFT_AGE_MS) rmSync(draft, { force: true });
  }
}

/** A link is made only where nothing is: of two who write at once one is refused, and neither leaves half a file. */
function putNew(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    linkSync(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(file, cause);
    throw new PointsmanError('request-invalid', `There is a memory "${path.basename(file, ENDING)}" already.`, {
      hint: 'Forget it first, or give another --name.',
    });
  } finally {
    rmSync(draft, { force: true });
  }
}

function unwritable(place: string, cause: unknown): PointsmanError {
  return new PointsmanError('config-invalid', `${place} cannot be written.`, {
    cause,
    hint: 'Free space, make its folder writable, or name another in POINTSMAN_MEMORY.',
  });
}

/** Takes away a file of this very name, whoever wrote it. @throws PointsmanError `not-found` */
export function removeFromFolder(folder: string, name: string, home: string): void {
  const isThere = isOwn(folder, home) && filesIn(folder).includes(`${name}${ENDING}`);
  const file = isThere ? path.join(folder, `${name}${ENDING}`) : placeOf(folder, name);
  // A link is taken away, not what it leads to.
  if (!isThere)
    throw new PointsmanError('not-found', `Nothing is remembered as "${name}".`, {
      hint: 'See pointsman memory list.',
    });
  rmSync(file);
}

function placeOf(folder: string, name: string): string {
  if (NAME.test(name)) return path.join(folder, `${name}${ENDING}`);
  throw new PointsmanError('request-invalid', `"${name}" is no name of a memory.`, {
    hint: 'Small letters, digits and "-", at most 64.',
  });
}
