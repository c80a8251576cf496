import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId, type CallId, type SessionId } from '../../domain/ids.ts';
import { aCallRecord } from '../../testing/record-builders.ts';
import { sessionCalls } from './session-calls.ts';
import { openSqliteRecorder } from './sqlite-recorder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-session-calls-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A store with one call of each of these sessions, in their order. */
async function storeOf(...sessionIds: readonly string[]): Promise<string> {
  const file = path.join(folder, 'records.db');
  const recorder = openSqliteRecorder({ file, onWriteError: (error) => expect.fail(error.message) });
  for (const [index, id] of sessionIds.entries()) {
    recorder.writeCall(aCallRecord({ callId: asId<CallId>(`call-${index}`), sessionId: asId<SessionId>(id) }));
  }
  await recorder.close();
  return file;
}

const found = (file: string, sessionId: string, newest?: number): readonly unknown[] => {
  const { calls, mayLackOlder } = sessionCalls(file, sessionId, newest);
  return [calls.map(({ callId }) => callId), mayLackOlder];
};

test('a session has its threads, the oldest first, and nobody of a like name', async () => {
  const file = await storeOf('s', 'other', 's/agent-1', 's2', 's');
  expect(found(file, 's')).toEqual([['call-0', 'call-2', 'call-4'], false]);
  expect(found(file, '%')).toEqual([[], false]);
});

test('what was not looked at is said to be missing, and only where there is such a call', async () => {
  const file = await storeOf('s', 's', 's');
  expect(found(file, 's', 2)).toEqual([['call-1', 'call-2'], true]);
  expect(found(file, 's', 3)).toEqual([['call-0', 'call-1', 'call-2'], false]);
  expect(found(path.join(folder, 'none.db'), 's')).toEqual([[], false]);
});
