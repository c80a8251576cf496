import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPointsman } from '../../app/create-pointsman.ts';
import { shippedModels } from '../../catalog/load-catalog.ts';
import type { JsonObject } from '../../domain/json.ts';
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

interface Machine {
  /** The harness through a gateway of its own, with these arguments. */
  readonly run: (args: readonly string[], more?: { readonly stdin?: string }) => Promise<ClientRun>;
  readonly home: string;
  readonly work: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A person's machine: a harness on the path, pointsman where npx finds it, and vendors with scripted words. */
async function machine(harness: string, start: string, more: Readonly<Record<string, string>>): Promise<Machine> {
  const server = await createScriptedServer({ models: shippedModels() });
  cleanups.push(() => server.close());
  const [home, work, bin] = [folder('home'), folder('work'), folder('bin')];
  program(path.join(bin, harness), start);
  program(path.join(work, 'node_modules/.bin/pointsman'), `"${process.execPath}" "${CLI}"`);
  writeFileSync(path.join(work, 'package.json'), '{ "name": "work", "private": true, "type": "module" }\n');
  writeFileSync(path.join(work, 'half.test.js'), TEST_FILE);
  const env = {
    PATH: `${bin}:${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    ANTHROPIC_API_KEY: 'sk-ant-api03-upstream',
    OPENAI_API_KEY: 'sk-upstream',
    POINTSMAN_ANTHROPIC_BASE_URL: server.url,
    POINTSMAN_OPENAI_BASE_URL: `${server.url}/v1`,
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    ...more,
  };
  const run: Machine['run'] = (args, given = {}) =>
    runClient(process.execPath, [CLI, harness, '--', ...args], { home, cwd: work, timeoutMs: 180_000, env, ...given });
  return { run, home, work, env: { ...env, HOME: home } };
}

/** What its hooks have reported, once they have. */
async function reported({ work, env }: Machine): Promise<readonly object[]> {
  const pointsman = await createPointsman({ cwd: work, env });
  cleanups.push(() => pointsman.close());
  return vi.waitUntil(
    async () => {
      const found = await pointsman.outcomes();
      return found.length > 0 && found;
    },
    { timeout: 60_000, interval: 500 },
  );
}

const TEST_FILE = `import assert from 'node:assert';
import { test } from 'node:test';
import { half } from './half.js';
test('half', () => assert.equal(half(4), 2));
`;

const HALF = 'export const half = (n) => n / 2;\n';

interface Tool {
  readonly name: string;
  readonly input: JsonObject;
}

/** A change, then its test, as a harness's own tools do it. */
function halfScript(write: Tool, test: Tool): string {
  return `Write half. ${promptScript([
    { toolCalls: [write] },
    { toolCalls: [test] },
    { text: 'Half is there, and its test is green.' },
  ])}`;
}

describe('the plugin in Claude Code', () => {
  test('installs from this folder, and reports that tests ran green after a change', async () => {
    const installed = await installClient('claude-code');
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const place = await machine('claude', `"${installed.file}"`, {
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    });
    const { run, work } = place;

    const added = await run(['plugin', 'marketplace', 'add', ROOT]);
    expect(added.exitCode, added.stdout + added.stderr).toBe(0);
    const put = await run(['plugin', 'install', 'pointsman@pointsman']);
    expect(put.exitCode, put.stdout + put.stderr).toBe(0);

    const file = path.join(work, 'half.js');
    const prompt = halfScript(
      { name: 'Write', input: { file_path: file, content: HALF } },
      { name: 'Bash', input: { command: 'node --test', description: 'Run the tests' } },
    );
    const done = await run([
      '-p',
      prompt,
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

    expect(await reported(place)).toMatchObject([
      { verdict: 'good_fit', principal: 'claude-code-hook', note: 'tests ran green after its change' },
    ]);
  });
});

describe('the same in Codex, Gemini CLI and opencode', () => {
  test('Codex takes the plugin of Claude Code: server, skill, commands and hooks', async () => {
    const installed = await installClient('codex');
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const place = await machine('codex', `"${installed.file}"`, {});
    const added = await place.run(['plugin', 'marketplace', 'add', ROOT]);
    expect(added.exitCode, added.stdout + added.stderr).toBe(0);
    const put = await place.run(['plugin', 'add', 'pointsman@pointsman']);
    expect(put.exitCode, put.stdout + put.stderr).toBe(0);
    const file = path.join(place.work, 'half.js');
    const patch = `*** Begin Patch\n*** Add File: ${file}\n+${HALF}*** End Patch\n`;
    const prompt = halfScript(
      { name: 'exec_command', input: { cmd: `apply_patch <<'EOF'\n${patch}EOF` } },
      { name: 'exec_command', input: { cmd: 'node --test' } },
    );
    const bypass = ['--dangerously-bypass-hook-trust', '--dangerously-bypass-approvals-and-sandbox'];
    const done = await place.run(['exec', '--json', '--skip-git-repo-check', ...bypass, prompt]);
    expect(done.stdout, done.stderr).toContain('its test is green');
    expect(readFileSync(file, 'utf8')).toContain('n / 2');
    expect(await reported(place)).toMatchObject([{ verdict: 'good_fit', principal: 'codex-hook' }]);
  });

  test('Codex says what a summary will bill, before it compacts', async () => {
    const installed = await installClient('codex');
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const place = await machine('codex', `"${installed.file}"`, {});
    for (const words of [
      ['plugin', 'marketplace', 'add', ROOT],
      ['plugin', 'add', 'pointsman@pointsman'],
    ]) {
      const done = await place.run(words);
      expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    }
    // Its hooks start what npx finds: what that prints is kept beside.
    const said = path.join(place.work, 'said.txt');
    program(
      path.join(place.work, 'node_modules/.bin/pointsman'),
      `sh -c '"${process.execPath}" "${CLI}" "$@" | tee -a "${said}"' sh`,
    );
    // After a summary its prompt begins anew, and so would the script: the second time ends it.
    const cmd = 'if [ -e again ]; then kill -9 $PPID; fi; touch again; ls';
    const prompt = `Look around. ${promptScript([{ toolCalls: [{ name: 'exec_command', input: { cmd } }] }, { text: 'Summed up.' }])}`;
    const bypass = ['--dangerously-bypass-hook-trust', '--dangerously-bypass-approvals-and-sandbox'];
    const compacts = ['-c', 'model_auto_compact_token_limit=10'];
    await place.run(['exec', '--json', '--skip-git-repo-check', ...compacts, ...bypass, prompt]);
    expect(readFileSync(said, 'utf8')).toContain('for the summary bills');
  });

  test('Gemini CLI takes an extension: server, commands and hooks', async () => {
    const installed = await installClient('gemini');
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const more = { GEMINI_CLI_TRUST_WORKSPACE: 'true' };
    const place = await machine('gemini', `"${process.execPath}" "${installed.file}"`, more);
    mkdirSync(path.join(place.home, '.gemini'));
    const settings = {
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { disableAutoUpdate: true },
    };
    writeFileSync(path.join(place.home, '.gemini/settings.json'), JSON.stringify(settings));
    const put = await place.run(['extensions', 'install', path.join(ROOT, 'plugins/gemini'), '--consent']);
    expect(put.exitCode, put.stdout + put.stderr).toBe(0);
    const file = path.join(place.work, 'half.js');
    const prompt = halfScript(
      { name: 'write_file', input: { file_path: file, content: HALF } },
      { name: 'run_shell_command', input: { command: 'node --test' } },
    );
    const done = await place.run(['-p', prompt, '--yolo']);
    expect(done.stdout, done.stderr).toContain('its test is green');
    expect(readFileSync(file, 'utf8')).toContain('n / 2');
    expect(await reported(place)).toMatchObject([{ verdict: 'good_fit', principal: 'gemini-hook' }]);
  });

  test('opencode takes a file: server, commands and what became of a session', async () => {
    const installed = await installClient('opencode');
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const more = { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' };
    const place = await machine('opencode', `"${installed.file}"`, more);
    const plugins = '~/.config/opencode/plugins/'.replace('~', place.home);
    mkdirSync(plugins, { recursive: true });
    copyFileSync(path.join(ROOT, 'plugins/opencode/pointsman.js'), path.join(plugins, 'pointsman.js'));
    const known = await place.run(['debug', 'config']);
    expect(known.stdout, known.stderr).toMatch(/"pointsman-spend"[\s\S]*"mcp"|"mcp"[\s\S]*"pointsman-spend"/u);
    const file = path.join(place.work, 'half.js');
    const prompt = halfScript(
      { name: 'write', input: { filePath: file, content: HALF } },
      { name: 'bash', input: { command: 'node --test', description: 'Run the tests' } },
    );
    const done = await place.run(['run', '--format', 'json'], { stdin: prompt });
    expect(done.stdout, done.stderr).toContain('its test is green');
    expect(readFileSync(file, 'utf8')).toContain('n / 2');
    expect(await reported(place)).toMatchObject([{ verdict: 'good_fit', principal: 'opencode-hook' }]);
  });
});
