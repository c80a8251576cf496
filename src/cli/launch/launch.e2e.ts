import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { promptScript } from '../../providers/scripted/prompt-script.ts';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { installClient, runClient, temporaryFolder, type RealClient } from '../../testing/internal/clients.ts';

/** A real harness, settings of its own that point elsewhere, and what makes it answer once. */
interface Launch {
  readonly client: RealClient;
  readonly program: string;
  readonly isScript?: boolean;
  /** Files below HOME. Nothing listens on port 1. */
  readonly settings: Readonly<Record<string, string>>;
  readonly args: (prompt: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: boolean;
}

const ELSEWHERE = 'http://127.0.0.1:1';

const LAUNCHES: readonly Launch[] = [
  {
    client: 'claude-code',
    program: 'claude',
    settings: {
      '.claude/settings.json': JSON.stringify({
        env: { ANTHROPIC_BASE_URL: ELSEWHERE, ANTHROPIC_AUTH_TOKEN: 'old', ANTHROPIC_DEFAULT_SONNET_MODEL: 'other' },
      }),
    },
    args: (prompt) => ['-p', prompt, '--model', 'sonnet', '--output-format', 'stream-json', '--verbose'],
    env: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' },
  },
  {
    client: 'codex',
    program: 'codex',
    settings: {
      '.codex/config.toml': `model = "other"\nmodel_provider = "elsewhere"\n\n[model_providers.elsewhere]\nname = "elsewhere"\nbase_url = "${ELSEWHERE}/v1"\nwire_api = "responses"\nenv_key = "OTHER"\n`,
    },
    args: (prompt) => ['exec', '--json', '--skip-git-repo-check', prompt],
  },
  {
    client: 'gemini',
    program: 'gemini',
    isScript: true,
    settings: {
      '.gemini/settings.json': JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        general: { disableAutoUpdate: true },
      }),
      '.gemini/.env': `GOOGLE_GEMINI_BASE_URL="${ELSEWHERE}"\nGEMINI_API_KEY="old"\nGEMINI_MODEL="other"\n`,
    },
    args: (prompt) => ['-p', prompt, '--yolo'],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true', GOOGLE_API_KEY: 'AIza-not-a-key' },
  },
  {
    client: 'opencode',
    program: 'opencode',
    settings: {
      '.config/opencode/opencode.json': JSON.stringify({
        model: 'pointsman/other',
        autoupdate: false,
        share: 'disabled',
        provider: {
          pointsman: { npm: '@ai-sdk/openai-compatible', options: { baseURL: `${ELSEWHERE}/v1`, apiKey: 'old' } },
        },
      }),
    },
    args: () => ['run', '--format', 'json'],
    stdin: true,
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
  },
  {
    client: 'qwen',
    program: 'qwen',
    isScript: true,
    settings: {
      '.qwen/settings.json': JSON.stringify({
        privacy: { usageStatisticsEnabled: false },
        general: { disableAutoUpdate: true },
        security: { auth: { selectedType: 'openai', baseUrl: `${ELSEWHERE}/v1`, apiKey: 'old' } },
        model: { name: 'other' },
      }),
    },
    args: (prompt) => ['-p', prompt, '--yolo'],
  },
  {
    client: 'copilot',
    program: 'copilot',
    settings: {},
    args: (prompt) => ['-p', prompt, '--allow-all-tools'],
    env: { COPILOT_OFFLINE: 'true', COPILOT_MODEL: 'other', COPILOT_PROVIDER_BASE_URL: `${ELSEWHERE}/v1` },
  },
  {
    client: 'continue',
    program: 'cn',
    isScript: true,
    settings: {
      '.continue/config.yaml': `name: Mine\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: other\n    provider: openai\n    model: other\n    apiBase: ${ELSEWHERE}/v1\n    apiKey: old\n    roles: [chat]\n`,
    },
    args: (prompt) => ['-p', prompt, '--auto'],
    env: { CONTINUE_TELEMETRY_ENABLED: '0' },
  },
  {
    client: 'pi',
    program: 'pi',
    isScript: true,
    settings: {
      '.pi/agent/models.json': JSON.stringify({
        providers: {
          pointsman: {
            baseUrl: `${ELSEWHERE}/v1`,
            apiKey: 'old',
            api: 'openai-completions',
            models: [{ id: 'auto' }],
          },
        },
      }),
    },
    args: (prompt) => ['-p', '--mode', 'json', prompt],
    env: { PI_OFFLINE: '1' },
  },
];

const KEYS = {
  ANTHROPIC_API_KEY: 'sk-ant-api03-upstream',
  OPENAI_API_KEY: 'sk-upstream',
  GEMINI_API_KEY: 'AIza-upstream',
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function vendors(): Promise<ScriptedServer> {
  const server = await createScriptedServer({ models: shippedModels() });
  cleanups.push(() => server.close());
  return server;
}

function folder(prefix: string): string {
  const { dir, remove } = temporaryFolder(prefix);
  cleanups.push(remove);
  return dir;
}

function write(file: string, text: string, mode = 0o600): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

const CLI = path.resolve(import.meta.dirname, '../main.ts');

describe('a harness starts through a gateway of its own, and its settings stay as they are', () => {
  test.each(LAUNCHES)('$program', async (launch) => {
    const installed = await installClient(launch.client);
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const server = await vendors();
    const [home, cwd, bin, temporary] = [folder('home'), folder('work'), folder('bin'), folder('tmp')];
    const start = launch.isScript === true ? `"${process.execPath}" "${installed.file}"` : `"${installed.file}"`;
    write(path.join(bin, launch.program), `#!/bin/sh\nexec ${start} "$@"\n`, 0o755);
    for (const [file, text] of Object.entries(launch.settings)) write(path.join(home, file), text);
    const prompt = `Please answer. ${promptScript([{ text: 'The answer is 4711.' }])}`;
    const run = await runClient(process.execPath, [CLI, launch.program, '--dial', '6', ...launch.args(prompt)], {
      home,
      cwd,
      timeoutMs: 120_000,
      ...(launch.stdin === true ? { stdin: prompt } : {}),
      env: {
        ...KEYS,
        ...launch.env,
        PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`,
        // Its own: others may be starting harnesses on this machine meanwhile.
        TMPDIR: temporary,
        POINTSMAN_ANTHROPIC_BASE_URL: server.url,
        POINTSMAN_OPENAI_BASE_URL: `${server.url}/v1`,
        POINTSMAN_GOOGLE_BASE_URL: server.url,
      },
    });
    expect(run.stdout, run.stderr).toContain('4711');
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toMatch(/pointsman: [1-9]\d* calls?, \$0\.\d+ billed \(measured\)/u);
    // Some put their own files into another form; what we know stands in none of them.
    const port = /127\.0\.0\.1:(?!1\b)\d+/u;
    for (const file of Object.keys(launch.settings)) {
      const now = readFileSync(path.join(home, file), 'utf8');
      expect(now, file).not.toMatch(port);
      expect(now, file).not.toMatch(/pm-[0-9a-f]{8}-/u);
    }
    expect(readdirSync(temporary).filter((name) => name.startsWith('pointsman-launch-'))).toEqual([]);
  });
});

/** What `connect` writes is enough for the real program: no variable is exported. */
describe('a connected harness goes through the gateway', () => {
  const connected: readonly Pick<Launch, 'client' | 'program' | 'isScript' | 'args' | 'env'>[] = [
    ...LAUNCHES.filter(({ client }) => ['claude-code', 'codex'].includes(client)).map((launch) => ({
      ...launch,
      // Nobody names a model: what is chosen by default is routed.
      args: (prompt: string) => launch.args(prompt).filter((one) => one !== '--model' && one !== 'sonnet'),
    })),
    {
      client: 'continue',
      program: 'continue',
      isScript: true,
      args: (prompt) => ['-p', prompt, '--auto'],
      env: { CONTINUE_TELEMETRY_ENABLED: '0' },
    },
  ];

  test.each(connected)('$client', async ({ client, isScript, args, env }) => {
    const installed = await installClient(client);
    if (installed.kind === 'missing') return console.warn(`skipped: ${installed.why}`);
    const server = await vendors();
    const [home, cwd] = [folder('home'), folder('work')];
    const gateway = await startServe({ home, cwd, url: server.url });
    const connect = [CLI, 'connect', client, '--url', gateway.url, '--yes'];
    const done = await runClient(process.execPath, connect, { home, cwd, env: {}, timeoutMs: 60_000 });
    expect(done.stdout, done.stderr).toContain('Written.');
    const prompt = `Please answer. ${promptScript([{ text: 'The answer is 4711.' }])}`;
    const [program, given] =
      isScript === true ? [process.execPath, [installed.file, ...args(prompt)]] : [installed.file, args(prompt)];
    const run = await runClient(program, given, { home, cwd, timeoutMs: 120_000, env: env ?? {} });
    expect(run.stdout, run.stderr).toContain('4711');
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toMatch(/pointsman_decisions_total\{[^}]*\} [1-9]/u);
  });
});

async function startServe(of: { readonly home: string; readonly cwd: string; readonly url: string }): Promise<{
  readonly url: string;
}> {
  const child = spawn(process.execPath, [CLI, 'serve', '--port', '0'], {
    cwd: of.cwd,
    env: {
      ...KEYS,
      HOME: of.home,
      PATH: process.env['PATH'],
      POINTSMAN_ANTHROPIC_BASE_URL: of.url,
      POINTSMAN_OPENAI_BASE_URL: `${of.url}/v1`,
      POINTSMAN_GOOGLE_BASE_URL: of.url,
    },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  cleanups.push(async () => {
    child.kill();
    await ended;
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const found = /(http:\/\/127\.0\.0\.1:\d+)/u.exec(said)?.[1];
    if (found !== undefined) return { url: found };
  }
  throw new Error(`The gateway did not start: ${said}`);
}
