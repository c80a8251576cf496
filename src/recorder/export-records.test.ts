import { expect, test } from 'vitest';
import { asId, type JobId } from '../domain/ids.ts';
import { aJobRecord } from '../testing/record-builders.ts';
import { exportRecords, readExport } from './export-records.ts';
import { createMemoryRecorder } from './memory-recorder.ts';
import type { KindedRecord } from './read-record.ts';

async function read(lines: readonly string[]): Promise<KindedRecord[]> {
  const rows: KindedRecord[] = [];
  for await (const row of readExport(lines)) rows.push(row);
  return rows;
}

const header = '{"format":"pointsman-records","v":1}';
const job = JSON.stringify({ kind: 'job', record: aJobRecord() });

test('an export is one line a record, and its first line names the format', async () => {
  const recorder = createMemoryRecorder();
  recorder.writeJob(aJobRecord({ task: 'two\nlines' }));
  const lines: string[] = [];
  for await (const line of exportRecords(recorder, asId<JobId>('job-1'))) lines.push(line);
  expect(lines.map((line) => line.indexOf('\n') === line.length - 1)).toEqual([true, true]);
  expect(lines[0]).toBe(`${header}\n`);
});

test('a job that was never recorded is not found', async () => {
  const lines = exportRecords(createMemoryRecorder(), asId<JobId>('none'))[Symbol.asyncIterator]();
  await expect(lines.next()).rejects.toMatchObject({ code: 'not-found', hint: expect.any(String) });
});

test('blank lines and kinds of a newer writer are skipped', async () => {
  expect(await read([header, '', job, '  ', '{"kind":"later","record":1}', '{"kind":"constructor"}'])).toHaveLength(1);
});

test.each([
  [[], 1],
  [[''], 1],
  [['x'], 1],
  [[job], 1],
  [['{"format":"pointsman-records","v":2}'], 1],
  [[header, job, '{'], 3],
  [[header, 'null'], 2],
  [[header, '{"kind":"job"}'], 2],
  [[header, '{"kind":"call","record":{"v":1}}'], 2],
] as const)('a broken export %j is refused with its line', async (lines, lineNumber) => {
  await expect(read(lines)).rejects.toMatchObject({ code: 'record-unreadable', details: { lineNumber } });
});
