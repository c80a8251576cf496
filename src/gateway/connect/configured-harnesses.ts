import path from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { jsoncFormat, jsonFormat } from './format/json-format.ts';
import { yamlFormat } from './format/yaml-format.ts';
import type { Harness, HarnessConfig, LaunchedHarness } from './harness.ts';
import { OFFERED_MODELS } from './offered-models.ts';

/** What `cline auth -p openai-compatible` writes (3.0.65, 2026-11). */
const clineConfig: HarnessConfig = {
  file: '.cline/data/settings/providers.json',
  format: jsonFormat,
  settings: ({ url, token }) => [
    { path: ['version'], value: 1 },
    { path: ['lastUsedProvider'], value: 'openai-compatible' },
    ...Object.entries({ provider: 'openai-compatible', apiKey: token, model: 'auto', baseUrl: `${url}/v1` }).map(
      ([key, value]) => ({ path: ['providers', 'openai-compatible', 'settings', key], value }),
    ),
    { path: ['providers', 'openai-compatible', 'updatedAt'], value: '2026-11-30T00:00:00.000Z' },
    { path: ['providers', 'openai-compatible', 'tokenSource'], value: 'manual' },
  ],
};

export const clineHarness: LaunchedHarness = {
  name: 'cline',
  program: 'cline',
  install: 'npm install -g cline',
  launch: () => ({
    env: {},
    unset: [],
    args: [],
    copy: {
      config: clineConfig,
      movedTo: (env) => env['CLINE_PROVIDER_SETTINGS_PATH'],
      named: { env: (file) => ({ CLINE_PROVIDER_SETTINGS_PATH: file }) },
    },
  }),
  files: [clineConfig],
  note: 'This is Cline’s command line; in an editor choose "OpenAI Compatible" with the same address, key and model.',
};

const continueConfig: HarnessConfig = {
  file: '.continue/config.yaml',
  format: yamlFormat('name: Local Config\nversion: 1.0.0\nschema: v1\n'),
  settings: ({ url, token }) => [
    {
      path: ['models'],
      by: 'name',
      at: 'first',
      entry: {
        name: 'pointsman',
        provider: 'openai',
        model: 'auto',
        apiBase: `${url}/v1`,
        apiKey: token,
        roles: ['chat', 'edit', 'apply'],
        capabilities: ['tool_use', 'image_input'],
      },
    },
  ],
};

/** Read from top to bottom: its first model is the one that is chosen. */
export const continueHarness: LaunchedHarness = {
  name: 'continue',
  program: 'cn',
  install: 'npm install -g @continuedev/cli',
  launch: () => ({
    env: {},
    unset: [],
    args: [],
    // A model that was chosen before is taken, wherever it stands in the list (1.5.47, 2026-11).
    copy: { config: continueConfig, without: [['models']], named: { option: '--config' } },
  }),
  files: [continueConfig],
  note: 'The model is called pointsman, and is the first of the list; a model that was chosen before stays chosen.',
};

const crushConfig: HarnessConfig = {
  file: '.config/crush/crush.json',
  moved: { variable: 'XDG_CONFIG_HOME', file: 'crush/crush.json' },
  format: jsonFormat,
  settings: ({ url, token }) => [
    {
      path: ['providers', 'pointsman'],
      value: {
        name: 'pointsman',
        type: 'openai-compat',
        base_url: `${url}/v1`,
        api_key: token,
        models: OFFERED_MODELS.map(({ id, name, contextTokens, outputTokens }) => ({
          id,
          name,
          context_window: contextTokens,
          default_max_tokens: outputTokens,
        })),
      },
    },
    { path: ['models', 'large'], value: { provider: 'pointsman', model: 'auto' } },
    { path: ['models', 'small'], value: { provider: 'pointsman', model: 'auto-fast' } },
  ],
};

/** What it was told of models in its own window would win over the copy, so that this process has a folder of its own for that, too. */
function crushFolders(file: string): Readonly<Record<string, string>> {
  const folder = path.dirname(file);
  return { CRUSH_GLOBAL_CONFIG: folder, CRUSH_GLOBAL_DATA: path.join(folder, 'data') };
}

/** https://charm.land/crush.json, read 2026-11; not tried, as its package fetches its program from elsewhere. */
export const crushHarness: LaunchedHarness = {
  name: 'crush',
  program: 'crush',
  install: 'npm install -g @charmland/crush',
  launch: () => ({
    env: {},
    unset: [],
    args: [],
    copy: {
      config: crushConfig,
      movedTo: ({ CRUSH_GLOBAL_CONFIG: folder = '' }) => (folder === '' ? undefined : path.join(folder, 'crush.json')),
      named: { env: crushFolders },
    },
  }),
  files: [crushConfig],
  stronger: {
    home: ['.local/share/crush/crush.json'],
    folder: ['crush.json', '.crush.json'],
  },
  note: 'The models are called pointsman/auto, pointsman/auto-frontier and pointsman/auto-fast.',
};

/** docs.factory.ai/model-independence/byok, read 2026-11. Its own login stays needed. */
export const droidHarness: Harness = {
  name: 'droid',
  program: 'droid',
  install: 'npm install -g droid',
  files: [
    {
      file: '.factory/settings.json',
      format: jsonFormat,
      settings: ({ url, token }) => [
        {
          path: ['customModels'],
          by: 'displayName',
          // Models are known by their place in the list: those before ours keep theirs.
          at: 'last',
          entry: {
            model: 'auto',
            displayName: 'pointsman',
            baseUrl: `${url}/v1`,
            apiKey: token,
            provider: 'generic-chat-completion-api',
            maxOutputTokens: 32_000,
          },
        },
      ],
    },
  ],
  stronger: { home: ['.factory/settings.local.json'], folder: ['.factory/settings.json'] },
  subscription:
    'With a Factory subscription: such sessions do not use it, and are billed by the token on the gateway’s keys.',
  note: 'Choose "pointsman" at /model.',
};

function openclawProvider(url: string, token: string): JsonObject {
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

const openclawConfig: HarnessConfig = {
  file: '.openclaw/openclaw.json',
  format: jsoncFormat,
  settings: ({ url, token }) => [
    { path: ['models', 'providers', 'pointsman'], value: openclawProvider(url, token) },
    { path: ['agents', 'defaults', 'model', 'primary'], value: 'pointsman/auto' },
  ],
};

export const openclawHarness: LaunchedHarness = {
  name: 'openclaw',
  program: 'openclaw',
  install: 'npm install -g openclaw',
  launch: () => ({
    env: {},
    unset: [],
    args: [],
    copy: {
      config: openclawConfig,
      movedTo: (env) => env['OPENCLAW_CONFIG_PATH'],
      named: { env: (file) => ({ OPENCLAW_CONFIG_PATH: file }) },
    },
  }),
  files: [openclawConfig],
  note: 'The models are called pointsman/auto, pointsman/auto-frontier and pointsman/auto-fast.',
};
