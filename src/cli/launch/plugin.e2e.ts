import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPointsman } from '../../app/create-pointsman.ts';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { promptScript } from '../../providers/scripted/prompt-script.ts';
import { createScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { installClient, runClient, temporaryFolder, type ClientRun } from '../../testing/internal/clients.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const CLI = path.join(ROOT, 'src/cli/main.ts');

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function folder(prefix: string): string {
  const { dir, remove } = temporaryFolder(prefix);
  cleanups.push(remove);
  return dir;
}

function program(file: string, line: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\nexec ${line} "$@"\n`);
  chmodSync(file, 0o755);
}

/** A person's machine: Claude Code on the path, pointsman where npx finds it, and vendors with scripted words. */
async function machine(claude: string): Promise<{
  readonly run: (args: readonly string[]) => Promise<ClientRun>;
  readonly home: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
}> {
  const server = await createScriptedServer({ models: shippedModels() });
  cleanups.push(() => server.close());
  const [home, work, bin] = [folder('home'), folder('work'), folder('bin')];
  program(path.join(bin, 'claude'), `"${claude}"`);
  program(path.join(work, 'node_modules/.bin/pointsman'), `"${process.execPath}" "${CLI}"`);
  writeFileSync(path.join(work, 'package.json'), '{ "name": "work", "private": true, "type": "module" }\n');
  const env = {
    PATH: `${bin}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    ANTHROPIC_API_KEY: 'sk-ant-api03-upstream',
    POINTSMAN_ANTHROPIC_BASE_URL: server.url,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  const run = (args: readonly string[]): Promise<ClientRun> =>
    runClient(process.execPath, args, { home, cwd: work, timeoutMs: 180_000, env });
  return { run: (args) => run([CLI, 'claude', '--', ...args]), home, work, env: { ...env, HOME: home } };
}

const TEST_FILE = `import assert from 'node:assert';
import { test } from 'node:test';
import { half } from './half.js';
test('half', () => assert.equal(half(4), 2));
`;

describe('the plugin in Claude Code', () => {
  test('installs from this folder, and reports that tests ran green after a change', async () => {
    const installed = await installClient('claude-code');
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const { run, home, work, env } = await machine(installed.file);
    writeFileSync(path.join(work, 'half.test.js'), TEST_FILE);

    const added = await run(['plugin', 'marketplace', 'add', ROOT]);
    expect(added.exitCode, added.stdout + added.stderr).toBe(0);
    const put = await run(['plugin', 'install', 'pointsman@pointsman']);
    expect(put.exitCode, put.stdout + put.stderr).toBe(0);

    const file = path.join(work, 'half.js');
    const script = promptScript([
      { toolCalls: [{ name: 'Write', input: { file_path: file, content: 'export const half = (n) => n / 2;\n' } }] },
      { toolCalls: [{ name: 'Bash', input: { command: 'node --test', description: 'Run the tests' } }] },
      { text: 'Half is there, and its test is green.' },
    ]);
    const done = await run([
      '-p',
      `Write half. ${script}`,
      '--model=sonnet',
      '--allowedTools=Write,Bash',
      '--output-format=stream-json',
      '--verbose',
    ]);
    expect(done.stdout, done.stderr).toContain('its test is green');
    expect(readFileSync(file, 'utf8')).toContain('n / 2');
    const init = JSON.parse(done.stdout.split('\n').find((line) => line.includes('"subtype":"init"')) ?? '{}') as {
      readonly tools?: readonly string[];
      readonly slash_commands?: readonly string[];
      readonly mcp_servers?: readonly { readonly name: string; readonly status: string }[];
    };
    expect(init.slash_commands).toEqual(
      expect.arrayContaining(['pointsman:spend', 'pointsman:replay', 'pointsman:explain', 'pointsman:statusline']),
    );
    expect(init.mcp_servers?.map(({ name }) => name)).toContain('plugin:pointsman:pointsman');

    const pointsman = await createPointsman({ cwd: work, env: { ...env, HOME: home } });
    cleanups.push(() => pointsman.close());
    const outcomes = await vi.waitUntil(
      async () => {
        const found = await pointsman.outcomes();
        return found.length > 0 && found;
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(outcomes).toMatchObject([
      { verdict: 'good_fit', principal: 'claude-code-hook', note: 'tests ran green after its change' },
    ]);
  });
});
