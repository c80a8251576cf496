import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aCallRecord, aJobRecord, anOutcomeRecord, aStepRecord } from '../testing/record-builders.ts';
import { readExport } from './export-records.ts';
import { checkRecord, readRecord, type RecordKind, upgradeRecord } from './read-record.ts';

const records = { job: aJobRecord(), step: aStepRecord(), call: aCallRecord(), outcome: anOutcomeRecord() };
const kinds = Object.keys(records) as RecordKind[];

describe('records of every version that was ever written', () => {
  const folder = path.join(import.meta.dirname, '../../fixtures/records');
  const versions = readdirSync(folder)
    .filter((name) => /^v\d+$/u.test(name))
    .sort();
  const files = versions.flatMap((version) =>
    readdirSync(path.join(folder, version)).map((name) => `${version}/${name}`),
  );

  test('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(12);
  });

  test.each(files.filter((file) => file.endsWith('.json')))('%s is read, with its bytes', (file) => {
    const kind = path.basename(file).split('-')[0] as RecordKind;
    const text = readFileSync(path.join(folder, file), 'utf8');
    const record = readRecord(kind, text);
    // What a newer version changed stands beside it under the same name; the rest keeps its bytes.
    const newest = versions
      .map((version) => path.join(folder, version, path.basename(file)))
      .filter((name) => existsSync(name));
    expect(`${JSON.stringify(record, undefined, 2)}\n`).toBe(readFileSync(newest.at(-1) ?? '', 'utf8'));
  });

  test.each(versions)('%s has an export that is read', async (version) => {
    const lines = readFileSync(path.join(folder, version, 'export.jsonl'), 'utf8').split('\n');
    const found: string[] = [];
    for await (const row of readExport(lines)) found.push(row.kind);
    expect(found).toEqual(['job', 'step', 'step', 'step', 'step', 'call', 'call', 'call', 'outcome']);
  });
});

describe('a record', () => {
  test.each(kinds)('of kind %s keeps keys that a newer writer added, and their order', (kind) => {
    const stored = JSON.stringify({ added: [1], ...records[kind], another: { deep: true } });
    expect(JSON.stringify(readRecord(kind, stored))).toBe(stored);
  });

  test.each(kinds)('of kind %s without one of its keys is refused or was optional', (kind) => {
    const stored = JSON.parse(JSON.stringify(records[kind])) as Record<string, unknown>;
    const required = Object.keys(stored).filter((key) => {
      const { [key]: _gone, ...rest } = stored;
      try {
        checkRecord(kind, rest);
        return false;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'record-unreadable', hint: expect.any(String) });
        return true;
      }
    });
    expect(required).toContain('v');
    expect(required.length).toBeGreaterThanOrEqual(5);
  });

  test('of another kind, version or nature is refused with a code', () => {
    const wrong = [
      '',
      '{',
      'null',
      '[]',
      '7',
      '"x"',
      '{}',
      '{"v":"1"}',
      '{"v":0}',
      '{"v":1.5}',
      '{"v":null}',
      JSON.stringify(records.call),
    ];
    for (const text of wrong)
      expect(() => readRecord('job', text)).toThrow(expect.objectContaining({ code: 'record-unreadable' }));
    const newer = JSON.stringify({ ...records.job, v: 2 });
    expect(() => readRecord('job', newer)).toThrow(expect.objectContaining({ hint: 'Update pointsman.' }));
  });

  test('whatever JSON comes, is read or refused with a code', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.json(), (kind, text) => {
        expect(() => readRecord(kind, text)).toThrow(expect.objectContaining({ code: 'record-unreadable' }));
      }),
    );
  });
});

describe('an old version', () => {
  const form = {
    version: 3,
    upgrades: {
      1: (record: Readonly<Record<string, unknown>>) => ({ ...record, costNanoUsd: Number(record['cost']) * 1e9 }),
      2: ({ cost: _cost, ...rest }: Readonly<Record<string, unknown>>) => rest,
    },
  };

  test('is brought forward one step at a time', () => {
    expect(upgradeRecord('job', { v: 1, cost: 2 }, form)).toEqual({ v: 3, costNanoUsd: 2e9 });
    expect(upgradeRecord('job', { v: 3, costNanoUsd: 5 }, form)).toEqual({ v: 3, costNanoUsd: 5 });
  });

  test('without a way forward is refused', () => {
    expect(() => upgradeRecord('job', { v: 1 }, { version: 2, upgrades: {} })).toThrow(/no way from version 1 to 2/u);
  });
});
