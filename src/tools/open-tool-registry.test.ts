import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { AS_STORED } from '../domain/live-values.ts';
import type { ToolResultPart } from '../domain/transcript.ts';
import { fingerprintOf } from './call-tool.ts';
import { openToolRegistry, type OpenToolRegistryOptions } from './open-tool-registry.ts';
import { openSqliteToolJournal } from './sqlite/sqlite-tool-journal.ts';
import { createMemoryToolJournal } from './tool-journal.ts';
import type { RegisteredTool, ToolRegistry } from './tool-registry.ts';
import { needsPermission } from './tool-risk.ts';

const fixtureServer = fileURLToPath(new URL('../testing/internal/fixture-tool-server.ts', import.meta.url));

let base = '';
let workspace = '';
let opened: ToolRegistry[] = [];
let callCount = 0;

beforeEach(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'tools-')));
  workspace = path.join(base, 'workspace');
  mkdirSync(workspace);
  writeFileSync(path.join(workspace, 'inside.txt'), 'inside');
  writeFileSync(path.join(base, 'outside.txt'), 'outside secret');
});
afterEach(async () => {
  await Promise.all(opened.map((registry) => registry.close()));
  opened = [];
  rmSync(base, { recursive: true, force: true });
});

async function open(options: Partial<OpenToolRegistryOptions> = {}): Promise<ToolRegistry> {
  const registry = await openToolRegistry({ workspace, env: process.env, serverList: listOf(workspace), ...options });
  opened.push(registry);
  return registry;
}

/** The workspace's own list, as if the user had said yes to it. */
function listOf(folder: string): OpenToolRegistryOptions['serverList'] {
  const file = path.join(folder, '.mcp.json');
  return existsSync(file) ? { file, text: readFileSync(file, 'utf8') } : undefined;
}

function withFixture(entry: Readonly<Record<string, unknown>> = {}, name = 'fixture'): void {
  const server = { command: process.execPath, args: [fixtureServer, base], ...entry };
  writeFileSync(path.join(workspace, '.mcp.json'), JSON.stringify({ mcpServers: { [name]: server } }));
}

interface CallOverrides {
  readonly key?: string;
  readonly id?: string;
  readonly signal?: AbortSignal;
  readonly judged?: RegisteredTool;
}

function call(registry: ToolRegistry, tool: string, input: JsonObject = {}, overrides: CallOverrides = {}) {
  callCount += 1;
  return registry.call(tool, input, {
    toolCallId: overrides.id ?? `call-${callCount}`,
    idempotencyKey: overrides.key ?? `key-${callCount}`,
    signal: overrides.signal ?? new AbortController().signal,
    judged: overrides.judged,
  });
}

test.each(['commands', 'filesystem'])('a server of the user’s own named %s is not taken for ours', async (name) => {
  withFixture({}, name);
  const registry = await open({ defaults: 'always' });
  const theirs = registry.tools.filter((tool) => tool.server === name);
  expect(theirs.map((tool) => tool.serverTool)).toContain('effect');
  expect(theirs.filter((tool) => tool.own !== undefined)).toEqual([]);
  const effect = theirs.find((tool) => tool.serverTool === 'soft');
  if (effect === undefined) throw new Error('no tool');
  // Any argument may be a place, and a folder is nothing that places are taken from.
  expect(needsPermission(effect, { odd: '.git/hooks/pre-commit', cwd: '/' }, workspace)?.why).toContain('pre-commit');
  const others = registry.tools.filter((tool) => tool.server !== name).map((tool) => tool.own);
  expect(new Set(others)).toEqual(new Set([name === 'commands' ? 'files' : 'commands']));
});

function textOf(result: ToolResultPart): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

const trace = (): string[] => readFileSync(path.join(base, 'trace.txt'), 'utf8').trim().split('\n');

describe('a workspace without servers of its own', () => {
  test('gets files and commands, in a stable order, with their risks', async () => {
    const registry = await open();
    const tools = registry.tools.map((tool) => tool.spec.name);
    expect(tools).toEqual(tools.toSorted());
    const risk = (name: string) => registry.tools.find((tool) => tool.spec.name === name)?.risk;
    expect(
      ['commands__look', 'commands__run', 'filesystem__write_file', 'filesystem__read_text_file'].map(risk),
    ).toEqual(['read-only', 'destructive', 'write', 'read-only']);
    expect(registry.unavailable).toEqual([]);
  });

  test('reads, writes and runs inside the workspace', async () => {
    const registry = await open();
    expect(textOf(await call(registry, 'filesystem__read_text_file', { path: 'inside.txt' }))).toBe('inside');
    await call(registry, 'filesystem__write_file', { path: 'made.mjs', content: 'console.log(6 * 7)' });
    const ran = await call(registry, 'commands__run', { program: 'node', args: ['made.mjs'] });
    expect(textOf(ran)).toMatch(/^exit code 0 after \d+ ms\n--- stdout ---\n42$/u);
  });

  test('says what a command writes while it runs', async () => {
    const registry = await open();
    const waits =
      "console.log('working'); setInterval(() => require('node:fs').existsSync('go') && process.exit(0), 20)";
    const said: string[] = [];
    await registry.call(
      'commands__run',
      { program: 'node', args: ['-e', waits] },
      {
        toolCallId: 'live',
        idempotencyKey: 'live',
        signal: AbortSignal.timeout(60_000),
        judged: undefined,
        onProgress: (text) => {
          said.push(text);
          writeFileSync(path.join(workspace, 'go'), '');
        },
      },
    );
    expect(said).toEqual(['working']);
  });

  test('lets no path out: not by .., absolutely, by links, through links, or by links made later', async () => {
    symlinkSync(base, path.join(workspace, 'up'));
    symlinkSync(path.join(base, 'outside.txt'), path.join(workspace, 'link.txt'));
    symlinkSync(path.join(base, 'not-yet.txt'), path.join(workspace, 'dangling.txt'));
    const registry = await open();
    mkdirSync(path.join(workspace, 'sub'));
    symlinkSync('../..', path.join(workspace, 'sub', 'later'));
    const outside = path.join(base, 'outside.txt');
    const ways = [
      '../outside.txt',
      outside,
      'up/outside.txt',
      'link.txt',
      'sub/later/outside.txt',
      'sub/../../outside.txt',
      `${workspace}/../outside.txt`,
      `/./${outside}`,
      'up/workspace/../outside.txt',
      '~/x',
      '~',
      'sub/later/workspace/up/outside.txt',
    ];
    for (const way of ways) {
      const read = await call(registry, 'filesystem__read_text_file', { path: way });
      const shown = await call(registry, 'commands__look', { program: 'cat', args: [way] });
      const ran = await call(registry, 'commands__run', { program: 'cat', args: ['--', way] });
      const many = await call(registry, 'filesystem__read_multiple_files', { paths: ['inside.txt', way] });
      for (const result of [read, shown, ran, many]) {
        expect([way, result.isError, textOf(result).includes('outside secret')]).toEqual([way, true, false]);
      }
    }
    for (const way of ['dangling.txt', '../not-yet.txt', 'up/not-yet.txt', 'sub/later/not-yet.txt']) {
      expect((await call(registry, 'filesystem__write_file', { path: way, content: 'x' })).isError).toBe(true);
    }
    expect(
      (await call(registry, 'filesystem__move_file', { source: 'inside.txt', destination: 'up/moved.txt' })).isError,
    ).toBe(true);
    expect((await call(registry, 'commands__look', { program: 'ls', cwd: 'up' })).isError).toBe(true);
    expect([existsSync(path.join(base, 'not-yet.txt')), existsSync(path.join(base, 'moved.txt'))]).toEqual([
      false,
      false,
    ]);
  });

  test('does not let files be changed that make programs run, however they are spelled', async () => {
    mkdirSync(path.join(workspace, '.git'));
    symlinkSync('.git', path.join(workspace, 'g'));
    const registry = await open();
    for (const way of [
      '.git/config',
      '.GIT/hooks/pre-commit',
      'x/../.git/config',
      'g/config',
      '.mcp.json',
      '.git./config',
    ]) {
      const result = await call(registry, 'filesystem__write_file', { path: way, content: 'x' });
      expect([way, errorCodeOf(result)]).toEqual([way, 'tool-denied']);
    }
    expect(existsSync(path.join(workspace, '.git', 'config'))).toBe(false);
  });

  test('with an allow list of its own runs what is on it and nothing else', async () => {
    const registry = await open({ commands: [{ program: 'echo', letters: 'n' }] });
    expect(textOf(await call(registry, 'commands__run', { program: 'echo', args: ['hi'] }))).toContain('hi');
    expect(errorCodeOf(await call(registry, 'commands__run', { program: 'node', args: ['--version'] }))).toBe(
      'tool-denied',
    );
    expect(registry.tools.map((tool) => tool.spec.name)).not.toContain('commands__look');
  });
});

describe('servers of .mcp.json', () => {
  test('take the place of the defaults, unless both are wanted', async () => {
    withFixture();
    const own = await open();
    expect(new Set(own.tools.map((tool) => tool.server))).toEqual(new Set(['fixture']));
    const both = await open({ defaults: 'always' });
    expect(new Set(both.tools.map((tool) => tool.server))).toEqual(new Set(['commands', 'filesystem', 'fixture']));
    expect((await open({ defaults: 'never' })).tools).toHaveLength(own.tools.length);
  });

  test('find nothing in their environment but what they need and what is named', async () => {
    withFixture({ env: { TOKEN: '${MY_TOKEN}', PLAIN: '${NONE:-fallback}' } });
    const env = {
      PATH: process.env['PATH'],
      HOME: '/home/x',
      LANG: 'C',
      MY_TOKEN: 'value',
      ANTHROPIC_API_KEY: 'secret',
      USER: 'me',
    };
    const registry = await open({ env });
    const seen = JSON.parse(textOf(await call(registry, 'fixture__env'))) as Record<string, string>;
    expect(seen).toEqual({ PATH: env.PATH, HOME: '/home/x', LANG: 'C', TOKEN: 'value', PLAIN: 'fallback' });
  });

  test('are asked about anew when something else stands behind their name, and not when their keys change', async () => {
    const asked = async (entry: Readonly<Record<string, unknown>>): Promise<string | undefined> => {
      withFixture(entry);
      const [first] = (await open()).tools.filter(({ server }) => server === 'fixture');
      return first === undefined ? 'none' : needsPermission({ ...first, risk: 'destructive' }, {})?.digest;
    };
    const before = await asked({});
    expect(before).toMatch(/^[0-9a-f]{64}$/u);
    expect(await asked({ env: { TOKEN: 'another' } })).toBe(before);
    expect(await asked({ args: [fixtureServer, base, '--other'] })).not.toBe(before);
  });

  test('run in the workspace, and have every name that a vendor accepts', async () => {
    withFixture({}, 'a server.with dots');
    const registry = await open();
    const names = registry.tools.map((tool) => tool.spec.name);
    expect(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/u.test(name))).toBe(true);
    const cwd = registry.tools.find((tool) => tool.serverTool === 'cwd')?.spec.name ?? '';
    expect(textOf(await call(registry, cwd))).toBe(workspace);
    const odd = registry.tools.find((tool) => tool.serverTool.includes('ünusual'))?.spec.name ?? '';
    expect(textOf(await call(registry, odd))).toBe('odd');
  });

  test('say how risky their tools are, and the config has the last word', async () => {
    withFixture();
    const registry = await open({ risks: { fixture__add: 'destructive' } });
    const risk = (name: string) => registry.tools.find((tool) => tool.serverTool === name)?.risk;
    expect(['env', 'soft', 'effect', 'add'].map(risk)).toEqual(['read-only', 'write', 'destructive', 'destructive']);
    const ofServer = await open({ risks: { fixture: 'destructive', fixture__add: 'write' } });
    const its = (name: string) => ofServer.tools.find((tool) => tool.serverTool === name)?.risk;
    expect(['env', 'soft', 'effect', 'add'].map(its)).toEqual(['destructive', 'destructive', 'destructive', 'write']);
  });

  test('are named when they cannot start, and the others stand', async () => {
    const servers = {
      good: { command: process.execPath, args: [fixtureServer, base] },
      missing: { command: 'no-such-program-at-all' },
      broken: {
        command: process.execPath,
        args: ['-e', 'console.error("cannot find " + process.env.KEY); process.exit(3)'],
        env: { KEY: 'abcdef123' },
      },
      unset: { command: 'x', env: { KEY: '${NOT_SET_ANYWHERE}' } },
      shapeless: 7,
      old: { type: 'sse', url: 'http://127.0.0.1:1' },
      off: { command: 'x', disabled: true },
      unreachable: { type: 'http', url: 'http://127.0.0.1:1/mcp' },
    };
    writeFileSync(path.join(workspace, '.mcp.json'), JSON.stringify({ mcpServers: servers }));
    const registry = await open();
    expect(textOf(await call(registry, 'good__add', { a: 1, b: 2 }))).toBe('3');
    const why = Object.fromEntries(registry.unavailable.map((entry) => [entry.server, entry.why]));
    expect(Object.keys(why).sort()).toEqual(['broken', 'missing', 'old', 'shapeless', 'unreachable', 'unset']);
    expect(why['missing']).toContain('not found');
    expect(why['broken']).toContain('cannot find [secret]');
    expect(why['unset']).toContain('NOT_SET_ANYWHERE');
    expect(registry.unavailable.every((entry) => entry.hint !== '')).toBe(true);
  });

  test('that never answer are given up', async () => {
    withFixture({ args: ['-e', 'setInterval(() => {}, 1000)'] });
    const registry = await open({ limits: { startTimeoutMs: 200 } });
    expect([registry.tools, registry.unavailable.map((entry) => entry.server)]).toEqual([[], ['fixture']]);
  });

  test('are never looked for in the workspace: only a list that was handed in is started', async () => {
    withFixture();
    const registry = await open({ serverList: undefined, defaults: 'never' });
    expect([registry.tools, registry.unavailable, existsSync(path.join(base, 'trace.txt'))]).toEqual([[], [], false]);
  });

  test('may change their tools while they run', async () => {
    withFixture();
    const journal = createMemoryToolJournal();
    const registry = await open({ journal });
    await call(registry, 'fixture__grow');
    // Who is answered finds the new list.
    expect(registry.tools.map((tool) => tool.serverTool)).toContain('grown');
    expect(textOf(await call(registry, 'fixture__grown', {}, { key: 'k' }))).toBe('grown');
    // In the next process the server does not offer it yet: what it gave stays, and what is not known is told.
    const next = await open({ journal });
    expect(textOf(await call(next, 'fixture__grown', {}, { key: 'k' }))).toBe('grown');
    await journal.start('cut', { fingerprint: fingerprintOf('fixture__grown', {}), startedAt: 1 });
    const cut = await call(next, 'fixture__grown', {}, { key: 'cut' });
    expect([errorCodeOf(cut), textOf(cut)]).toEqual([
      'tool-unavailable',
      expect.stringContaining('may or may not have happened'),
    ]);
    expect(errorCodeOf(await call(next, 'fixture__grown', {}, { key: 'new' }))).toBe('not-found');
  });

  test.each<[string, Partial<RegisteredTool>]>([
    ['another server', { server: 'other' }],
    ['another program behind the server’s name', { serverLeadsTo: 'other' }],
    ['another tool', { serverTool: 'other' }],
    ['a tool that only reads', { risk: 'read-only' }],
    ['a server of our own', { own: 'commands' }],
  ])('are not called by a name that meant %s when the call was allowed', async (_what, before) => {
    withFixture();
    const registry = await open();
    const effect = registry.tools.find(({ serverTool }) => serverTool === 'effect');
    if (effect === undefined) throw new Error('no tool');
    const input = { what: 'it' };
    const stale = await call(registry, 'fixture__effect', input, { judged: { ...effect, ...before } });
    expect([stale.isError, textOf(stale)]).toEqual([true, expect.stringContaining('another tool now')]);
    expect(trace()).toEqual(['start']);
    // A list that was only read again holds the same tools.
    await call(registry, 'fixture__effect', input, { judged: { ...effect } });
    expect(trace()).toEqual(['start', 'effect it']);
  });
});

describe('a call', () => {
  test('of a server that dies is sent again after one restart when it only reads', async () => {
    withFixture();
    const registry = await open();
    expect(textOf(await call(registry, 'fixture__die_reading'))).toBe('alive again');
    expect(trace()).toEqual(['start', 'call die_reading', 'start', 'call die_reading']);
  });

  test('of a server that dies is never sent again when it writes, and the server is there for the next', async () => {
    withFixture();
    const registry = await open();
    const result = await call(registry, 'fixture__die_writing');
    expect([errorCodeOf(result), textOf(result)]).toEqual([
      'tool-unavailable',
      expect.stringContaining('may or may not have happened'),
    ]);
    expect(textOf(await call(registry, 'fixture__add', { a: 1, b: 1 }))).toBe('2');
    expect(trace()).toEqual(['start', 'call die_writing', 'start']);
  });

  test('of a server that always dies is an error result, and the server is given up in the end', async () => {
    withFixture();
    const registry = await open();
    for (let tries = 0; tries < 5; tries += 1) {
      expect(errorCodeOf(await call(registry, 'fixture__die_always'))).toBe('tool-unavailable');
    }
    expect(trace().length).toBeLessThanOrEqual(4);
    expect(registry.unavailable.map((entry) => entry.server)).toEqual(['fixture']);
    expect(registry.tools.length).toBeGreaterThan(5);
  });

  test('that hangs ends at its limit with a code', async () => {
    withFixture({ timeout: 200 });
    const registry = await open();
    expect(errorCodeOf(await call(registry, 'fixture__hang'))).toBe('tool-timeout');
  });

  test('that is aborted tells the server, throws aborted, and may be repeated when it only reads', async () => {
    withFixture();
    const registry = await open();
    const abort = new AbortController();
    const hanging = call(registry, 'fixture__hang', {}, { signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(hanging).rejects.toMatchObject({ code: 'aborted' });
    await vi.waitFor(() => expect(trace()).toContain('cancelled'));
    await expect(call(registry, 'fixture__add', {}, { signal: abort.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  test('with wrong input, of a failing tool or of no tool is an error result', async () => {
    withFixture();
    const registry = await open();
    const wrong = await call(registry, 'fixture__add', { a: 'x' });
    expect([errorCodeOf(wrong), textOf(wrong)]).toEqual([
      'request-invalid',
      expect.stringContaining('must be numbers'),
    ]);
    expect(textOf(await call(registry, 'fixture__fail'))).toContain('it went wrong');
    const unknown = await call(registry, 'add', { a: 1, b: 1 });
    expect([errorCodeOf(unknown), textOf(unknown)]).toEqual(['not-found', expect.stringContaining('fixture__add')]);
    for (const name of ['[object Object]', 'function Object() { [native code] }', '', 'x'.repeat(10_000)]) {
      expect(errorCodeOf(await call(registry, name))).toBe('not-found');
    }
  });

  test('to a server that writes rubbish is answered, or an error result', async () => {
    withFixture();
    const registry = await open();
    expect(textOf(await call(registry, 'fixture__rubbish'))).toBe('after rubbish');
    expect((await call(registry, 'fixture__shapeless')).isError).toBe(true);
    expect(textOf(await call(registry, 'fixture__add', { a: 1, b: 1 }))).toBe('2');
  });

  test('keeps head and tail of a flood, pictures that fit, and structured answers', async () => {
    withFixture();
    const registry = await open({ limits: { maxResultBytes: 1000, maxImageBytes: 1000 } });
    const flood = textOf(await call(registry, 'fixture__flood'));
    expect(flood).toMatch(/^BEGINé+\n\[… 39\d{4} bytes cut …\]\né+END$/u);
    const picture = await call(registry, 'fixture__picture');
    expect(picture.content.map((part) => part.type)).toEqual(['text', 'image']);
    expect(textOf(picture)).toContain('too large');
    expect(textOf(await call(registry, 'fixture__structured'))).toBe('{"answer":42}');
  });
});

test('a result of any size ends no server', async () => {
  withFixture();
  const registry = await open();
  for (const count of [6_000_000, 12_000_000]) {
    const flood = await call(registry, 'fixture__flood', { count });
    expect(textOf(flood)).toMatch(/^BEGINé+\n\[… \d+ bytes cut …\]\né+END$/u);
  }
  const refused = await call(registry, 'fixture__flood', { count: 40_000_000 });
  expect([refused.isError, textOf(refused)]).toEqual([true, expect.stringContaining('Ask for less at once.')]);
  expect(textOf(await call(registry, 'fixture__add', { a: 1, b: 2 }))).toBe('3');
});

describe('an idempotency key', () => {
  const effects = () => trace().filter((line) => line.startsWith('effect'));

  test('gives the first result again, to a call with another id, without running twice', async () => {
    withFixture();
    const registry = await open();
    const results = await Promise.all(
      [1, 2, 3].map((n) => call(registry, 'fixture__effect', { what: 'x' }, { key: 'k', id: `id-${n}` })),
    );
    const later = await call(registry, 'fixture__effect', { what: 'x' }, { key: 'k', id: 'later' });
    expect([...results, later].map((result) => [result.toolCallId, textOf(result)])).toEqual(
      ['id-1', 'id-2', 'id-3', 'later'].map((id) => [id, 'did x']),
    );
    expect(effects()).toEqual(['effect x']);
  });

  test('never means two different calls', async () => {
    withFixture();
    const registry = await open();
    await call(registry, 'fixture__effect', { what: 'x' }, { key: 'k' });
    expect(errorCodeOf(await call(registry, 'fixture__effect', { what: 'y' }, { key: 'k' }))).toBe('internal');
    expect(effects()).toEqual(['effect x']);
  });

  test('of a call that was started before a crash: reading is repeated, writing is not', async () => {
    withFixture();
    const file = path.join(base, 'journal', 'calls.db');
    const first = await open({ journal: openSqliteToolJournal({ file, live: AS_STORED }) });
    await call(first, 'fixture__effect', { what: 'kept' }, { key: 'finished' });
    const abort = new AbortController();
    const hanging = call(first, 'fixture__hang', {}, { key: 'reading', signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await hanging.catch(() => undefined);
    const writing = call(first, 'fixture__die_writing', {}, { key: 'died' });
    await writing;

    const journal = openSqliteToolJournal({ file, live: AS_STORED });
    const second = await open({ journal, limits: { callTimeoutMs: 100 } });
    expect(textOf(await call(second, 'fixture__effect', { what: 'kept' }, { key: 'finished' }))).toBe('did kept');
    expect(errorCodeOf(await call(second, 'fixture__hang', {}, { key: 'reading' }))).toBe('tool-timeout');
    expect(effects()).toEqual(['effect kept']);
    await journal.start('started', { fingerprint: fingerprintOf('fixture__effect', { what: 'unsure' }), startedAt: 1 });
    const unsure = await call(second, 'fixture__effect', { what: 'unsure' }, { key: 'started' });
    expect([errorCodeOf(unsure), textOf(unsure)]).toEqual([
      'tool-unavailable',
      expect.stringContaining('may or may not have happened'),
    ]);
    expect(effects()).toEqual(['effect kept']);
    const { signal } = new AbortController();
    const again = { toolCallId: 'again', idempotencyKey: 'started', signal, judged: undefined };
    const repeated = await second.call('fixture__effect', { what: 'unsure' }, { ...again, mayRepeat: true });
    expect(textOf(repeated)).toBe('did unsure');
  });

  test('whose start cannot be written down is not sent', async () => {
    withFixture();
    const journal = { ...createMemoryToolJournal(), start: () => Promise.reject(new Error('disk full')) };
    const registry = await open({ journal });
    expect((await call(registry, 'fixture__effect', { what: 'x' })).isError).toBe(true);
    expect(effects()).toEqual([]);
  });
});

describe('a registry that cannot be opened', () => {
  test.each([
    ['{', 'config-invalid'],
    ['[]', 'config-invalid'],
    ['{"mcpServers": []}', 'config-invalid'],
    ['null', 'config-invalid'],
  ])('because .mcp.json says %s', async (text, code) => {
    writeFileSync(path.join(workspace, '.mcp.json'), text);
    await expect(open()).rejects.toMatchObject({ code, hint: expect.any(String) });
  });

  test('because the workspace is not there', async () => {
    await expect(open({ workspace: path.join(base, 'none') })).rejects.toMatchObject({ code: 'not-found' });
    await expect(open({ workspace: path.join(base, 'outside.txt') })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('because it was cancelled', async () => {
    withFixture();
    await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

/** The code of a failure that this room reported, as a model reads it. */
function errorCodeOf(result: ToolResultPart): string | undefined {
  const [first] = result.content;
  return result.isError && first?.type === 'text' ? /^([a-z-]+): /u.exec(first.text)?.[1] : undefined;
}
