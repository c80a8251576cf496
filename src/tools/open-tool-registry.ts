import { realpathSync, statSync } from 'node:fs';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { At, Ms } from '../domain/time.ts';
import type { FileText } from '../trust/file-text.ts';
import { realPath } from '../trust/real-path.ts';
import { callRegisteredTool, toolRefusal } from './call-tool.ts';
import type { CommandRule } from './command-runner/command-rule.ts';
import { defaultServers, MAX_COMMAND_MS } from './default-servers.ts';
import { registerTools, type Registration } from './register-tools.ts';
import { parseServerConfigs, type ServerConfigs } from './server-config.ts';
import { WANTS_SIGN_IN } from './sign-in/oauth-client.ts';
import type { TokenStore } from './sign-in/token-store.ts';
import { createMemoryToolJournal, type ToolJournal } from './tool-journal.ts';
import type { ToolRegistry, ToolRisk } from './tool-registry.ts';
import { createToolServer, type ToolServer } from './tool-server.ts';
import { toolchainEnv } from './toolchain-env.ts';

interface ToolLimits {
  /** From the start of a server until it has listed its tools. */
  readonly startTimeoutMs: Ms;
  /** Of one call, where the server's entry says nothing; starts anew when the server tells of progress. */
  readonly callTimeoutMs: Ms;
  /** The longest that a command may ask for. */
  readonly maxCommandMs: Ms;
  readonly maxResultBytes: number;
  readonly maxImageBytes: number;
}

const defaultToolLimits: ToolLimits = {
  startTimeoutMs: 30_000,
  callTimeoutMs: 120_000,
  maxCommandMs: MAX_COMMAND_MS,
  maxResultBytes: 64_000,
  maxImageBytes: 5_000_000,
};

export interface OpenToolRegistryOptions {
  /** The folder that the job works in. */
  readonly workspace: string;
  /** Where `${VAR}` of the servers' entries and the few variables that every server gets come from. */
  readonly env: Environment;
  /** Aborts starting; calls have a signal of their own. */
  readonly signal?: AbortSignal;
  /** Servers to start, in the form of `.mcp.json`, that the user has said yes to. The workspace's own is never looked for. */
  readonly serverList?: FileText | undefined;
  /** Files and commands, confined to the workspace: `when-none` (the default) gives them where no server is configured. */
  readonly defaults?: 'when-none' | 'always' | 'never';
  /** Allow list of the command runner, in place of the default one. */
  readonly commands?: readonly CommandRule[];
  /** Folders of pointsman's own, such as its store: whatever a tool is, it may not name a place in them. */
  readonly closed?: readonly string[];
  /** Places outside the workspace that it leads to, to be read. */
  readonly readable?: readonly string[] | undefined;
  /** Places in the workspace that no command may change, such as the repository of a user's own folder. */
  readonly kept?: readonly string[] | undefined;
  /** Of our own command runner: `auto` (the default) takes the strongest sandbox that the system has. */
  readonly sandbox?: 'auto' | 'off' | undefined;
  /** Whether sandboxed commands have a network; none unless said. */
  readonly network?: boolean | undefined;
  /** By the tool's name, or its server's; wins over what the server says. */
  readonly risks?: Readonly<Record<string, ToolRisk>>;
  /** Where calls are remembered. In memory unless given: then a crash forgets which calls had been sent. */
  readonly journal?: ToolJournal;
  /** What its user has signed in to. Absent: nothing. */
  readonly tokens?: TokenStore | undefined;
  readonly limits?: Partial<ToolLimits>;
  readonly now?: () => At;
}

/**
 * Starts MCP servers side by side and offers their tools under one roof. A server that does not come up is
 * named in `unavailable`; the others stand.
 * @throws PointsmanError `config-invalid` for a list of servers that cannot be read, `not-found` for a workspace that is not
 * there, `aborted`
 */
export async function openToolRegistry(options: OpenToolRegistryOptions): Promise<ToolRegistry> {
  const workspace = realWorkspace(options.workspace);
  const limits: ToolLimits = { ...defaultToolLimits, ...options.limits };
  const { serverList } = options;
  const closed = (options.closed ?? []).map(realPath);
  const { maxCommandMs } = limits;
  const confinement = {
    sandbox: options.sandbox ?? 'auto',
    network: options.network ?? false,
    closed,
    maxCommandMs,
    toolchain: toolchainEnv(options.env),
    readable: options.readable ?? [],
    kept: options.kept ?? [],
  };
  const configured: ServerConfigs =
    serverList === undefined
      ? { servers: [], broken: [] }
      : parseServerConfigs(serverList.text, serverList.file, options.env);
  const taken = new Set(configured.servers.map((server) => server.name));
  // A server of the user's own goes before one of ours with its name, and is not taken for it.
  const defaults = wantsDefaults(options, configured)
    ? defaultServers(workspace, options.commands, confinement).filter(({ name }) => !taken.has(name))
    : [];
  const configs = [...configured.servers, ...defaults];

  let registration: Registration | undefined;
  const servers = configs.map((config) =>
    createToolServer(config, {
      workspace,
      env: options.env,
      startTimeoutMs: limits.startTimeoutMs,
      signal: options.signal ?? new AbortController().signal,
      tokens: options.tokens,
      onToolsChanged: () => {
        registration = undefined;
      },
    }),
  );
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()));
  };
  await Promise.all(servers.map((server) => server.start()));
  if (options.signal?.aborted === true) {
    await close();
    throw new PointsmanError('aborted', 'Starting the tool servers was cancelled');
  }
  const current = (): Registration => {
    registration ??= registerTools(servers, { risks: options.risks ?? {}, defaults });
    return registration;
  };
  const context = {
    workspace,
    closed,
    readable: confinement.readable,
    limits,
    journal: options.journal ?? createMemoryToolJournal(),
    now: options.now ?? Date.now,
    inFlight: new Map(),
    timeouts: new Map(configs.map((config) => [config.name, config.callTimeoutMs ?? limits.callTimeoutMs])),
  };
  return {
    get tools() {
      return current().tools;
    },
    get unavailable() {
      return [...configured.broken.map(toUnavailable), ...current().unavailable, ...deadServers(servers)];
    },
    refusal: (tool, input) => {
      const found = typeof tool === 'string' ? current().find(tool) : { tool };
      return found === undefined ? undefined : toolRefusal(context, found, input);
    },
    call: (toolName, input, callOptions) => callRegisteredTool(context, current(), { toolName, input, ...callOptions }),
    close,
  };
}

function realWorkspace(folder: string): string {
  try {
    const real = realpathSync.native(folder);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Falls through to the same error.
  }
  throw new PointsmanError('not-found', `The workspace ${folder} is not a folder`, {
    hint: 'Name an existing folder.',
  });
}

function wantsDefaults(options: OpenToolRegistryOptions, configured: ServerConfigs): boolean {
  if (options.defaults === 'always') return true;
  if (options.defaults === 'never') return false;
  return configured.servers.length + configured.broken.length === 0;
}

type Unavailable = ToolRegistry['unavailable'][number];

function toUnavailable(server: ServerConfigs['broken'][number]): Unavailable {
  return { server: server.name, why: server.why, hint: server.hint };
}

function deadServers(servers: readonly ToolServer[]): readonly Unavailable[] {
  return servers
    .filter((server) => server.failure !== undefined)
    .map((server) => ({
      server: server.name,
      why: server.failure ?? '',
      hint:
        server.failure === WANTS_SIGN_IN
          ? `Type at a terminal: pointsman login ${server.name}`
          : 'Start it by hand to see what it says, then correct its entry in .mcp.json.',
    }));
}
