import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Environment } from '../../domain/environment.ts';
import { isPointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { HOLDS_REPOSITORIES } from '../default-servers.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { checkCommand } from './check-command.ts';
import { addCheckTool } from './check-tool.ts';
import { commandEnv } from './command-env.ts';
import { formatCommandReport, isSuccess, type CommandReport } from './command-report.ts';
import { type CommandRule, describeRules } from './command-rule.ts';
import { findProgram, isPath, programInside } from './find-program.ts';
import { type CallExtra, openLiveOutput } from './live-output.ts';
import { runProcess } from './run-process.ts';
import { gitLookEnv } from './safe-git.ts';
import { runInside, temporaryIn } from './start-inside.ts';

export interface CommandServerOptions {
  /** The workspace's real path. */
  readonly root: string;
  readonly rules: readonly CommandRule[];
  readonly maxTimeoutMs: Ms;
  /** Of each stream. */
  readonly maxOutputBytes: number;
  readonly env: Environment;
  /** Opened at the first command; `none` where the user wants none. */
  readonly sandbox: () => Sandbox;
  /** Places outside the workspace that it leads to. */
  readonly readable?: readonly string[] | undefined;
  /** The job works in its user's folder, whose repositories no command may write. Absent: it does not. */
  readonly kept?: { readonly isHeld: boolean } | undefined;
  /** Ends every command that still runs. */
  readonly signal: AbortSignal;
}

const DEFAULT_TIMEOUT_MS: Ms = 120_000;
/** Names of a repository's settings: past this nobody wrote them by hand, and what is cut off would not be overridden. */
const MAX_GIT_CONFIG_BYTES = 1024 * 1024;

const input = {
  program: z
    .string()
    .describe('Name of the program, such as "npm", or a path in the workspace, such as ".venv/bin/pytest"'),
  args: z.array(z.string()).default([]).describe('Arguments, one by one; there is no shell'),
  cwd: z.string().optional().describe('Folder to run in, relative to the workspace'),
  timeoutMs: z.number().int().positive().optional().describe('Time limit in milliseconds'),
};
interface Input {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * An MCP server with two tools for models: `look` runs programs that only read, `run` runs everything on the allow list. No
 * shell; paths, arguments, output and time are bounded. A third one is pointsman's own: `check-tool.ts`.
 */
export function createCommandServer(options: CommandServerOptions): McpServer {
  const server = new McpServer({ name: 'pointsman-commands', version: '1' });
  const looking = options.rules.filter((rule) => rule.readOnly === true);
  const add = (name: string, rules: readonly CommandRule[], description: string, readOnly: boolean): void => {
    const annotations = {
      readOnlyHint: readOnly,
      destructiveHint: !readOnly,
      idempotentHint: readOnly,
      openWorldHint: !readOnly,
    };
    const _meta = options.kept?.isHeld === true ? { [HOLDS_REPOSITORIES]: true } : {};
    server.registerTool(name, { description, inputSchema: input, annotations, _meta }, (request, extra) =>
      runCommand(options, rules, request, extra),
    );
  };
  const manner =
    'One program with its arguments; no shell, no pipes. Paths must lie in the workspace. Where the system has a sandbox there is no network, and only the workspace and /tmp can be written.';
  if (looking.length > 0) {
    add('look', looking, `Runs a program that only reads. ${manner} Allowed: ${describeRules(looking)}.`, true);
  }
  add(
    'run',
    options.rules,
    `Runs a program in the workspace. ${manner} Allowed: ${describeRules(options.rules)}.`,
    false,
  );
  addCheckTool(server, options);
  return server;
}

async function runCommand(
  options: CommandServerOptions,
  rules: readonly CommandRule[],
  request: Input,
  extra: CallExtra,
): Promise<CallToolResult> {
  const live = openLiveOutput(extra);
  try {
    const command = checkCommand(options.root, rules, { ...request, cwd: request.cwd }, options.readable);
    const env = commandEnv(options.root, options.env);
    const within = { root: options.root, readable: options.readable ?? [] };
    const file =
      (isPath(command.program) ? programInside(within, command.cwd, command.program) : undefined) ??
      findProgram(options.root, command.program, env['PATH'] ?? '');
    const limits = {
      timeoutMs: Math.min(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, options.maxTimeoutMs),
      signal: AbortSignal.any([extra.signal, options.signal]),
    };
    // These two look at settings only, and say whether anything may be looked at: they need what lies above the workspace.
    const git = async (args: readonly string[], given: Readonly<Record<string, string>>): Promise<CommandReport> =>
      runProcess({ file, args, cwd: command.cwd, env: given, ...limits, maxOutputBytes: MAX_GIT_CONFIG_BYTES });
    const look = { args: command.args, cwd: command.cwd, root: options.root, env, git };
    const given = command.program === 'git' ? await gitLookEnv(look) : env;
    const report = await runInside(options.sandbox(), { file, args: command.args, cwd: command.cwd }, (started) =>
      runProcess({
        ...started,
        ...limits,
        env: { ...given, ...temporaryIn(options.sandbox()) },
        maxOutputBytes: options.maxOutputBytes,
        ...(live === undefined ? {} : { onOutput: live.add }),
      }),
    );
    return {
      content: [{ type: 'text', text: formatCommandReport(report) + whyUnwritable(options, report) }],
      structuredContent: { ...report },
      isError: !isSuccess(report),
    };
  } catch (thrown) {
    if (!isPointsmanError(thrown)) throw thrown;
    return {
      content: [{ type: 'text', text: `${thrown.code}: ${thrown.message}. ${thrown.hint ?? ''}` }],
      isError: true,
    };
  } finally {
    live?.close();
  }
}

const REFUSED =
  /\.git\b.*(?:Read-only file system|EROFS|EBUSY|resource busy)|(?:Read-only file system|EROFS|EBUSY).*\.git\b/u;

/** For a model that would take it for a fault of the machine. */
function whyUnwritable({ kept }: CommandServerOptions, { stdout, stderr }: CommandReport): string {
  if (kept?.isHeld !== true || !REFUSED.test(`${stdout}\n${stderr}`)) return '';
  return '\nThis job works in the folder of its user, where no command may write the repository (.git): commits, branches, stashes, hooks and settings are theirs. Work on files alone; what you change is seen without a commit.';
}
