import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelId } from '../testing/index.ts';
import { configuredPool, watchedModels, whyNotReady } from './model-readiness.ts';
import { openProviders } from './open-providers.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-ready-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HOSTS = `
pool: [claude-opus-5-5]
endpoints:
  anthropic: { keys: [KEY_A, KEY_B, { name: KEY_TEAM, onlyFor: [team-b] }] }
  lab: { baseUrl: "https://lab.example.com", wires: [anthropic-messages], keys: [KEY_A], shadow: true, models: { claude-opus-5-5: {} } }
  eu: { baseUrl: "https://eu.example.com", wires: [anthropic-messages], keys: [KEY_A], models: { claude-opus-5-5: {} } }
`;

test('jobs have a model of the pool at all its hosts, but under no key that is kept for some', async () => {
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, HOSTS);
  const config = loadConfig({ cwd: folder, env: { KEY_A: 'a', KEY_B: 'b', KEY_TEAM: 'c' }, file });
  const catalog = loadCatalog(config.models);
  const providers = openProviders(config, { clock: () => 0, env: {} });
  expect(configuredPool(config, catalog, providers).map(({ id }) => id)).toEqual([
    'claude-opus-5-5',
    'eu/claude-opus-5-5',
    'anthropic#KEY_B/claude-opus-5-5',
  ]);
  expect(watchedModels(config, catalog).map(({ id }) => id)).toEqual(['lab/claude-opus-5-5']);
  const kept = catalog.get(modelId('anthropic#KEY_TEAM/claude-opus-5-5'));
  expect(kept && whyNotReady(config, kept, providers)?.why).toContain('kept for access keys (team-b)');
});
