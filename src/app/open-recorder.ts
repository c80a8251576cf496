import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { createMemoryRecorder } from '../recorder/memory-recorder.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Redactor } from '../recorder/redact.ts';
import type { PointsmanOptions } from './pointsman-options.ts';

/** The flight recorder never stands in the way: one that cannot be opened is told of and replaced. */
export function openRecorder(
  onWriteError: (error: PointsmanError) => void,
  redactor: Redactor,
  open: () => Recorder,
): Recorder {
  try {
    return open();
  } catch (thrown) {
    onWriteError(toPointsmanError(thrown, 'record-unwritable'));
    return createMemoryRecorder({ redactor, onWriteError });
  }
}

/**
 * Makes a folder and what it lies in, one by one: where nothing can be made, as under /proc, Node's own way goes round for
 * ever (24.21, 2026-11).
 * @throws PointsmanError `record-unwritable`
 */
export function makeFolder(dir: string): void {
  try {
    for (const missing of missingFolders(dir)) makeOne(missing);
    if (!statSync(dir).isDirectory()) throw new Error('it is a file, not a folder');
  } catch (thrown) {
    throw unwritable(dir, thrown);
  }
}

/** Outermost first. */
function missingFolders(dir: string): readonly string[] {
  const parent = path.dirname(dir);
  return existsSync(dir) || parent === dir ? [] : [...missingFolders(parent), dir];
}

/** Another process may have been quicker. */
function makeOne(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (thrown) {
    if (!existsSync(dir)) throw thrown;
  }
}

/** Transcripts stand in it: nobody else may read it, in whichever folder it lies. */
export function keepToOwner(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
  } catch (thrown) {
    throw unwritable(file, thrown);
  }
}

function unwritable(place: string, thrown: unknown): PointsmanError {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new PointsmanError('record-unwritable', `The store ${place} cannot be written: ${why}.`, {
    cause: thrown,
    hint: 'Free space, or name another folder with POINTSMAN_STORE.',
  });
}

export function warner(options: PointsmanOptions): (error: PointsmanError) => void {
  return options.onWarning ?? (() => undefined);
}
