import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { warningsTo } from '../../app/open-log.ts';
import type { Config } from '../../config/config.ts';
import { isLoopback } from '../../config/endpoints.ts';
import { loadConfig } from '../../config/load-config.ts';
import { packageVersion } from '../../config/package-version.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { createMcpServer } from '../../mcp/server.ts';
import type { McpServices } from '../../mcp/services.ts';
import { serveStdio } from '../../mcp/stdio.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { logCrashes } from '../input/log-crashes.ts';
import { logOf } from '../input/log-of.ts';

export const command: CliCommand = {
  name: 'mcp',
  usage: '[--http PORT [--host ADDRESS] [--allow-origin URL]… [--allow-host NAME]…] [--no-pings] [--config FILE]',
  run,
};

/** Loaded when it is asked for: most clients never replay. */
const replaySessions: McpServices['replaySessions'] = async (request, options) =>
  (await import('../../replay/replay-sessions.ts')).replaySessions(request, options);

/** Standard output belongs to the protocol: everything for people goes to standard error. */
async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      http: { type: 'string' },
      host: { type: 'string' },
      'allow-origin': { type: 'string', multiple: true, default: [] },
      'allow-host': { type: 'string', multiple: true, default: [] },
      'no-pings': { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  const port = values.http === undefined ? undefined : parsePort(values.http);
  // Standard input belongs to the protocol: nobody can be asked here.
  const gate = await openFolderGate({ ...io, ask: undefined });
  const log = logOf(io, readableConfig(io, values.config, gate));
  const stopWatching = logCrashes(log, 'end');
  const strangers = port !== undefined && isReachedByOthers(values.host, values['allow-host']);
  const pointsman = lazyPointsman(io, { configFile: values.config, pings: !values['no-pings'], strangers, gate, log });
  const services: McpServices = { pointsman, workspace: io.cwd, version: packageVersion(), log, replaySessions };
  try {
    if (port === undefined) await serveStdio(services, io.signal);
    else {
      await serveOverHttp(services, io, {
        port,
        ...(values.host === undefined ? {} : { host: values.host }),
        allowedOrigins: values['allow-origin'],
        allowedHosts: values['allow-host'],
      });
    }
    return EXIT.ok;
  } finally {
    await pointsman.close();
    stopWatching();
  }
}

/** For its secrets. A broken one is told to the client when it asks for something. */
function readableConfig(io: CommandIo, file: string | undefined, gate: FolderGate): Config | undefined {
  try {
    return loadConfig({ cwd: io.cwd, env: io.env, file, gate });
  } catch {
    return undefined;
  }
}

interface McpOptions {
  readonly configFile: string | undefined;
  readonly pings: boolean;
  readonly strangers: boolean;
  readonly gate: FolderGate;
  readonly log: Log;
}

/** Built at the first call, so that a client sees the tools at once; tried again while it fails. */
function lazyPointsman(
  io: CommandIo,
  { configFile, pings, strangers, gate, log }: McpOptions,
): McpServices['pointsman'] & { close(): Promise<void> } {
  let building: Promise<Pointsman> | undefined;
  const build = async (): Promise<Pointsman> => {
    const { createPointsman } = await import('../../app/create-pointsman.ts');
    return createPointsman({
      cwd: io.cwd,
      gate,
      env: io.env,
      pings,
      strangers,
      ...(configFile === undefined ? {} : { configFile }),
      onWarning: warningsTo(log),
    });
  };
  const get = async (): Promise<Pointsman> => {
    building ??= build().catch((thrown: unknown) => {
      building = undefined;
      throw thrown;
    });
    return building;
  };
  return Object.assign(get, { close: async () => (await building)?.close() });
}

/** It listens beyond this machine, or is meant to be called by another machine's name. */
function isReachedByOthers(host: string | undefined, allowedHosts: readonly string[]): boolean {
  return (
    allowedHosts.length > 0 || (host !== undefined && !isLoopback(`http://${host.includes(':') ? `[${host}]` : host}`))
  );
}

interface HttpFlags {
  readonly port: number;
  readonly host?: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedHosts: readonly string[];
}

/** The token comes from `POINTSMAN_MCP_TOKEN`, or is made and shown once; it is never stored. */
async function serveOverHttp(services: McpServices, io: CommandIo, flags: HttpFlags): Promise<void> {
  const given = io.env['POINTSMAN_MCP_TOKEN'];
  const token = given ?? randomBytes(24).toString('base64url');
  const { serveHttp } = await import('../../mcp/http.ts');
  const running = await serveHttp(() => createMcpServer(services, Date.now), { ...flags, token, log: services.log });
  io.stderr(`pointsman serves MCP at ${running.url}\n`);
  if (given === undefined) {
    io.stderr(`Send this token as "Authorization: Bearer …" (set POINTSMAN_MCP_TOKEN to keep one): ${token}\n`);
  }
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    else io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await running.close();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new PointsmanError('request-invalid', `--http wants a port from 0 to 65535, not "${text}".`);
}
