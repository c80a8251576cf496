import { parseArgs } from 'node:util';
import { serverListFor } from '../../app/server-list.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { boundedFetch } from '../../tools/bounded-messages.ts';
import { parseServerConfigs, type ServerConfig } from '../../tools/server-config.ts';
import { signIn } from '../../tools/sign-in/sign-in.ts';
import { openTokenStore, type TokenStore } from '../../tools/sign-in/token-store.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { shown } from '../../trust/shown.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { noteAct } from '../stores/note-act.ts';
import { jsonText } from '../text/json-text.ts';

type HttpServer = Extract<ServerConfig, { readonly kind: 'http' }>;

export const command: CliCommand = {
  name: 'login',
  usage: '[SERVER] [--forget] [--json] [--config FILE]',
  facts:
    'SERVER is a tool server over HTTP of .mcp.json that wants its user to sign in (OAuth). Its tokens stay on this machine, in a file that only you can read.',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        forget: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const gate = await openFolderGate(io);
    const config = loadConfig({
      cwd: io.cwd,
      env: io.env,
      gate,
      ...(values.config === undefined ? {} : { file: values.config }),
    });
    const server = named(httpServers(io, config, gate), positionals);
    const at = { store: config.store, gate };
    const store = openTokenStore(io.env) ?? noFolder();
    const name = shown(server.name);
    if (values.forget) {
      const wasSignedIn = await store.forget(server.url);
      if (wasSignedIn) await noteAct(io, at, { act: 'login-forgotten', subject: placeOf(server.url) });
      const text = wasSignedIn ? `Signed out of ${name}.\n` : `Nobody was signed in at ${name}.\n`;
      io.stdout(values.json ? jsonText('login', { server: server.name, isSignedIn: false, wasSignedIn }) : text);
      return EXIT.ok;
    }
    await signInAt(io, server, store);
    await noteAct(io, at, { act: 'login-kept', subject: placeOf(server.url) });
    const done = `Signed in at ${name}. Its tools are there at the next start.\n`;
    io.stdout(values.json ? jsonText('login', { server: server.name, isSignedIn: true }) : done);
    return EXIT.ok;
  },
};

async function signInAt(io: CommandIo, server: HttpServer, store: TokenStore): Promise<void> {
  if (!io.isTerminal) {
    throw new PointsmanError('request-invalid', 'Signing in takes a person with a browser.', {
      hint: `Type "pointsman login ${server.name}" at a terminal of this machine; jobs then use what it gives.`,
    });
  }
  await signIn({
    serverUrl: server.url,
    store,
    clientId: server.oauth?.clientId,
    callbackPort: server.oauth?.callbackPort,
    fetch: boundedFetch(),
    show: (address) => io.stderr(`Open this page, and sign in there:\n\n  ${shown(address, MAX_ADDRESS)}\n\n`),
    signal: io.signal,
  });
}

const MAX_ADDRESS = 8000;

/** Without a query, which may hold a secret. */
function placeOf(address: string): string {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

function httpServers(io: CommandIo, config: Config, gate: FolderGate): readonly HttpServer[] {
  const list = serverListFor(io.cwd, config, gate);
  if (list === undefined) return [];
  return parseServerConfigs(list.text, list.file, io.env).servers.filter((server) => server.kind === 'http');
}

function named(servers: readonly HttpServer[], [name, ...more]: readonly string[]): HttpServer {
  const names = servers.map((server) => server.name);
  const known = names.length === 0 ? 'No tool server over HTTP is configured here.' : `There are: ${names.join(', ')}.`;
  const only = name === undefined && servers.length === 1 ? servers[0] : servers.find((one) => one.name === name);
  if (only !== undefined && more.length === 0) return only;
  if (name === undefined || more.length > 0)
    throw new PointsmanError('request-invalid', 'The name of one tool server is expected.', { hint: known });
  throw new PointsmanError('not-found', `There is no tool server "${shown(name)}".${didYouMean(name, names)}`, {
    hint: known,
  });
}

function noFolder(): never {
  throw new PointsmanError('request-invalid', 'This user has no folder to keep tokens in.', { hint: 'Set HOME.' });
}
