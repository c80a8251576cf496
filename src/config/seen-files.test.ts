import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { choosePolicy, loadPolicies, SHIPPED_POLICIES_DIR } from '../policy/load-policies.ts';
import { createFolderGate } from '../trust/folder-gate.ts';
import { loadConfig } from './load-config.ts';

const BALANCED = readFileSync(path.join(SHIPPED_POLICIES_DIR, 'balanced.policy.yaml'), 'utf8');
const policy = (id: string): string => BALANCED.replace('id: balanced', `id: ${id}`);

test('of what a folder’s configuration names, what was shown is used, whatever lies there by then', () => {
  const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'seen-')));
  const cwd = path.join(base, 'folder');
  const put = (name: string, text: string): void => {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), text);
  };
  try {
    const endpoints = 'openai: { caFile: ca.pem }\n  gcp: { host: vertex, credentialsFile: account.json }';
    put('pointsman.config.yaml', `policyDirs: [mine]\nendpoints:\n  ${endpoints}\n`);
    put('ca.pem', 'shown');
    put('account.json', 'shown');
    put('mine/a.policy.yaml', policy('shown'));
    const env = { HOME: base };
    const gate = createFolderGate({ env });
    gate.remember(gate.admit(cwd));
    /** Swaps a file right after the gate has looked. */
    const racing = {
      ...gate,
      admit: (folder: string) => {
        const admission = gate.admit(folder);
        put('ca.pem', 'swapped');
        put('account.json', 'swapped');
        put('mine/a.policy.yaml', policy('swapped'));
        put('mine/b.policy.yaml', policy('added'));
        return admission;
      },
    };
    const config = loadConfig({ cwd, env, gate: racing });
    expect([...config.endpoints.values()].map(({ ca }) => ca).filter(Boolean)).toEqual(['shown']);
    const hosts = [...config.endpoints.values()].map(({ host }) => (host?.kind === 'vertex' ? host : undefined));
    expect(hosts.map((host) => host?.credentials?.()).filter(Boolean)).toEqual(['shown']);
    expect(JSON.stringify(hosts)).not.toContain('shown');
    const catalog = loadCatalog();
    const policies = loadPolicies(catalog, config.policyDirs, config.seenFiles);
    expect(policies.has('shown')).toBe(true);
    expect(policies.has('swapped') || policies.has('added')).toBe(false);
    const source = { catalog, cwd, seen: config.seenFiles };
    expect(choosePolicy(policies, './mine/a.policy.yaml', source).policy.id).toBe('shown');
    expect(gate.admit(cwd).isTrusted).toBe(false);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
