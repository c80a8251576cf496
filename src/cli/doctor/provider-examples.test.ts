import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { isReady } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { command as doctor } from '../commands/doctor-command.ts';
import type { Check } from './check.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../docs/providers');
const NAMES =
  'azure bedrock deepseek fireworks glm groq kimi litellm lm-studio mistral ollama openrouter qwen together vertex vllm xai';
const examples = readdirSync(FOLDER).map((name) => path.basename(name, '.yaml'));

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'providers-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** The variables that an example names, and those that the clouds' users have. */
function envOf(text: string): Record<string, string> {
  const named = [...text.matchAll(/apiKeyName: (\w+)/gu)].map((match) => [match[1] ?? '', 'key-0123456789abcdef']);
  return { ...(Object.fromEntries(named) as Record<string, string>), HOME: home, PATH: process.env['PATH'] ?? '' };
}

test('there is one for each provider that people pay', () => {
  expect(examples.sort().join(' ')).toBe(NAMES);
});

describe.each(examples)('docs/providers/%s.yaml', (name) => {
  const file = path.join(FOLDER, `${name}.yaml`);
  const text = readFileSync(file, 'utf8');

  test('says what it is for, on which page of the vendor that stands, and when it was read', () => {
    expect(text).toMatch(/^# .{10,}\n# Vendor's page: https:\/\/\S+ \(read 20\d\d-\d\d-\d\d\)\n/u);
  });

  test('has models that can be called, each in a format that its endpoint speaks', () => {
    const config = loadConfig({ cwd: home, env: envOf(text), file });
    const catalog = loadCatalog(config.models);
    const wanted = [...config.endpoints.values()].filter((endpoint) => endpoint.wanted);
    expect(wanted.length).toBeGreaterThan(0);
    for (const endpoint of wanted) {
      expect([endpoint.id, isReady(endpoint)]).toEqual([endpoint.id, true]);
      const served = catalog.models.filter((model) => model.endpoint === endpoint.id);
      expect(served.length).toBeGreaterThan(0);
      for (const { id, wire } of served) expect([id, endpoint.wires.includes(wire)]).toEqual([id, true]);
    }
    for (const id of config.pool ?? []) expect([id, catalog.get(id)?.id]).toEqual([id, id]);
  });

  test('is found right by doctor, without the network', async () => {
    let out = '';
    const code = await doctor.run(['--offline', '--json', '--config', file], {
      stdout: (said) => (out += said),
      stderr: (said) => (out += said),
      env: { XDG_DATA_HOME: path.join(home, 'data'), ...envOf(text) },
      cwd: home,
      isTerminal: false,
      trustFolders: true,
      signal: new AbortController().signal,
    });
    const { checks } = dataOf(out) as { readonly checks: readonly Check[] };
    const ours = checks.filter((check) => /^(?:configuration|models|endpoint )/u.test(check.name));
    expect(ours.filter((check) => check.status === 'fail' || check.status === 'warn')).toEqual([]);
    expect(ours.length).toBeGreaterThan(2);
    expect(code).toBe(0);
  });
});
