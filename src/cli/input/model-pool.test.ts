import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configuredPool } from '../../app/model-readiness.ts';
import { loadSettings, type Settings } from './load-settings.ts';
import { callablePool, poolNamed } from './model-pool.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-pool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One key, and a second host of one of its models. */
async function settingsOf(more: string): Promise<Settings> {
  const file = path.join(folder, 'mine.yaml');
  const host =
    'endpoints:\n  lab: { baseUrl: "https://lab.example", keyless: true, models: { claude-opus-5-5: {} } }\n';
  writeFileSync(file, host + more);
  const io = {
    stdout: () => undefined,
    stderr: () => undefined,
    env: { HOME: folder, ANTHROPIC_API_KEY: 'no-real-key-0001' },
    cwd: folder,
    isTerminal: false,
    signal: new AbortController().signal,
  };
  return loadSettings(io, file);
}

const ids = (models: readonly { readonly id: string }[]): readonly string[] => models.map(({ id }) => id).toSorted();

describe('what is chosen from', () => {
  const OPUS = ['claude-opus-5-5', 'lab/claude-opus-5-5'];

  test('is the configuration’s pool for every surface, each model at all of its hosts', async () => {
    const settings = await settingsOf('pool: [claude-opus-5-5, gpt-6-luna]\n');
    expect(ids(callablePool(undefined, settings))).toEqual(OPUS);
    const providers = new Map([...settings.config.endpoints.keys()].map((id) => [id, {} as never]));
    expect(ids(configuredPool(settings.config, settings.catalog, providers))).toEqual(OPUS);
  });

  test('is a named pool where one is named, or one host by its own name', async () => {
    const settings = await settingsOf(
      'pool: [claude-haiku-4-5]\npools: { both: [claude-opus-5-5], one: [lab/claude-opus-5-5], paid: [gpt-6-luna] }\n',
    );
    expect(ids(callablePool(undefined, settings))).toEqual(['claude-haiku-4-5']);
    expect(ids(callablePool('both', settings))).toEqual(OPUS);
    expect(ids(callablePool('one', settings))).toEqual(['lab/claude-opus-5-5']);
    expect(ids(callablePool('paid', settings))).toEqual([]);
    expect(ids(poolNamed('paid', settings))).toEqual(['gpt-6-luna']);
    expect(callablePool('ready', settings).length).toBeGreaterThan(3);
  });

  test('is every model whose key is there where nothing is said', async () => {
    const settings = await settingsOf('');
    expect(ids(callablePool(undefined, settings))).toEqual(ids(callablePool('ready', settings)));
  });
});
