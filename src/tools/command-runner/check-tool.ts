import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { Environment } from '../../domain/environment.ts';
import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { confinePath, type ReadRoot } from '../confine-path.ts';
import { CHECK_TOOL } from '../default-servers.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { keepFailures } from './check-output.ts';
import { commandEnv } from './command-env.ts';
import { formatCommandReport, isSuccess, type CommandReport } from './command-report.ts';
import { findProgram, isPath, programInside } from './find-program.ts';
import { type CallExtra, openLiveOutput } from './live-output.ts';
import { runProcess } from './run-process.ts';
import { runInside, temporaryIn } from './start-inside.ts';

/** Of the command server, without its allow list. */
interface CheckToolOptions {
  readonly root: string;
  readonly maxTimeoutMs: Ms;
  readonly env: Environment;
  readonly sandbox: () => Sandbox;
  readonly signal: AbortSignal;
  /** Places outside the workspace that it leads to. */
  readonly readable?: readonly string[] | undefined;
}

const MAX_STREAM_BYTES = 4 * 1024 * 1024;
const KEPT_CHARS = { stdout: 40_000, stderr: 16_000 } as const;

const input = {
  program: z.string().describe('A bare name, or a path inside the workspace such as ".venv/bin/python"'),
  args: z.array(z.string()).default([]),
  cwd: z.string().optional().describe('Relative to the workspace'),
  timeoutMs: z.number().int().positive().optional(),
  busyTimeoutMs: z.number().int().positive().optional().describe('On a machine that has more to do than it has cores'),
  pathFirst: z.array(z.string()).default([]).describe('Folders that programs are looked for in before all others'),
};
interface Input {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly busyTimeoutMs?: number | undefined;
  readonly pathFirst: readonly string[];
}

/**
 * Adds the tool that pointsman itself runs a workspace's checks with: what they are was found in its files or said by its
 * user, who has allowed the command. It is held by the sandbox and not by the allow list, which is there for models.
 */
export function addCheckTool(server: McpServer, options: CheckToolOptions): void {
  const description = 'Runs a check of the workspace, such as its tests.';
  server.registerTool(CHECK_TOOL, { description, inputSchema: input }, async (request, extra) => {
    try {
      const report = await runCheck(options, request, extra);
      return { content: [{ type: 'text', text: formatCommandReport(shortened(report)) }], isError: !isSuccess(report) };
    } catch (thrown) {
      if (!isPointsmanError(thrown)) throw thrown;
      return {
        content: [{ type: 'text', text: `${thrown.code}: ${thrown.message}. ${thrown.hint ?? ''}` }],
        isError: true,
      };
    }
  });
}

async function runCheck(options: CheckToolOptions, request: Input, extra: CallExtra): Promise<CommandReport> {
  const { root } = options;
  const live = openLiveOutput(extra);
  const cwd = confinePath(root, request.cwd ?? '.');
  const env = commandEnv(root, options.env);
  const first = request.pathFirst.filter((folder) => path.isAbsolute(folder));
  const searched = [...first, env['PATH'] ?? ''].join(path.delimiter);
  const file = programOf({ root, readable: options.readable ?? [] }, cwd, { program: request.program, searched });
  const sandbox = options.sandbox();
  return runInside(sandbox, { file, args: [...request.args], cwd }, (started) =>
    runProcess({
      ...started,
      env: { ...env, ...leavingNothing(sandbox.temporary ?? tmpdir()), PATH: searched, ...temporaryIn(sandbox) },
      timeoutMs: limitMs(request, options.maxTimeoutMs, (loadavg()[0] ?? 0) / availableParallelism()),
      maxOutputBytes: MAX_STREAM_BYTES,
      signal: AbortSignal.any([extra.signal, options.signal]),
      ...(live === undefined ? {} : { onOutput: live.add }),
    }),
  ).finally(() => live?.close());
}

/**
 * How long a check may take: as many times longer as there are programs that want a core, within what is given for that. Pure.
 * It is found when the check starts, and is no part of what was asked for, which is the same when a job goes on.
 */
export function limitMs(
  { timeoutMs, busyTimeoutMs }: Pick<Input, 'timeoutMs' | 'busyTimeoutMs'>,
  maxTimeoutMs: Ms,
  perCore: number,
): Ms {
  const idleMs = timeoutMs ?? maxTimeoutMs;
  const busyMs = Math.min(busyTimeoutMs ?? idleMs, Math.ceil(idleMs * Math.max(1, perCore)));
  return Math.min(Math.max(idleMs, busyMs), maxTimeoutMs);
}

/** A check looks: what Python would write beside the code stays out of the workspace. */
function leavingNothing(temporary: string): Readonly<Record<string, string>> {
  const cache = path.join(temporary, 'pytest-cache');
  return { PYTHONDONTWRITEBYTECODE: '1', PYTEST_ADDOPTS: `-o cache_dir=${cache}` };
}

/** A path means a program of the workspace. */
function programOf(
  within: ReadRoot,
  cwd: string,
  { program, searched }: { readonly program: string; readonly searched: string },
): string {
  if (!isPath(program)) return findProgram(within.root, program, searched);
  const file = programInside(within, cwd, program);
  if (file !== undefined) return file;
  throw new PointsmanError('tool-unavailable', `The program "${program}" is not installed`, {
    hint: 'Make it, or say with "check:" in the config how the checks are run.',
  });
}

function shortened(report: CommandReport): CommandReport {
  return {
    ...report,
    stdout: keepFailures(report.stdout, KEPT_CHARS.stdout),
    stderr: keepFailures(report.stderr, KEPT_CHARS.stderr),
  };
}
