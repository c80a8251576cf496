import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MINUTE_MS, type At } from '../../domain/time.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { postedAlarmsIn, type PostedAlarms } from './posted-alarms.ts';

const alarm: Alarm = { code: 'collapse', of: '', sinceAt: 10, usual: 0.5, now: 1 };

let dir = '';
let alarms: PostedAlarms;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'pointsman-posted-'));
  alarms = postedAlarmsIn({ kind: 'sqlite', dir });
});
afterEach(() => rmSync(dir, { recursive: true }));

const idsDue = async (at: At): Promise<readonly string[]> => (await alarms.due(at)).map(({ id }) => id);

test('what did not arrive is due after ever longer pauses, under its own id, a bounded number of times', async () => {
  const message = await alarms.claim('raised', alarm, 0);
  const id = message?.id ?? '';
  let at = 0;
  const pauses: number[] = [];
  for (let ends = await alarms.settle(id, false, at); ends === 'again'; ends = await alarms.settle(id, false, at)) {
    const since = at;
    while ((await alarms.due(at)).length === 0) at += MINUTE_MS / 2;
    pauses.push((at - since) / MINUTE_MS);
    expect(await idsDue(at)).toEqual([]);
  }
  expect(pauses).toEqual([1, 5, 15, 60, 240]);
  expect(await idsDue(at + 10_000 * MINUTE_MS)).toEqual([]);
  expect(await alarms.standing()).toEqual([alarm]);
});

test('of all that look at once one takes it up; what was delivered is never due, what a killed process took up is in the end', async () => {
  const message = await alarms.claim('raised', alarm, 0);
  const other = await alarms.claim('raised', { ...alarm, of: 'a model' }, 0);
  expect(await alarms.settle(other?.id ?? '', true, 1)).toBe('delivered');
  expect(await idsDue(29 * MINUTE_MS)).toEqual([]);
  const looks = await Promise.all(Array.from({ length: 5 }, async () => alarms.due(31 * MINUTE_MS)));
  expect(looks.flat()).toEqual([message]);
  for (let at = 0; at < 10_000; at += 31) await alarms.due(at * MINUTE_MS);
  expect(await idsDue(1e6 * MINUTE_MS)).toEqual([]);
});

test('what is over before it arrived is told as over alone', async () => {
  const raised = await alarms.claim('raised', alarm, 0);
  const lowered = await alarms.claim('lowered', alarm, 1);
  expect(lowered?.event).toBe('lowered');
  expect(await alarms.settle(raised?.id ?? '', false, 2)).toBe('given up');
  expect(await alarms.settle(lowered?.id ?? '', false, 2)).toBe('again');
  expect(await alarms.due(2 * MINUTE_MS)).toEqual([lowered]);
});
