import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId, type CallId } from '../../domain/ids.ts';
import { formatAccessKeys } from '../../gateway/core/access-keys.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { summariseStore } from '../../recorder/sqlite/summarise-store.ts';
import { anAccessKey } from '../../testing/internal/gateway-test.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { aCallRecord } from '../../testing/record-builders.ts';
import { createFolderGate } from '../../trust/folder-gate.ts';
import { command as overview } from '../commands/overview-command.ts';
import type { CommandIo } from '../input/command.ts';
import { writePrivate } from '../input/gateway-files.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { command as audit } from './audit-command.ts';
import { warnOfFolderStore } from './merge-store.ts';
import { command as store } from './store-command.ts';

let home = '';
let work = '';
let said = '';
beforeEach(() => {
  home = realpathSync(mkdtempSync(path.join(tmpdir(), 'merge-')));
  work = path.join(home, 'work');
  mkdirSync(work);
  said = '';
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function io(patch: Partial<CommandIo> = {}): CommandIo {
  const hear = (text: string): void => void (said += text);
  return {
    stdout: hear,
    stderr: hear,
    env: { HOME: home },
    cwd: work,
    isTerminal: false,
    signal: new AbortController().signal,
    ...patch,
  };
}

async function writeStore(dir: string, calls: readonly string[]): Promise<void> {
  const recorder = openSqliteRecorder({
    file: path.join(dir, 'records.db'),
    onWriteError: (error) => {
      throw error;
    },
  });
  for (const callId of calls) recorder.writeCall(aCallRecord({ callId: asId<CallId>(callId) }));
  await recorder.close();
}

/** As a former version left it: in the folder, and known as ours. */
async function anOldStore(): Promise<string> {
  const dir = path.join(work, '.pointsman');
  mkdirSync(path.join(dir, 'agents'), { recursive: true });
  await writeStore(dir, ['old-1', 'old-2']);
  const keys = formatAccessKeys([anAccessKey({ name: 'laptop' }).key]);
  writePrivate(path.join(dir, 'access-keys.json'), keys);
  const gate = createFolderGate({ env: { HOME: home } });
  gate.claim(dir);
  gate.claim(path.join(dir, 'access-keys.json'), keys);
  return dir;
}

const shared = (): string => path.join(home, '.local/share/pointsman/store');
const callsIn = (dir: string): number | undefined => summariseStore(path.join(dir, 'records.db'))?.callCount;

test('first use says what was found; with a yes it is merged into the one store, and that is used from then on', async () => {
  const old = await anOldStore();
  mkdirSync(shared(), { recursive: true });
  await writeStore(shared(), ['new-1']);
  const commandIo = io();
  await overview.run([], io({ env: { HOME: home, PATH: '' } }));
  expect(said.replaceAll(/\s+/gu, ' ')).toContain('is a store of its own (2 calls, 1 MB)');
  expect(said).toContain('pointsman store merge');
  said = '';
  const placeOf = async (): Promise<string> =>
    withPointsman(commandIo, { configFile: undefined }, async (_pointsman, { store: place }) => {
      await warnOfFolderStore(place, work, commandIo);
      return place.kind === 'sqlite' ? place.dir : '';
    });
  expect(await placeOf()).toBe(old);
  expect(said).toContain('store merge');

  await expect(store.run(['merge'], commandIo)).rejects.toMatchObject({ code: 'request-invalid' });
  await expect(store.run(['merge'], io({ ask: async () => '' }))).rejects.toMatchObject({ code: 'request-invalid' });
  expect([callsIn(old), callsIn(shared())]).toEqual([2, 1]);

  const questions: string[] = [];
  const ask = async (question: string): Promise<string> => (questions.push(question), 'y');
  expect(await store.run(['merge'], io({ ask }))).toBe(0);
  expect(questions.join('')).toContain('2 calls');
  expect(callsIn(shared())).toBe(3);
  expect(readFileSync(path.join(shared(), 'access-keys.json'), 'utf8')).toContain('laptop');
  const [aside = ''] = readdirSync(old).filter((name) => name.startsWith('merged-'));
  expect(callsIn(path.join(old, aside))).toBe(2);
  expect(readdirSync(old).toSorted()).toEqual(['.gitignore', 'agents', aside].toSorted());
  said = '';
  await audit.run(['--json'], commandIo);
  expect(dataOf(said)).toMatchObject({
    isWhole: true,
    entries: [{ act: 'store-merged', subject: old, detail: { asideDir: path.join(old, aside), keptApart: '' } }],
  });
  said = '';
  expect(await placeOf()).toBe(shared());
  expect(said).toBe('');
  await expect(store.run(['merge', '--yes'], commandIo)).rejects.toMatchObject({ code: 'not-found' });
});

test('keys that both have are not mixed, and it says where they lie', async () => {
  await anOldStore();
  mkdirSync(shared(), { recursive: true });
  const own = formatAccessKeys([anAccessKey({ name: 'other' }).key]);
  writePrivate(path.join(shared(), 'access-keys.json'), own);
  await store.run(['merge', work, '--yes', '--json'], io({ cwd: home }));
  expect(dataOf(said)).toMatchObject({ keptApart: ['access-keys.json'] });
  expect(readFileSync(path.join(shared(), 'access-keys.json'), 'utf8')).toBe(own);
  expect(existsSync(path.join((dataOf(said) as { asideDir: string }).asideDir, 'access-keys.json'))).toBe(true);
});

test('a store that somebody else left in the folder is none of ours to merge, and one that is named is kept without a word', async () => {
  const dir = path.join(work, '.pointsman');
  mkdirSync(dir);
  await writeStore(dir, ['of-somebody']);
  await expect(store.run(['merge', '--yes'], io())).rejects.toMatchObject({ code: 'not-found' });
  expect(callsIn(dir)).toBe(1);
  rmSync(dir, { recursive: true });
  await anOldStore();
  const env = { HOME: home, POINTSMAN_STORE: '.pointsman' };
  await withPointsman(io({ env }), { configFile: undefined }, async (_pointsman, { store: place }) =>
    warnOfFolderStore(place, work, io()),
  );
  expect(said).not.toContain('store merge');
});
