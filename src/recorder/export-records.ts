import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import { checkRecord, type KindedRecord, type RecordKind } from './read-record.ts';
import type { Recorder } from './recorder.ts';

const FORMAT = 'pointsman-records';
const FORMAT_VERSION = 1;
const KINDS: readonly string[] = ['job', 'step', 'call', 'outcome'] satisfies readonly RecordKind[];

/**
 * One job as JSON lines: a line that names the format, then the job, its steps, its calls and the outcomes of its
 * decisions. For replay, training and other people's tools. Each line ends in a newline.
 * @throws PointsmanError `not-found` for a job that was not recorded; `record-unreadable` as the recorder does.
 */
export async function* exportRecords(recorder: Recorder, jobId: JobId): AsyncIterable<string> {
  const job = await recorder.job(jobId);
  if (job === undefined) {
    throw new PointsmanError('not-found', `No job ${jobId} was recorded`, { hint: 'List them: pointsman jobs' });
  }
  yield line({ format: FORMAT, v: FORMAT_VERSION });
  yield line({ kind: 'job', record: job });
  for (const record of await recorder.steps(jobId)) yield line({ kind: 'step', record });
  for (const record of await recorder.calls(jobId)) yield line({ kind: 'call', record });
  const outcomes = await recorder.outcomes({ limit: Number.MAX_SAFE_INTEGER, jobId });
  for (const record of outcomes.toReversed()) yield line({ kind: 'outcome', record });
}

/**
 * Reads an export back, line by line. Blank lines and kinds that a newer writer added are skipped.
 * @throws PointsmanError `record-unreadable` with the line's number.
 */
export async function* readExport(lines: AsyncIterable<string> | Iterable<string>): AsyncIterable<KindedRecord> {
  let lineNumber = 0;
  let hasHeader = false;
  for await (const text of lines) {
    lineNumber += 1;
    if (text.trim() === '') continue;
    const row = parseLine(text, lineNumber);
    if (!hasHeader) checkHeader(row, lineNumber);
    else if (KINDS.includes(String(row['kind']))) yield readRow(row, lineNumber);
    hasHeader = true;
  }
  if (!hasHeader) throw unreadable(1, 'it is empty');
}

function readRow(row: Readonly<Record<string, unknown>>, lineNumber: number): KindedRecord {
  const kind = row['kind'] as RecordKind;
  try {
    return { kind, record: checkRecord(kind, row['record']) } as KindedRecord;
  } catch (thrown) {
    throw unreadable(lineNumber, toPointsmanError(thrown).message, thrown);
  }
}

function checkHeader(row: Readonly<Record<string, unknown>>, lineNumber: number): void {
  if (row['format'] !== FORMAT) throw unreadable(lineNumber, `it does not begin with the format ${FORMAT}`);
  if (row['v'] !== FORMAT_VERSION) throw unreadable(lineNumber, `format version ${String(row['v'])} is not known`);
}

function parseLine(text: string, lineNumber: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object') return value as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw unreadable(lineNumber, 'it is not JSON', cause);
  }
  throw unreadable(lineNumber, 'it is not an object');
}

function line(row: unknown): string {
  return `${JSON.stringify(row)}\n`;
}

function unreadable(lineNumber: number, why: string, cause?: unknown): PointsmanError {
  return new PointsmanError('record-unreadable', `Line ${lineNumber} of the export cannot be read: ${why}`, {
    cause,
    details: { lineNumber },
    hint: 'Export the job again.',
  });
}
