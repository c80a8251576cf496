import type { JsonObject } from '../../domain/json.ts';
import { setInEnv, setInJson, setInToml, setTomlTable } from './edit-text.ts';
import type { ConnectTarget, Harness, HarnessName, LaunchTarget } from './harness.ts';

/** What we state as the window of every virtual model. */
const CLAUDE_WINDOW_TOKENS = 200_000;

/** Its own threshold can only be lowered, and is a share of the window (2026-11). */
function claudeCompaction({ compactAtTokens }: ConnectTarget): Readonly<Record<string, string>> {
  if (compactAtTokens === undefined) return {};
  const percent = Math.round((100 * compactAtTokens) / CLAUDE_WINDOW_TOKENS);
  return { CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: String(Math.min(100, Math.max(1, percent))) };
}

/** Tier → virtual model; ids that the harness's own picker accepts. */
function claudeEnv(target: ConnectTarget): Readonly<Record<string, string>> {
  const { url, token } = target;
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: token,
    ANTHROPIC_DEFAULT_OPUS_MODEL: 'claude-auto-frontier',
    ANTHROPIC_DEFAULT_SONNET_MODEL: 'claude-auto',
    ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-auto-fast',
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(CLAUDE_WINDOW_TOKENS),
    // Says of each call whether it is the conversation, a sub-agent, a compaction or something beside it.
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    ...claudeCompaction(target),
  };
}

function statusLineOf({ statusLine }: LaunchTarget): JsonObject {
  return statusLine === undefined ? {} : { statusLine: { type: 'command', command: statusLine } };
}

const claudeCode: Harness = {
  name: 'claude-code',
  program: 'claude',
  install: 'npm install -g @anthropic-ai/claude-code',
  launch: (target) => ({
    env: claudeEnv(target),
    // A key goes out beside the token, and is asked about. Their clouds would be called past the gateway.
    unset: ['ANTHROPIC_API_KEY', 'ANTHROPIC_MODEL', 'CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX'],
    args: [],
    // Settings of the user may state these variables, and would win over the environment.
    file: { option: '--settings', text: JSON.stringify({ env: claudeEnv(target), ...statusLineOf(target) }) },
  }),
  statusLineIn: {
    home: ['.claude/settings.json'],
    folder: ['.claude/settings.json', '.claude/settings.local.json'],
  },
  file: '.claude/settings.json',
  moved: { variable: 'CLAUDE_CONFIG_DIR', file: 'settings.json' },
  // github.com/anthropics/claude-code/issues/31806: 13,000 tokens before the window ends.
  compaction: { setting: 'CLAUDE_AUTOCOMPACT_PCT_OVERRIDE', usualTokens: 167_000, model: 'claude-opus-5-5' },
  subscription: 'With a subscription: sessions go to the gateway instead, and are billed by the token on its keys.',
  note: 'New sessions go through the gateway.',
  edit: (before, target) =>
    setInJson(
      before,
      Object.entries(claudeEnv(target)).map(([name, value]) => ({ path: ['env', name], value })),
    ),
};

function codexProvider(url: string): Readonly<Record<string, string>> {
  return { name: 'pointsman', base_url: `${url}/v1`, wire_api: 'responses', env_key: 'POINTSMAN_TOKEN' };
}

const codex: Harness = {
  name: 'codex',
  program: 'codex',
  install: 'npm install -g @openai/codex',
  launch: ({ url, token }) => ({
    env: { POINTSMAN_TOKEN: token },
    unset: [],
    args: Object.entries({ model: 'auto', model_provider: 'pointsman' })
      .concat(Object.entries(codexProvider(url)).map(([key, value]) => [`model_providers.pointsman.${key}`, value]))
      .flatMap(([key, value]) => ['-c', `${key}=${JSON.stringify(value)}`]),
  }),
  file: '.codex/config.toml',
  moved: { variable: 'CODEX_HOME', file: 'config.toml' },
  // For a model that it does not know it believes in a window of 272,000 tokens, and compacts at nine tenths of it (2026-11).
  compaction: { setting: 'model_auto_compact_token_limit', usualTokens: 245_000, model: 'gpt-6-sol' },
  subscription: 'With a ChatGPT login: sessions go to the gateway instead, and are billed by the token on its keys.',
  note: 'Codex reads its key from POINTSMAN_TOKEN: export POINTSMAN_TOKEN=local, or an access key’s token.',
  edit: (before, { url, compactAtTokens }) =>
    setTomlTable(
      setInToml(before, {
        model: 'auto',
        model_provider: 'pointsman',
        ...(compactAtTokens === undefined ? {} : { model_auto_compact_token_limit: compactAtTokens }),
      }),
      'model_providers.pointsman',
      codexProvider(url),
    ),
};

function geminiEnv({ url, token }: ConnectTarget): Readonly<Record<string, string>> {
  return { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token, GEMINI_MODEL: 'gemini-auto' };
}

const gemini: Harness = {
  name: 'gemini',
  program: 'gemini',
  install: 'npm install -g @google/gemini-cli',
  launch: (target) => ({
    env: geminiEnv(target),
    unset: ['GOOGLE_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_GCA'],
    args: [],
  }),
  file: '.gemini/.env',
  moved: { variable: 'GEMINI_CLI_HOME', file: '.gemini/.env' },
  note: 'Gemini CLI reads this file in folders that it trusts. If it is logged in with Google, choose "Use Gemini API Key" at /auth.',
  edit: (before, target) => setInEnv(before, geminiEnv(target)),
};

function opencodeProvider({ url, token }: ConnectTarget): JsonObject {
  return {
    npm: '@ai-sdk/openai-compatible',
    name: 'pointsman',
    options: { baseURL: `${url}/v1`, apiKey: token },
    models: {
      auto: { name: 'Auto', limit: { context: 200_000, output: 32_000 } },
      'auto-frontier': { name: 'Auto, most capable', limit: { context: 200_000, output: 32_000 } },
      'auto-fast': { name: 'Auto, cheapest', limit: { context: 200_000, output: 32_000 } },
    },
  };
}

const OPENCODE_MODELS = { model: 'pointsman/auto', small_model: 'pointsman/auto-fast' };

const opencode: Harness = {
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
  file: '.config/opencode/opencode.json',
  moved: { variable: 'XDG_CONFIG_HOME', file: 'opencode/opencode.json' },
  note: 'The models are called pointsman/auto and pointsman/auto-fast.',
  edit: (before, target) =>
    setInJson(before, [
      { path: ['provider', 'pointsman'], value: opencodeProvider(target) },
      ...Object.entries(OPENCODE_MODELS).map(([name, value]) => ({ path: [name], value })),
    ]),
};

const qwen: Harness = {
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
  file: '.qwen/settings.json',
  note: 'Qwen Code uses the OpenAI wire format from now on.',
  edit: (before, { url, token }) =>
    setInJson(before, [
      { path: ['security', 'auth', 'selectedType'], value: 'openai' },
      { path: ['security', 'auth', 'baseUrl'], value: `${url}/v1` },
      { path: ['security', 'auth', 'apiKey'], value: token },
      { path: ['model', 'name'], value: 'auto' },
    ]),
};

export const HARNESSES: Readonly<Record<HarnessName, Harness>> = {
  'claude-code': claudeCode,
  codex,
  gemini,
  opencode,
  qwen,
};
