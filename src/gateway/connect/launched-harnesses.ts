import type { JsonObject } from '../../domain/json.ts';
import { envFormat } from './format/env-format.ts';
import { jsoncFormat, jsonFormat } from './format/json-format.ts';
import type { ConnectTarget, LaunchedHarness } from './harness.ts';
import { OFFERED_MODELS } from './offered-models.ts';

function geminiEnv({ url, token }: ConnectTarget): Readonly<Record<string, string>> {
  return { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token, GEMINI_MODEL: 'gemini-auto' };
}

const OTHER_LOGINS = ['GOOGLE_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_GCA'];

export const geminiHarness: LaunchedHarness = {
  name: 'gemini',
  program: 'gemini',
  install: 'npm install -g @google/gemini-cli',
  launch: (target) => ({ env: geminiEnv(target), unset: OTHER_LOGINS, args: [] }),
  files: [
    {
      file: '.gemini/.env',
      moved: { variable: 'GEMINI_CLI_HOME', file: '.gemini/.env' },
      format: envFormat,
      settings: (target) => Object.entries(geminiEnv(target)).map(([name, value]) => ({ path: [name], value })),
    },
  ],
  stronger: {
    variables: [...OTHER_LOGINS, 'GOOGLE_GEMINI_BASE_URL', 'GEMINI_API_KEY', 'GEMINI_MODEL'],
    folder: ['.gemini/.env', '.env'],
  },
  subscription: 'With a Google login: sessions go to the gateway once "Use Gemini API Key" is chosen at /auth.',
  note: 'Gemini CLI reads this file in folders that it trusts. If it is logged in with Google, choose "Use Gemini API Key" at /auth.',
};

function opencodeProvider({ url, token }: ConnectTarget): JsonObject {
  const models = OFFERED_MODELS.map(({ id, name, contextTokens: context, outputTokens: output }) => [
    id,
    { name, limit: { context, output } },
  ]);
  return {
    npm: '@ai-sdk/openai-compatible',
    name: 'pointsman',
    options: { baseURL: `${url}/v1`, apiKey: token },
    models: Object.fromEntries(models) as JsonObject,
  };
}

const OPENCODE_MODELS = { model: 'pointsman/auto', small_model: 'pointsman/auto-fast' };

export const opencodeHarness: LaunchedHarness = {
  name: 'opencode',
  program: 'opencode',
  install: 'npm install -g opencode-ai',
  launch: (target) => ({
    // Read after the user's own files, and laid over them.
    env: {
      OPENCODE_CONFIG_CONTENT: JSON.stringify({
        provider: { pointsman: opencodeProvider(target) },
        ...OPENCODE_MODELS,
      }),
    },
    unset: [],
    args: [],
  }),
  files: [
    {
      file: '.config/opencode/opencode.json',
      moved: { variable: 'XDG_CONFIG_HOME', file: 'opencode/opencode.json' },
      format: jsoncFormat,
      settings: (target) => [
        { path: ['provider', 'pointsman'], value: opencodeProvider(target) },
        ...Object.entries(OPENCODE_MODELS).map(([name, value]) => ({ path: [name], value })),
      ],
    },
  ],
  stronger: {
    variables: ['OPENCODE_CONFIG', 'OPENCODE_CONFIG_CONTENT'],
    home: ['.config/opencode/opencode.jsonc'],
    folder: ['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
  },
  note: 'The models are called pointsman/auto, pointsman/auto-frontier and pointsman/auto-fast.',
};

export const qwenHarness: LaunchedHarness = {
  name: 'qwen',
  program: 'qwen',
  install: 'npm install -g @qwen-code/qwen-code',
  launch: ({ url, token }) => ({
    env: { OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: token, OPENAI_MODEL: 'auto' },
    unset: [],
    args: ['--auth-type', 'openai'],
    // A model that the user's settings name would win over the environment.
    unlessGiven: { names: ['-m', '--model'], args: ['--model', 'auto'] },
  }),
  files: [
    {
      file: '.qwen/settings.json',
      format: jsonFormat,
      settings: ({ url, token }) => [
        { path: ['security', 'auth', 'selectedType'], value: 'openai' },
        { path: ['security', 'auth', 'baseUrl'], value: `${url}/v1` },
        { path: ['security', 'auth', 'apiKey'], value: token },
        { path: ['model', 'name'], value: 'auto' },
      ],
    },
  ],
  stronger: { folder: ['.qwen/settings.json'] },
  note: 'Qwen Code uses the OpenAI wire format from now on.',
};

/** Copilot has no file for this: it reads its own key and address from the environment (2026-11). */
function copilotEnv({ url, token }: ConnectTarget): Readonly<Record<string, string>> {
  return { COPILOT_PROVIDER_BASE_URL: `${url}/v1`, COPILOT_PROVIDER_API_KEY: token, COPILOT_MODEL: 'auto' };
}

export const copilotHarness: LaunchedHarness = {
  name: 'copilot',
  program: 'copilot',
  install: 'npm install -g @github/copilot',
  launch: (target) => ({ env: copilotEnv(target), unset: [], args: [] }),
  files: [],
  variables: copilotEnv,
  subscription:
    'With a Copilot subscription: such sessions do not use it, and are billed by the token on the gateway’s keys.',
  note: 'Copilot needs no login with them.',
};

function piProvider({ url, token }: ConnectTarget): JsonObject {
  return {
    baseUrl: `${url}/v1`,
    apiKey: token,
    api: 'openai-completions',
    models: OFFERED_MODELS.map(({ id, name, contextTokens, outputTokens }) => ({
      id,
      name,
      reasoning: true,
      input: ['text', 'image'],
      contextWindow: contextTokens,
      maxTokens: outputTokens,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    })),
  };
}

const PI_DEFAULTS = { defaultProvider: 'pointsman', defaultModel: 'auto' };

export const piHarness: LaunchedHarness = {
  name: 'pi',
  program: 'pi',
  install: 'npm install -g @mariozechner/pi-coding-agent',
  launch: (target) => ({
    env: {},
    unset: [],
    args: [],
    unlessGiven: { names: ['--model', '--provider'], args: ['--provider', 'pointsman', '--model', 'auto'] },
    file: {
      option: '-e',
      name: 'pointsman.js',
      isRepeatable: true,
      text: `export default (pi) => pi.registerProvider('pointsman', ${JSON.stringify(piProvider(target))});\n`,
    },
  }),
  files: [
    {
      file: '.pi/agent/models.json',
      moved: { variable: 'PI_CODING_AGENT_DIR', file: 'models.json' },
      format: jsonFormat,
      settings: (target) => [{ path: ['providers', 'pointsman'], value: piProvider(target) }],
    },
    {
      file: '.pi/agent/settings.json',
      moved: { variable: 'PI_CODING_AGENT_DIR', file: 'settings.json' },
      format: jsonFormat,
      settings: () => Object.entries(PI_DEFAULTS).map(([name, value]) => ({ path: [name], value })),
    },
  ],
  stronger: { folder: ['.pi/settings.json'] },
  note: 'The models are called pointsman/auto, pointsman/auto-frontier and pointsman/auto-fast.',
};
