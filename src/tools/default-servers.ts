import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ms } from '../domain/time.ts';
import type { CommandRule } from './command-runner/command-rule.ts';
import type { ServerConfig } from './server-config.ts';
import type { ToolRisk } from './tool-registry.ts';

export const FILESYSTEM_SERVER = 'filesystem';
export const COMMAND_SERVER = 'commands';
/** Of the command server: what pointsman runs a workspace's checks with; no model is offered it. */
export const CHECK_TOOL = 'check';

/** Stands in `_meta` of tools of the command server that hold what they run so that it cannot write what is kept. */
export const HOLDS_REPOSITORIES = 'pointsman/holdsRepositories';

export const MAX_COMMAND_MS: Ms = 600_000;
/** The runner answers by itself when a command reaches its limit; ours is only for a runner that hangs. */
const COMMAND_SLACK_MS: Ms = 15_000;

/** How commands are held, beside their allow list. */
export interface CommandConfinement {
  /** `auto`: the strongest that the system has. */
  readonly sandbox: 'auto' | 'off';
  readonly network: boolean;
  /** Folders that no command sees. */
  readonly closed: readonly string[];
  /** The longest that one may ask for. */
  readonly maxCommandMs: Ms;
  /** What commands need to find the toolchains of the machine. */
  readonly toolchain: Readonly<Record<string, string>>;
  /** Places outside the workspace that it leads to, to be read. */
  readonly readable: readonly string[];
  /** Places in the workspace that no command may change. */
  readonly kept: readonly string[];
}

/** What a workspace without servers of its own gets: files and commands by servers of our own, both confined to it. */
export function defaultServers(
  workspace: string,
  commands: readonly CommandRule[] | undefined,
  { sandbox, network, closed, maxCommandMs, toolchain, readable, kept }: CommandConfinement,
): readonly ServerConfig[] {
  const rules = commands === undefined ? [] : ['--rules', JSON.stringify(commands)];
  const confinement = [
    ...(sandbox === 'off' ? ['--no-sandbox'] : []),
    ...(network ? ['--network'] : []),
    ...closed.flatMap((folder) => ['--closed', folder]),
    ...readable.flatMap((place) => ['--readable', place]),
    ...kept.flatMap((place) => ['--kept', place]),
  ];
  const base = { kind: 'stdio', command: process.execPath, env: {}, cwd: workspace } as const;
  return [
    {
      ...base,
      name: FILESYSTEM_SERVER,
      args: [
        ...LINEAR,
        programFile('./file-server/main.ts'),
        ...readable.map((place) => `--readable=${place}`),
        workspace,
        ...closed,
      ],
      callTimeoutMs: undefined,
    },
    {
      ...base,
      env: toolchain,
      name: COMMAND_SERVER,
      args: [
        programFile('./command-runner/main.ts'),
        '--workspace',
        workspace,
        '--max-timeout-ms',
        String(maxCommandMs),
        ...rules,
        ...confinement,
      ],
      callTimeoutMs: maxCommandMs + COMMAND_SLACK_MS,
    },
  ];
}

/** A glob or a rule that would never come to an end is handed to the engine that always does; a search by pattern has a limit. */
const LINEAR = ['--enable-experimental-regexp-engine-on-excessive-backtracks'];

function programFile(source: './command-runner/main.ts' | './file-server/main.ts'): string {
  return fileURLToPath(new URL(source, import.meta.url)).replace(/\.ts$/u, path.extname(import.meta.filename));
}

/**
 * The server of files calls its writing tools destructive. Inside a workspace that was given for being changed they are
 * not: the job is to change it. A user's own setting wins.
 */
export const filesystemRisks: Readonly<Record<string, ToolRisk>> = {
  write_file: 'write',
  edit_file: 'write',
  apply_patch: 'write',
  create_directory: 'write',
  move_file: 'write',
  delete_file: 'write',
};
