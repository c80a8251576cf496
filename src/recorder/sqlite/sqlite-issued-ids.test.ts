import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY_MS } from '../../domain/time.ts';
import { openSqliteIssuedIds, type IssuedIdsOptions } from './sqlite-issued-ids.ts';

let dir: string;
let now: number;
const warnings: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'ids-'));
  now = 1_000 * DAY_MS;
  warnings.length = 0;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (more: Partial<IssuedIdsOptions> = {}): ReturnType<typeof openSqliteIssuedIds> =>
  openSqliteIssuedIds({
    file: path.join(dir, 'issued-ids.db'),
    now: () => now,
    onWriteError: (error) => void warnings.push(error.code),
    ...more,
  });

test('the first that one process adds is known to another that was open before', () => {
  const [ids, beside] = [open(), open()];
  expect([ids.isEmpty, beside.isEmpty]).toEqual([true, true]);
  ids.add('a', { owner: 'me', by: 'openai' });
  expect([beside.isEmpty, { ...beside.find('a') }]).toEqual([false, { owner: 'me', by: 'openai' }]);
  ids.close();
  beside.close();
});

test('what was issued is known to the next process, and to one beside it', () => {
  const ids = open();
  expect([ids.isEmpty, ids.find('a')]).toEqual([true, undefined]);
  ids.add('a', { owner: 'me', by: 'openai' });
  const beside = open();
  expect([ids.isEmpty, { ...beside.find('a') }]).toEqual([false, { owner: 'me', by: 'openai' }]);
  ids.add('a', { owner: 'me', by: 'anthropic' });
  ids.close();
  beside.close();
  const next = open();
  expect([next.isEmpty, { ...next.find('a') }]).toEqual([false, { owner: 'me', by: 'anthropic' }]);
  next.close();
});

test('what is old, and what is too much, is forgotten on opening', () => {
  const ids = open();
  for (const name of ['a', 'b', 'c', 'd']) {
    ids.add(name, { owner: 'me', by: 'x' });
    now += DAY_MS;
  }
  ids.close();
  const known = (more: Partial<IssuedIdsOptions>): string => {
    const next = open(more);
    const names = ['a', 'b', 'c', 'd'].filter((name) => next.find(name) !== undefined).join('');
    next.close();
    return names;
  };
  expect(known({ maxAgeMs: 4 * DAY_MS })).toBe('abcd');
  expect(known({ maxAgeMs: 3 * DAY_MS })).toBe('bcd');
  expect(known({ maxCount: 2 })).toBe('cd');
});

test('what is too much is forgotten by a process that goes on for long, too', () => {
  const ids = open({ maxCount: 20 });
  for (let count = 0; count < 100; count += 1) {
    ids.add(`id-${count}`, { owner: 'me', by: 'x' });
    now += 1;
  }
  const known = Array.from({ length: 100 }, (_, count) => ids.find(`id-${count}`)).filter((one) => one !== undefined);
  ids.close();
  expect(known.length).toBeLessThanOrEqual(23);
  expect(known.length).toBeGreaterThanOrEqual(20);
});

test('a file that fails is reported once, and nobody is kept from working', () => {
  const ids = open();
  ids.close();
  ids.add('a', { owner: 'me', by: 'x' });
  expect(ids.find('a')).toBeUndefined();
  expect(warnings).toEqual(['record-unwritable']);
  expect(() => open({ file: path.join(dir, 'nowhere', 'x.db') })).toThrow(
    expect.objectContaining({ code: 'record-unwritable' }),
  );
});
