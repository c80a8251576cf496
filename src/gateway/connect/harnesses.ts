import { setInEnv, setInJson, setInToml, setTomlTable } from './edit-text.ts';
import type { Harness, HarnessName } from './harness.ts';

/** Tier → virtual model; ids that the harness's own picker accepts. */
const claudeCode: Harness = {
  name: 'claude-code',
  file: '.claude/settings.json',
  note: 'New sessions go through the gateway. Sessions that are logged in with a subscription use the token set here instead.',
  edit: (before, { url, token }) =>
    setInJson(before, [
      { path: ['env', 'ANTHROPIC_BASE_URL'], value: url },
      { path: ['env', 'ANTHROPIC_AUTH_TOKEN'], value: token },
      { path: ['env', 'ANTHROPIC_DEFAULT_OPUS_MODEL'], value: 'claude-auto-frontier' },
      { path: ['env', 'ANTHROPIC_DEFAULT_SONNET_MODEL'], value: 'claude-auto' },
      { path: ['env', 'ANTHROPIC_DEFAULT_HAIKU_MODEL'], value: 'claude-auto-fast' },
      { path: ['env', 'CLAUDE_CODE_MAX_CONTEXT_TOKENS'], value: '200000' },
      // Says of each call whether it is the conversation, a sub-agent, a compaction or something beside it.
      { path: ['env', 'CLAUDE_CODE_GATEWAY_HINT_HEADERS'], value: '1' },
    ]),
};

const codex: Harness = {
  name: 'codex',
  file: '.codex/config.toml',
  note: 'Codex reads its key from POINTSMAN_TOKEN: export POINTSMAN_TOKEN=local, or an access key’s token.',
  edit: (before, { url }) =>
    setTomlTable(setInToml(before, { model: 'auto', model_provider: 'pointsman' }), 'model_providers.pointsman', {
      name: 'pointsman',
      base_url: `${url}/v1`,
      wire_api: 'responses',
      env_key: 'POINTSMAN_TOKEN',
    }),
};

const gemini: Harness = {
  name: 'gemini',
  file: '.gemini/.env',
  note: 'Gemini CLI reads this file in folders that it trusts. If it is logged in with Google, choose "Use Gemini API Key" at /auth.',
  edit: (before, { url, token }) =>
    setInEnv(before, { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token, GEMINI_MODEL: 'gemini-auto' }),
};

const opencode: Harness = {
  name: 'opencode',
  file: '.config/opencode/opencode.json',
  note: 'The models are called pointsman/auto and pointsman/auto-fast.',
  edit: (before, { url, token }) =>
    setInJson(before, [
      {
        path: ['provider', 'pointsman'],
        value: {
          npm: '@ai-sdk/openai-compatible',
          name: 'pointsman',
          options: { baseURL: `${url}/v1`, apiKey: token },
          models: {
            auto: { name: 'Auto', limit: { context: 200_000, output: 32_000 } },
            'auto-frontier': { name: 'Auto, most capable', limit: { context: 200_000, output: 32_000 } },
            'auto-fast': { name: 'Auto, cheapest', limit: { context: 200_000, output: 32_000 } },
          },
        },
      },
      { path: ['model'], value: 'pointsman/auto' },
      { path: ['small_model'], value: 'pointsman/auto-fast' },
    ]),
};

const qwen: Harness = {
  name: 'qwen',
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
