import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import { openSqliteRecorder } from './sqlite-recorder.ts';

const room = fileURLToPath(new URL('./sqlite-recorder.ts', import.meta.url));
const builders = fileURLToPath(new URL('../../testing/record-builders.ts', import.meta.url));

/** Writes calls for ever and prints each number once its flush has come back. */
const writer = (file: string): string => `
  import { openSqliteRecorder } from ${JSON.stringify(room)};
  import { aCallRecord } from ${JSON.stringify(builders)};
  const recorder = openSqliteRecorder({ file: ${JSON.stringify(file)}, onWriteError: (error) => { throw error; } });
  for (let n = 1; ; n += 1) {
    recorder.writeCall(aCallRecord({ callId: 'call-' + n }));
    await recorder.flush();
    process.stdout.write(n + '\\n');
  }`;

test('what was flushed before kill -9 is there after it, each call once', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'crash-'));
  const file = path.join(folder, 'records.db');
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer(file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => {
    printed += bytes.toString();
    if (printed.split('\n').length > 100) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));
  const flushedCount = Number(printed.trimEnd().split('\n').at(-1));
  const recorder = openSqliteRecorder({ file, onWriteError: (error) => expect.fail(error.message) });
  const calls = await recorder.calls(asId<JobId>('job-1'));
  await recorder.close();
  expect(flushedCount).toBeGreaterThanOrEqual(99);
  expect(calls.length).toBeGreaterThanOrEqual(flushedCount);
  expect(new Set(calls.map((call) => call.callId)).size).toBe(calls.length);
  rmSync(folder, { recursive: true, force: true });
});
