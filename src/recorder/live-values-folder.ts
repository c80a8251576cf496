import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import type { LiveValues } from '../domain/live-values.ts';
import type { At } from '../domain/time.ts';
import { fileBytes } from './file-bytes.ts';
import type { Redactor } from './redact.ts';

export interface LiveValuesOptions {
  /** One file a job, mode 0600, in a folder with mode 0700. */
  readonly dir: string;
  readonly redactor: Pick<Redactor, 'record'>;
  readonly now: At;
}

/** One value whose stored form differs from it, as a line of the file. */
export interface LiveLine {
  readonly key: string;
  /** Of the stored form: a value that was written but whose stored form never was is not taken for another. */
  readonly hash: string;
  readonly value: unknown;
}

/** Fields of what a job stores that hold names others chose. */
export const FOREIGN_FIELDS: ReadonlySet<string> = new Set(['input', 'result', 'raw', 'issued', 'attempts']);
/** A job that stopped and was never resumed is not resumed after this. */
const KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Live values beside the stores of jobs. Only what redaction would change is written, so most jobs have no file; it is
 * removed when the job is over.
 */
export function openLiveValues({ dir, redactor, now }: LiveValuesOptions): LiveValues {
  removeOld(dir, now);
  const read = new Map<string, Read>();
  const fileOf = (jobId: string): string => fileIn(dir, jobId);
  const valuesOf = (jobId: string): Read['values'] => {
    const file = fileOf(jobId);
    const size = fileBytes(file);
    const known = read.get(jobId);
    if (known?.size === size) return known.values;
    const values = size === 0 ? new Map<string, unknown>() : readValues(file);
    read.set(jobId, { size, values });
    return values;
  };
  const add = (jobId: string, line: LiveLine): void => {
    const values = valuesOf(jobId);
    append(fileOf(jobId), line);
    values.set(nameOf(line), line.value);
    read.set(jobId, { size: fileBytes(fileOf(jobId)), values });
  };
  return {
    toStored: (jobId, key, value) => {
      const stored = redactor.record(value, FOREIGN_FIELDS);
      if (stored === value) return value;
      add(jobId, { key, hash: contentHash(stored), value });
      return stored;
    },
    toLive: (jobId, key, stored) => {
      const values = valuesOf(jobId);
      if (values.size === 0) return stored;
      const name = nameOf({ key, hash: contentHash(stored) });
      return values.has(name) ? (values.get(name) as typeof stored) : stored;
    },
    forget: (jobId) => {
      read.delete(jobId);
      rmSync(fileOf(jobId), { force: true });
    },
  };
}

function fileIn(dir: string, jobId: string): string {
  return path.join(dir, `${createHash('sha256').update(jobId).digest('hex')}.jsonl`);
}

/** What was taken out of a job, as it stands in the folder. */
export function readLive(dir: string, jobId: string): readonly LiveLine[] {
  const file = fileIn(dir, jobId);
  return fileBytes(file) === 0 ? [] : readFileSync(file, 'utf8').split('\n').flatMap(parseLine);
}

/** Adds what is not there yet. @throws PointsmanError `record-unwritable` */
export function addLive(dir: string, jobId: string, lines: readonly LiveLine[]): void {
  const known = new Set(readLive(dir, jobId).map(nameOf));
  for (const line of lines) if (!known.has(nameOf(line))) append(fileIn(dir, jobId), line);
}

/** What this process has read of a file, up to its size then. */
interface Read {
  readonly size: number;
  readonly values: Map<string, unknown>;
}

function nameOf({ key, hash }: Pick<LiveLine, 'key' | 'hash'>): string {
  return `${key} ${hash}`;
}

/** The last line may be torn: what it was of has not been stored either. */
function readValues(file: string): Map<string, unknown> {
  const lines = readFileSync(file, 'utf8').split('\n').flatMap(parseLine);
  return new Map(lines.map((line) => [nameOf(line), line.value]));
}

function parseLine(text: string): readonly LiveLine[] {
  try {
    return [JSON.parse(text) as LiveLine];
  } catch {
    return [];
  }
}

/** Starts with a line end, so that a torn line before it takes nothing with it. */
function append(file: string, line: LiveLine): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    appendFileSync(file, `\n${JSON.stringify(line)}`, { mode: 0o600 });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new PointsmanError('record-unwritable', `The private file of the job ${file} cannot be written: ${why}.`, {
      cause: thrown,
      hint: 'Free space or name another folder with POINTSMAN_STORE, then resume the job.',
    });
  }
}

function removeOld(dir: string, now: At): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const name of readdirSync(dir)) {
    const file = path.join(dir, name);
    const changedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (now - changedAt > KEPT_MS) rmSync(file, { force: true });
  }
}

export function contentHash(stored: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(stored) ?? '')
    .digest('hex');
}
