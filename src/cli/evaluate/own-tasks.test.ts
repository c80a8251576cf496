import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScriptFunction } from '../../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { plantedModel } from '../../testing/internal/evaluated/planted-model.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { openNewcomerPlace, type NewcomerPlace } from '../../testing/internal/newcomer/newcomer-place.ts';
import { typedCommand } from '../../testing/internal/newcomer/typed-command.ts';
import { demoWords } from '../demo/demo-words.ts';
import { command } from './evaluate-command.ts';

let place: NewcomerPlace;
beforeAll(async () => {
  place = await openNewcomerPlace((request) => demoWords(request) ?? { text: 'All done.' });
  const { code, said } = await typedCommand(place, ['run', 'fix the failing test', '--budget', '1', '--yes']);
  expect(code, said).toBe(0);
}, 180_000);
afterAll(() => place.close());

const probes = plantedModel({ thetaOf: () => 0, seed: 1, tasksSeed: 1, taskCount: 5 });
const isProbe: ScriptFunction = (request) =>
  request.system.includes('pointsman') || request.tools.length > 3 ? undefined : probes(request);

interface Said {
  readonly spentNanoUsd: number | string;
  readonly unknownBillCount: number;
  readonly tasks: readonly { readonly id: string; readonly isRight: boolean; readonly kind: string }[];
  readonly leftOut: readonly { readonly what: string; readonly why: string }[];
  readonly abilities: Readonly<Record<string, { readonly mean: number; readonly taskCount: number }>>;
}

async function serve(words: ScriptFunction): Promise<ScriptedServer> {
  return createScriptedServer({
    script: async (request) => (await words(request)) ?? (await isProbe(request)),
    vendorChecks: false,
  });
}

async function evaluate(words: ScriptFunction, name: string): Promise<{ readonly said: Said; readonly err: string }> {
  const server = await serve(words);
  try {
    return await evaluateAt(server, name);
  } finally {
    await server.close();
  }
}

async function evaluateAt(
  { url }: Pick<ScriptedServer, 'url'>,
  name: string,
  more: readonly string[] = [],
): Promise<{ readonly said: Said; readonly err: string }> {
  let [out, err] = ['', ''];
  const own = ['--suite', 'own', '--context', '32000'];
  await command.run([name, '--url', `${url}/v1`, ...own, '--json', '--dry-run', '--yes', ...more], {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    env: place.env,
    cwd: place.workspace,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
  });
  return { said: dataOf(out) as Said, err };
}

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => `${file} ${readFileSync(file, 'utf8')}`);
const leftBehind = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('pointsman-own-'));

describe('pointsman evaluate --suite own', () => {
  test('does a job again in a copy, and grades it by the tests of its folder', async () => {
    const before = filesOf(place.workspace);
    const left = leftBehind();
    const able = await evaluate((request) => demoWords(request), 'able');
    expect(able.said.leftOut).toEqual([]);
    expect(able.said.tasks).toMatchObject([{ id: expect.stringMatching(/^own-job-/u), isRight: true }]);
    const lazy = await evaluate(
      (request) => (request.tools.length > 3 ? { text: '```json\n{"summary":"All done."}\n```' } : undefined),
      'lazy',
    );
    expect(lazy.said.tasks).toMatchObject([{ isRight: false }]);
    const [kind = ''] = Object.keys(able.said.abilities);
    expect(able.said.abilities[kind]?.mean).toBeGreaterThan(lazy.said.abilities[kind]?.mean ?? 9);
    expect(filesOf(place.workspace)).toEqual(before);
    expect(leftBehind()).toEqual(left);
  }, 300_000);

  test('loses no bill of a job in whose midst it was killed', async () => {
    const folder = path.join(
      place.env['XDG_DATA_HOME'] ?? path.join(place.env['HOME'] ?? '', '.local/share'),
      'pointsman/evaluations',
    );
    const journal = (): string => {
      const name = readdirSync(folder).find((one) => one.includes('killed') && one.endsWith('.jsonl'));
      return path.join(folder, name ?? 'none');
    };
    let killed = '';
    const words: ScriptFunction = (request) => {
      if (request.tools.length > 3) killed = readFileSync(journal(), 'utf8');
      return demoWords(request);
    };
    const server = await serve(words);
    try {
      const priced = ['--price', '1000/1000'];
      const whole = await evaluateAt(server, 'killed', priced);
      expect(whole.said.unknownBillCount).toBe(0);
      expect(killed).not.toContain('"what":"task"');
      // As it stood when the last call of the job was asked.
      writeFileSync(journal(), killed);
      const again = await evaluateAt(server, 'killed', priced);
      expect(again.said.unknownBillCount).toBe(1);
      expect(Number(again.said.spentNanoUsd)).toBeGreaterThan(Number(whole.said.spentNanoUsd) * 1.1);
    } finally {
      await server.close();
    }
  }, 300_000);

  test('asks nobody where the tests cannot tell any more', async () => {
    const file = path.join(place.workspace, 'src', 'cart.js');
    const text = readFileSync(file, 'utf8');
    try {
      writeFileSync(file, text.replaceAll('DISCOUNT_FROM', 'FROM_WHEN'));
      const { said } = await evaluate(() => undefined, 'moved');
      expect(said.tasks).toEqual([]);
      expect(said.leftOut).toMatchObject([{ why: expect.stringContaining('changed since') }]);
    } finally {
      writeFileSync(file, text);
    }
  }, 120_000);
});
