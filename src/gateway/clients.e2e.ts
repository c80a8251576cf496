import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { promptScript } from '../providers/scripted/prompt-script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import {
  installClient,
  runClient,
  temporaryFolder,
  type RealClient,
  type ClientRun,
} from '../testing/internal/clients.ts';
import {
  CHAT,
  CLAUDE,
  EVERY_WIRE,
  GEMINI,
  GPT,
  startGatewayKit,
  type GatewayKit,
} from '../testing/internal/gateway-kit.ts';

/** A real client, and how it is pointed at an address. */
interface ClientCase {
  readonly name: RealClient;
  /** The model of its first and last step, in the client's own wire format, and the one in between. */
  readonly first: Model;
  readonly second: Model;
  readonly shellInput: (command: string) => Readonly<Record<string, string>>;
  /** Writes its configuration and runs it once. `model` is the name that it asks for. */
  run(at: RunAt): Promise<ClientRun>;
}

interface RunAt {
  readonly file: string;
  readonly url: string;
  readonly model: string;
  readonly prompt: string;
  readonly home: string;
  readonly cwd: string;
}

const SHELL = 'Bash|bash|exec_command|run_shell_command';

/** Four steps with tools in between; the arguments in the form that the client's own shell tool takes. */
function promptFor(shellInput: (command: string) => Readonly<Record<string, string>>): string {
  const call = (command: string): { readonly name: string; readonly input: Readonly<Record<string, string>> } => ({
    name: SHELL,
    input: shellInput(command),
  });
  return `Please do this. ${promptScript([
    { thinking: 'First step.', text: 'Starting.', toolCalls: [call('echo one-41')] },
    { thinking: 'Second step.', toolCalls: [call('echo two-42'), call('ls /no-such-place')] },
    { thinking: 'Third step.', toolCalls: [call('echo three-43')] },
    { thinking: 'Done.', text: 'The session is finished.' },
  ])}`;
}

const TIMEOUT_MS = 150_000;

function writeFile(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const claudeCode: ClientCase = {
  name: 'claude-code',
  first: CLAUDE,
  second: GPT,
  shellInput: (command) => ({ command, description: 'says something' }),
  run: async ({ file, url, model, prompt: text, home, cwd }) =>
    runClient(
      file,
      ['-p', text, '--model', model, '--output-format', 'stream-json', '--verbose', '--allowedTools', 'Bash'],
      {
        home,
        cwd,
        timeoutMs: TIMEOUT_MS,
        env: {
          ANTHROPIC_BASE_URL: url,
          ANTHROPIC_AUTH_TOKEN: 'local',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          DISABLE_AUTOUPDATER: '1',
        },
      },
    ),
};

const codex: ClientCase = {
  name: 'codex',
  first: GPT,
  second: CLAUDE,
  shellInput: (cmd) => ({ cmd }),
  run: async ({ file, url, model, prompt: text, home, cwd }) => {
    writeFile(
      path.join(home, '.codex/config.toml'),
      `model = "${model}"\nmodel_provider = "gateway"\n\n[model_providers.gateway]\nname = "gateway"\nbase_url = "${url}/v1"\nwire_api = "responses"\nenv_key = "GATEWAY_KEY"\nrequest_max_retries = 0\nstream_max_retries = 0\n`,
    );
    return runClient(
      file,
      ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', text],
      { home, cwd, timeoutMs: TIMEOUT_MS, env: { GATEWAY_KEY: 'local' } },
    );
  },
};

const pi: ClientCase = {
  name: 'pi',
  first: CHAT,
  second: CLAUDE,
  shellInput: (command) => ({ command }),
  run: async ({ file, url, model, prompt: text, home, cwd }) => {
    const provider = {
      baseUrl: `${url}/v1`,
      api: 'openai-completions',
      apiKey: 'local',
      models: [
        {
          id: model,
          name: model,
          reasoning: true,
          input: ['text'],
          contextWindow: 200_000,
          maxTokens: 8192,
          cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
        },
      ],
    };
    writeFile(path.join(home, '.pi/agent/models.json'), JSON.stringify({ providers: { gateway: provider } }));
    return runClient(
      process.execPath,
      [file, '-p', '--mode', 'json', '--provider', 'gateway', '--model', model, text],
      { home, cwd, timeoutMs: TIMEOUT_MS, env: { PI_OFFLINE: '1' } },
    );
  },
};

const qwen: ClientCase = {
  name: 'qwen',
  first: CHAT,
  second: GPT,
  shellInput: (command) => ({ command, description: 'says something' }),
  run: async ({ file, url, model, prompt: text, home, cwd }) => {
    writeFile(
      path.join(home, '.qwen/settings.json'),
      JSON.stringify({ privacy: { usageStatisticsEnabled: false }, general: { disableAutoUpdate: true } }),
    );
    return runClient(
      process.execPath,
      [file, '--auth-type', 'openai', '-p', text, '--yolo', '--output-format', 'stream-json'],
      {
        home,
        cwd,
        timeoutMs: TIMEOUT_MS,
        env: { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: 'local', OPENAI_MODEL: model },
      },
    );
  },
};

const gemini: ClientCase = {
  name: 'gemini',
  first: GEMINI,
  second: CLAUDE,
  shellInput: (command) => ({ command, description: 'says something' }),
  run: async ({ file, url, model, prompt: text, home, cwd }) => {
    writeFile(
      path.join(home, '.gemini/settings.json'),
      JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        general: { disableAutoUpdate: true },
      }),
    );
    return runClient(process.execPath, [file, '-p', text, '--yolo', '-m', model, '--output-format', 'stream-json'], {
      home,
      cwd,
      timeoutMs: TIMEOUT_MS,
      env: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'local', GEMINI_CLI_TRUST_WORKSPACE: 'true' },
    });
  },
};

const opencode: ClientCase = {
  name: 'opencode',
  first: CHAT,
  second: CLAUDE,
  shellInput: (command) => ({ command, description: 'says something' }),
  run: async ({ file, url, model, prompt: text, home, cwd }) => {
    const provider = {
      npm: '@ai-sdk/openai-compatible',
      name: 'gateway',
      options: { baseURL: `${url}/v1`, apiKey: 'local' },
      models: { [model]: { name: model, limit: { context: 200_000, output: 8192 } } },
    };
    writeFile(
      path.join(home, '.config/opencode/opencode.json'),
      JSON.stringify({
        model: `gateway/${model}`,
        small_model: `gateway/${model}`,
        autoupdate: false,
        share: 'disabled',
        permission: { '*': 'allow' },
        provider: { gateway: provider },
      }),
    );
    // As an argument, a prompt with spaces would be quoted once more.
    return runClient(file, ['run', '--format', 'json', '-m', `gateway/${model}`], {
      stdin: text,
      home,
      cwd,
      timeoutMs: TIMEOUT_MS,
      env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
    });
  },
};

const continueCli: ClientCase = {
  name: 'continue',
  first: CHAT,
  second: CLAUDE,
  shellInput: (command) => ({ command }),
  run: async ({ file, url, model, prompt: text, home, cwd }) => {
    const config = path.join(home, 'config.yaml');
    writeFile(
      config,
      `name: gateway\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: ${model}\n    provider: openai\n    model: ${model}\n    apiBase: ${url}/v1\n    apiKey: local\n    roles: [chat]\n    capabilities: [tool_use]\n`,
    );
    return runClient(process.execPath, [file, '--config', config, '-p', text, '--auto'], {
      home,
      cwd,
      timeoutMs: TIMEOUT_MS,
      env: { CONTINUE_TELEMETRY_ENABLED: '0' },
    });
  },
};

const copilot: ClientCase = {
  name: 'copilot',
  first: CHAT,
  second: GPT,
  shellInput: (command) => ({ command, description: 'says something' }),
  run: async ({ file, url, model, prompt: text, home, cwd }) =>
    runClient(file, ['-p', text, '--allow-all-tools'], {
      home,
      cwd,
      timeoutMs: TIMEOUT_MS,
      env: {
        COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
        COPILOT_PROVIDER_API_KEY: 'local',
        COPILOT_MODEL: model,
        COPILOT_OFFLINE: 'true',
      },
    }),
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function startVendor(): Promise<ScriptedServer> {
  const vendor = await createScriptedServer({ models: EVERY_WIRE });
  cleanups.push(() => vendor.close());
  return vendor;
}

async function runOnce(one: ClientCase, file: string, url: string, model: string): Promise<ClientRun> {
  const home = temporaryFolder('pointsman-home');
  const work = temporaryFolder('pointsman-work');
  cleanups.push(home.remove, work.remove);
  return one.run({ file, url, model, prompt: promptFor(one.shellInput), home: home.dir, cwd: work.dir });
}

/** First, second, second, first: switched in an open tool loop, and back. */
function pinnedFor(one: ClientCase): (session: string, callInStep: number) => ModelId {
  return (_session, callInStep) => (callInStep === 1 || callInStep === 2 ? one.second.id : one.first.id);
}

/** What the tools said, as the vendor got it back: the session's own result. */
function toolOutputs(vendor: ScriptedServer): readonly string[] {
  const longest = vendor.calls.toSorted((a, b) => b.request.messages.length - a.request.messages.length)[0];
  const results = (longest?.request.messages ?? []).flatMap((message) =>
    message.role === 'user' ? message.content.filter((part) => part.type === 'tool-result') : [],
  );
  const text = JSON.stringify(results);
  return ['one-41', 'two-42', 'three-43'].filter((word) => text.includes(word));
}

function conversation(kit: GatewayKit): readonly string[] {
  const longest = new Map<string, string[]>();
  for (const call of kit.calls) {
    const models = longest.get(call.stepId) ?? [];
    models.push(call.requestedModel);
    longest.set(call.stepId, models);
  }
  return [...longest.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
}

/** The name under which a client asks to be routed: some take `auto` for a wish of their own. */
const AUTO: Partial<Record<ClientCase['name'], string>> = { 'claude-code': 'claude-auto', gemini: 'gemini-auto' };

describe.each([claudeCode, codex, gemini, pi, qwen, opencode, continueCli, copilot])('$name', (one) => {
  test('a session of four steps is switched between two vendors and back, and ends as it does without the gateway', async ({
    skip,
  }) => {
    const installed = await installClient(one.name);
    if (installed.kind === 'missing') {
      skip(`skipped: ${installed.why}`);
      return;
    }
    const direct = await startVendor();
    const plain = await runOnce(one, installed.file, direct.url, one.first.wireModel);
    expect(plain.stdout, plain.stderr).toContain('The session is finished.');

    const vendor = await startVendor();
    const kit = await startGatewayKit({
      upstreamUrl: vendor.url,
      models: EVERY_WIRE,
      deps: { pinned: pinnedFor(one) },
    });
    cleanups.push(() => kit.gateway.close());
    const routed = await runOnce(one, installed.file, kit.url, AUTO[one.name] ?? 'auto');
    expect(kit.warnings).toEqual([]);
    expect(routed.stdout, routed.stderr).toContain('The session is finished.');
    expect(routed.exitCode).toBe(plain.exitCode);
    expect(toolOutputs(vendor)).toEqual(toolOutputs(direct));
    expect(toolOutputs(vendor)).toHaveLength(3);
    const { first, second } = one;
    expect(conversation(kit)).toEqual([first.id, second.id, second.id, first.id]);
    expect(kit.calls.filter((call) => call.errorCode !== undefined)).toEqual([]);
    const reads = vendor.calls.filter((call) => call.request.messages.length > 4).map((call) => call.cache.readTokens);
    expect(Math.max(...reads), 'a model that comes back reads its prefix').toBeGreaterThan(0);
  });
});
