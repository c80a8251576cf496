import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { decideExample } from '../decisions/decide-example.ts';
import { decide } from '../router/decide.ts';
import { exampleFaults } from './example-faults.ts';
import { choosePolicy, loadPolicies } from './load-policies.ts';

const catalog = loadCatalog();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-policies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, id: string): string {
  const failure = 'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }';
  const file = path.join(folder, name);
  writeFileSync(file, `id: ${id}\nversion: 9\nsummary: Own.\n${failure}\n`);
  return file;
}

const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('loadPolicies', () => {
  test('a policy of the user replaces a shipped one of its id; other files of the folder are left alone', () => {
    write('a.policy.yaml', 'balanced');
    write('notes.yaml', 'not-a-policy');
    const policies = loadPolicies(catalog, [folder, path.join(folder, 'nowhere')]);
    expect(policies.get('balanced')?.policy.version).toBe(9);
    expect(policies.has('not-a-policy')).toBe(false);
    expect(policies.has('thrifty')).toBe(true);
  });

  test('two files with one id in one folder are an error that names both', () => {
    write('a.policy.yaml', 'mine');
    write('b.policy.yaml', 'mine');
    expect(() => loadPolicies(catalog, [folder])).toThrow(/a\.policy\.yaml and in .*b\.policy\.yaml/u);
  });

  test('a folder in place of a file is policy-invalid', () => {
    mkdirSync(path.join(folder, 'x.policy.yaml'));
    expect(() => loadPolicies(catalog, [folder])).toThrow(withCode('policy-invalid'));
  });
});

describe('choosePolicy', () => {
  const policies = loadPolicies(catalog);

  test('takes an exact id or a path', () => {
    const file = write('mine.policy.yaml', 'mine');
    expect(choosePolicy(policies, 'thrifty', { catalog, cwd: folder }).policy.id).toBe('thrifty');
    expect(choosePolicy(policies, './mine.policy.yaml', { catalog, cwd: folder }).policy.id).toBe('mine');
    expect(choosePolicy(policies, file, { catalog, cwd: '/' }).policy.id).toBe('mine');
  });

  test('a near miss is not taken but named', () => {
    expect(() => choosePolicy(policies, 'Thrifty', { catalog, cwd: folder })).toThrow(
      'No policy is called "Thrifty". Did you mean "thrifty"?',
    );
    expect(() => choosePolicy(policies, 'nowhere.yaml', { catalog, cwd: folder })).toThrow(withCode('not-found'));
  });
});

describe('examples', () => {
  test('an example that does not hold says how', () => {
    const loaded = choosePolicy(loadPolicies(catalog), 'eu-only', { catalog, cwd: folder });
    const [example] = loaded.examples;
    if (example === undefined) throw new Error('no example');
    const decision = decideExample(example, loaded.policy, { catalog, decide });
    const wrong = {
      ...example,
      expect: { decision: 'stay', model: 'gpt-6-sol', rejected: { 'openai-eu/gpt-6-sol': 'denied' } },
    } as const;
    expect(exampleFaults(wrong, decision, catalog)).toEqual([
      'expected decision stay, got switch',
      'expected model gpt-6-sol, got openai-eu/gpt-6-sol',
      'expected openai-eu/gpt-6-sol to be rejected as denied, got not rejected',
    ]);
  });
});
