import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { auditIn } from '../../app/stores/open-audit.ts';
import type { AuditEntry } from '../../audit/audit-entry.ts';
import { openOAuthToolServer, type OAuthToolServer } from '../../testing/internal/oauth-tool-server.ts';
import { openToolRegistry } from '../../tools/open-tool-registry.ts';
import { signIn } from '../../tools/sign-in/sign-in.ts';
import { openTokenStore } from '../../tools/sign-in/token-store.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import { command } from './login-command.ts';

let home = '';
let server: OAuthToolServer;
let registry: ToolRegistry | undefined;
beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'pm-sign-in-'));
  mkdirSync(path.join(home, 'project'));
  server = await openOAuthToolServer();
  writeFileSync(
    path.join(home, 'project/.mcp.json'),
    JSON.stringify({ mcpServers: { locked: { type: 'http', url: server.url } } }),
  );
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const env = (): Readonly<Record<string, string>> => ({ HOME: home });

/** Everything that the command said. */
async function login(args: readonly string[], browse?: (address: string) => void, isTerminal = true): Promise<string> {
  let said = '';
  const write = (text: string): void => {
    said += text;
    const address = /https?:\/\/\S+/u.exec(text)?.[0];
    if (address !== undefined) browse?.(address);
  };
  const io = {
    stdout: write,
    stderr: write,
    env: env(),
    cwd: path.join(home, 'project'),
    isTerminal,
    trustFolders: true,
  };
  await command.run(args, { ...io, signal: new AbortController().signal });
  return said;
}

/** A browser: it goes where it is sent. */
const open = (address: string): void => void fetch(address).then(async (page) => page.text());

async function start(): Promise<ToolRegistry> {
  await registry?.close();
  const file = path.join(home, 'project/.mcp.json');
  registry = await openToolRegistry({
    workspace: path.join(home, 'project'),
    env: env(),
    serverList: { file, text: readFileSync(file, 'utf8') },
    tokens: openTokenStore(env()),
  });
  return registry;
}

const where = (tools: ToolRegistry) =>
  tools.call(
    'locked__where',
    {},
    { toolCallId: 'c', idempotencyKey: randomUUID(), signal: new AbortController().signal, judged: undefined },
  );
const tokenFiles = (): readonly string[] => {
  const dir = path.join(home, '.local/share/pointsman/tool-servers');
  return readdirSync(dir).map((name) => path.join(dir, name));
};

test('a server that nobody is signed in at is named with what to do, and nothing is registered there', async () => {
  const tools = await start();
  expect(tools.unavailable).toEqual([
    { server: 'locked', why: 'it wants you to sign in', hint: 'Type at a terminal: pointsman login locked' },
  ]);
  expect(server.log).toEqual([]);
});

test('a person signs in once, and the tools of the server are there from then on', async () => {
  const said = await login(['locked'], open);
  expect(server.log).toEqual(['registered', 'authorized', 'exchanged']);
  const tools = await start();
  expect(tools.unavailable).toEqual([]);
  expect(await where(tools)).toMatchObject({ isError: false, content: [{ text: 'behind a door' }] });
  for (const secret of server.secrets) expect(said).not.toContain(secret);
});

test('tokens lie where only their user can read them', async () => {
  await login(['locked'], open);
  const [file, ...more] = tokenFiles();
  expect(more).toEqual([]);
  expect(statSync(file ?? '').mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(file ?? '')).mode & 0o777).toBe(0o700);
});

test('a token that has run out is renewed without anybody, also in the middle of a job', async () => {
  await login(['locked'], open);
  const tools = await start();
  server.expire('access');
  expect(await where(tools)).toMatchObject({ isError: false });
  expect(server.log.at(-1)).toBe('renewed');
  server.expire('access');
  expect((await start()).unavailable).toEqual([]);
});

test('one that cannot be renewed asks for signing in again, and shows no token', async () => {
  await login(['locked'], open);
  const tools = await start();
  server.expire('all');
  const result = await where(tools);
  expect(result).toMatchObject({ isError: true });
  expect(JSON.stringify(result)).toContain('it wants you to sign in');
  for (const secret of server.secrets) expect(JSON.stringify([result, tools.unavailable])).not.toContain(secret);
  await login(['locked'], open);
  expect((await start()).unavailable).toEqual([]);
});

test('who signs out is out', async () => {
  await login(['locked'], open);
  expect(await login(['locked', '--forget'])).toContain('Signed out of locked');
  expect((await start()).unavailable.map(({ why }) => why)).toEqual(['it wants you to sign in']);
  expect(await login(['locked', '--forget'])).toContain('Nobody was signed in');
  const trail = await auditIn(path.join(home, '.local/share/pointsman/store'), {
    gate: { claim: () => undefined },
    now: Date.now,
  });
  const entries: AuditEntry[] = [];
  for await (const entry of trail.entries()) entries.push(entry);
  await trail.close();
  expect(entries.map(({ act, subject }) => [act, subject])).toEqual([
    ['login-kept', server.url],
    ['login-forgotten', server.url],
  ]);
  for (const secret of server.secrets) expect(JSON.stringify(entries)).not.toContain(secret);
});

test('nobody can sign in where there is no terminal, and a name that is not there is said', async () => {
  await expect(login(['locked'], open, false)).rejects.toThrow(/takes a person/u);
  await expect(login(['lokced'], open)).rejects.toThrow(/Did you mean "?locked/iu);
  expect(server.log).toEqual([]);
});

test('an answer that is not to our own request is no answer', async () => {
  const store = openTokenStore(env());
  if (store === undefined) throw new Error('no store');
  const statuses: number[] = [];
  const forgeThenOpen = async (address: string): Promise<void> => {
    const back = new URL(new URL(address).searchParams.get('redirect_uri') ?? '');
    for (const search of ['?code=stolen&state=wrong', '?error=access_denied&state=wrong']) {
      back.search = search;
      statuses.push((await fetch(back)).status);
    }
    open(address);
  };
  const forge = (address: string): void => void forgeThenOpen(address);
  await signIn({ serverUrl: server.url, store, fetch, show: forge, signal: new AbortController().signal });
  expect(statuses).toEqual([404, 404]);
  expect(server.log).toEqual(['registered', 'authorized', 'exchanged']);
});

test('who never comes back is not waited for', async () => {
  const store = openTokenStore(env());
  if (store === undefined) throw new Error('no store');
  const waiting = signIn({
    serverUrl: server.url,
    store,
    fetch,
    show: () => undefined,
    signal: new AbortController().signal,
    waitMs: 50,
  });
  await expect(waiting).rejects.toThrow('Nobody came back');
});
