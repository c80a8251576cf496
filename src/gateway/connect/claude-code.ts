import type { JsonObject } from '../../domain/json.ts';
import { jsonFormat } from './format/json-format.ts';
import type { ConnectTarget, LaunchedHarness, LaunchTarget } from './harness.ts';

/** What we state as the window of every virtual model. */
const WINDOW_TOKENS = 200_000;

/** Its own threshold can only be lowered, and is a share of the window (2026-11). */
function compaction({ compactAtTokens }: ConnectTarget): Readonly<Record<string, string>> {
  if (compactAtTokens === undefined) return {};
  const percent = Math.round((100 * compactAtTokens) / WINDOW_TOKENS);
  return { CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: String(Math.min(100, Math.max(1, percent))) };
}

/** Tier → virtual model; ids that the harness's own picker accepts. */
function variables(target: ConnectTarget): Readonly<Record<string, string>> {
  const { url, token } = target;
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: token,
    // Who chooses no model is routed; by itself it would take its Opus, and every call the ablest.
    ANTHROPIC_MODEL: 'claude-auto',
    ANTHROPIC_DEFAULT_OPUS_MODEL: 'claude-auto-frontier',
    ANTHROPIC_DEFAULT_SONNET_MODEL: 'claude-auto',
    ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-auto-fast',
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(WINDOW_TOKENS),
    // Says of each call whether it is the conversation, a sub-agent, a compaction or something beside it.
    CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
    ...compaction(target),
  };
}

function statusLineOf({ statusLine }: LaunchTarget): JsonObject {
  return statusLine === undefined ? {} : { statusLine: { type: 'command', command: statusLine } };
}

/** Their clouds would be called past the gateway. */
const CLOUDS = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'];
const PROJECT_FILES = ['.claude/settings.json', '.claude/settings.local.json'];

export const claudeCodeHarness: LaunchedHarness = {
  name: 'claude-code',
  program: 'claude',
  install: 'npm install -g @anthropic-ai/claude-code',
  launch: (target) => ({
    env: variables(target),
    // A key goes out beside the token, and is asked about.
    unset: ['ANTHROPIC_API_KEY', ...CLOUDS],
    args: [],
    // Settings of the user may state these variables, and would win over the environment.
    file: {
      option: '--settings',
      name: 'settings.json',
      text: JSON.stringify({ env: variables(target), ...statusLineOf(target) }),
    },
  }),
  statusLineIn: { home: ['.claude/settings.json'], folder: PROJECT_FILES },
  files: [
    {
      file: '.claude/settings.json',
      moved: { variable: 'CLAUDE_CONFIG_DIR', file: 'settings.json' },
      format: jsonFormat,
      settings: (target) => Object.entries(variables(target)).map(([name, value]) => ({ path: ['env', name], value })),
    },
  ],
  // github.com/anthropics/claude-code/issues/31806: 13,000 tokens before the window ends.
  compaction: { setting: 'CLAUDE_AUTOCOMPACT_PCT_OVERRIDE', usualTokens: 167_000, model: 'claude-opus-5-5' },
  stronger: { variables: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_SUBAGENT_MODEL', ...CLOUDS], folder: PROJECT_FILES },
  subscription: 'With a subscription: sessions go to the gateway instead, and are billed by the token on its keys.',
  note: 'New sessions go through the gateway.',
};
