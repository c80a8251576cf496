import type { JsonObject } from '../domain/json.ts';
import type { Hand } from '../domain/step.ts';
import type { ConnectTarget, HarnessLaunch, LaunchedHarness, LaunchedName } from '../gateway/connect/harness.ts';

/** How a program that speaks the Agent Client Protocol is started, and pointed at the gateway of a step. */
export interface AcpAgent {
  readonly program: string;
  readonly args: readonly string[];
  readonly launch: (
    harnesses: Readonly<Record<LaunchedName, LaunchedHarness>>,
    target: ConnectTarget,
  ) => Pick<HarnessLaunch, 'args' | 'env'>;
  /** Variables of the user that it needs to find its own settings. */
  readonly variables: readonly string[];
  /** Settings that win over the user's and the folder's, in a file that this variable names. */
  readonly settings?: { readonly variable: string; readonly values: JsonObject };
  /** What a new session is told beside its folder. */
  readonly sessionMeta?: JsonObject;
  /** Modes in which it asks before it changes anything, where they have names of its own. */
  readonly askingModes?: readonly string[];
  /** A file that it leaves where git keeps the history: of a copy that is the user's own repository. */
  readonly leavesInGit?: string;
  /** It reads files past us, as it takes our answer that one is not there for a failure. */
  readonly readsItself?: true;
}

/** Whatever the folder says of servers and hooks stays unread until its user has trusted it there, too. */
const UNTRUSTED: JsonObject = { folderTrust: { enabled: true } };

/** Each in its own way of speaking the protocol, as of 2026-11. */
const AGENTS = {
  gemini: {
    program: 'gemini',
    args: ['--acp'],
    launch: ({ gemini }, target) => gemini.launch(target),
    variables: ['GEMINI_CLI_HOME'],
    // 0.61: the object that its client rejects with is no Error, and "Resource not found" is not looked for in it.
    readsItself: true,
    settings: {
      variable: 'GEMINI_CLI_SYSTEM_SETTINGS_PATH',
      values: {
        security: { ...UNTRUSTED, auth: { selectedType: 'gemini-api-key' } },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
        privacy: { usageStatisticsEnabled: false },
      },
    },
  },
  qwen: {
    program: 'qwen',
    args: ['--acp'],
    launch: ({ qwen }, target) => withModel(qwen.launch(target)),
    variables: ['QWEN_HOME'],
    settings: {
      variable: 'QWEN_CODE_SYSTEM_SETTINGS_PATH',
      values: {
        security: UNTRUSTED,
        general: { disableAutoUpdate: true },
        privacy: { usageStatisticsEnabled: false },
        // 0.24: once it has answered it asks what its user may type next, and what to remember: nobody would read that, and all of it bills.
        ui: { enableFollowupSuggestions: false },
        memory: { enableManagedAutoMemory: false, enableManagedAutoDream: false, enableAutoSkill: false },
      },
    },
  },
  opencode: {
    program: 'opencode',
    args: ['acp', '--pure'],
    // 1.18: by which it knows the project again.
    leavesInGit: 'opencode',
    launch: ({ opencode }, target) => {
      const { args, env } = opencode.launch(target);
      const settings = JSON.parse(env['OPENCODE_CONFIG_CONTENT'] ?? '{}') as JsonObject;
      const permission = { edit: 'ask', bash: 'ask', webfetch: 'ask', external_directory: 'ask', doom_loop: 'ask' };
      const content = { ...settings, permission, autoupdate: false, share: 'disabled' };
      return { args, env: { ...env, ...OPENCODE_QUIET, OPENCODE_CONFIG_CONTENT: JSON.stringify(content) } };
    },
    variables: ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'],
  },
  goose: {
    program: 'goose',
    args: ['acp'],
    launch: (_harnesses, { url, token }) => ({
      args: [],
      env: {
        GOOSE_PROVIDER: 'openai',
        GOOSE_MODEL: 'auto',
        GOOSE_MODE: 'approve',
        GOOSE_DISABLE_KEYRING: '1',
        OPENAI_HOST: url,
        OPENAI_BASE_PATH: 'v1/chat/completions',
        OPENAI_API_KEY: token,
      },
    }),
    variables: ['XDG_CONFIG_HOME', 'XDG_DATA_HOME'],
  },
  'claude-agent-acp': {
    program: 'claude-agent-acp',
    args: [],
    launch: (harnesses, target) => ({ args: [], env: harnesses['claude-code'].launch(target).env }),
    variables: ['CLAUDE_CONFIG_DIR', 'XDG_CONFIG_HOME'],
    sessionMeta: { claudeCode: { options: { settingSources: ['user'] } } },
  },
  'codex-acp': {
    program: 'codex-acp',
    args: [],
    launch: ({ codex }, target) => codex.launch(target),
    variables: ['CODEX_HOME', 'XDG_CONFIG_HOME'],
    // It asks for what its own sandbox does not let through; elsewhere, as in Goose, a mode of this name allows everything.
    askingModes: ['auto'],
  },
} satisfies Readonly<Record<string, AcpAgent>>;

const OPENCODE_QUIET = {
  OPENCODE_DISABLE_PROJECT_CONFIG: '1',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
};

/** The model that a harness's own settings name would win over the environment. */
function withModel({ args, env, unlessGiven }: HarnessLaunch): Pick<HarnessLaunch, 'args' | 'env'> {
  return { args: [...args, ...(unlessGiven?.args ?? [])], env };
}

/** Who can carry out a step without being named by a command. */
export const KNOWN_HANDS: readonly Hand[] = [
  'own',
  'claude-code',
  'codex',
  ...Object.keys(AGENTS).map((name): Hand => `acp:${name}`),
];

/** A known one by its name; any other by its command, which is given every variable that usually points at a vendor. */
export function acpAgent(command: string): AcpAgent {
  const known: Readonly<Record<string, AcpAgent>> = AGENTS;
  if (Object.hasOwn(known, command) && known[command] !== undefined) return known[command];
  const [program = '', ...args] = command.split(' ');
  return { program, args, launch: (_harnesses, target) => ({ args: [], env: usualVariables(target) }), variables: [] };
}

function usualVariables({ url, token }: ConnectTarget): Readonly<Record<string, string>> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: token,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_BASE: `${url}/v1`,
    OPENAI_API_KEY: token,
    OPENAI_MODEL: 'auto',
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_API_KEY: token,
  };
}
