import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openGateway } from '../app/open-gateway.ts';
import { openLedger } from '../app/open-ledger.ts';
import { sealSecrets } from '../config/secrets-file.ts';
import { nanoFromUsd } from '../domain/money.ts';
import { withSettings } from '../gateway/connect/format/config-format.ts';
import { HARNESS_NAMES, type HarnessName } from '../gateway/connect/harness.ts';
import { HARNESSES } from '../gateway/connect/harnesses.ts';
import type { FeedEvent } from '../gateway/core/live-feed.ts';
import { accountOf } from '../money/ledger.ts';
import { createFolderGate } from '../trust/folder-gate.ts';
import { command as connect } from './commands/connect-command.ts';
import { command as disconnect } from './commands/disconnect-command.ts';
import { command as serve } from './commands/serve-command.ts';
import type { CliCommand, CommandIo } from './input/command.ts';
import { readAccessKeys, readSecrets } from './input/gateway-files.ts';
import { command as keys } from './keys/keys-command.ts';
import { command as teams } from './keys/teams-command.ts';
import { callLine } from './running/tail-command.ts';

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function temporary(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-cli-'));
  dirs.push(dir);
  return dir;
}

async function run(
  command: CliCommand,
  args: readonly string[],
  options: {
    readonly home: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly trustFolders?: boolean;
    readonly answer?: string | (() => string);
  },
): Promise<{ readonly out: string; readonly err: string; readonly code: string | undefined }> {
  let out = '';
  let err = '';
  const { answer } = options;
  const io: CommandIo = {
    stdout: (text) => void (out += text),
    stderr: (text) => void (err += text),
    env: { HOME: options.home, ...options.env },
    cwd: options.home,
    isTerminal: false,
    signal: new AbortController().signal,
    ...(answer === undefined ? {} : { ask: () => Promise.resolve(typeof answer === 'string' ? answer : answer()) }),
    ...(options.trustFolders === undefined ? {} : { trustFolders: options.trustFolders }),
  };
  try {
    await command.run(args, io);
    return { out, err, code: undefined };
  } catch (thrown) {
    return { out, err, code: (thrown as { readonly code: string }).code };
  }
}

const storeOf = (home: string): string => path.join(home, '.local/share/pointsman/store');

describe('connect', () => {
  const names = HARNESS_NAMES.filter((name) => HARNESSES[name].files.length > 0);
  /** What a user of each may have there: the first file. */
  const existing: Readonly<Partial<Record<HarnessName, string>>> = {
    'claude-code': '{\n  "env": { "KEEP": "1" },\n  "permissions": {"allow": [ "Bash" ]}\n}\n',
    codex: '# my config\nmodel = "gpt-5.5"  # the big one\n\n[mcp_servers.toy]\ncommand = "toy"\n',
    gemini: '# mine\nexport GEMINI_API_KEY=old\nKEEP=1\n',
    opencode: '{"theme": "dark", "provider": {"other": {"npm": "x"}}}',
    qwen: '{ "security": { "auth": { "selectedType": "gemini" }, "x": 1 } }',
    pi: '{ "providers": { "ollama": { "baseUrl": "http://localhost:11434/v1" } } }',
    cline:
      '{ "version": 1, "providers": { "openai-compatible": { "settings": { "provider": "openai-compatible", "apiKey": "own" } } } }\n',
    continue:
      '# mine\nname: Local\nversion: 1.0.0\nschema: v1\nmodels:\n  # the big one\n  - name: gpt\n    provider: openai\n    model: gpt-6-sol\n',
    crush: '{"models": {"large": {"provider": "openai", "model": "gpt-6-sol"}}}',
    droid: '{\n  "customModels": [ { "model": "m",  "displayName": "mine" } ]\n}\n',
    openclaw: '{"agents": {"defaults": {"workspace": "~/w"}}}',
  };

  test.each(names)('%s: shows the change, keeps the rest, writes once, and takes it back to the byte', async (name) => {
    const home = temporary();
    const [file = '', ...more] = HARNESSES[name].files.map((one) => path.join(home, one.file));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, existing[name] ?? '', { mode: 0o644 });
    const dry = await run(connect, [name, '--dry-run'], { home });
    expect(dry.out).toContain('+ ');
    expect(readFileSync(file, 'utf8')).toBe(existing[name]);
    await run(connect, [name, '--yes'], { home });
    const written = readFileSync(file, 'utf8');
    expect(written).toContain('127.0.0.1:4141');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    const again = await run(connect, [name], { home });
    expect(again.out).toContain('already points');
    await run(connect, [name, '--url', 'http://127.0.0.1:5000/', '--yes'], { home });
    expect(readFileSync(file, 'utf8')).toContain('127.0.0.1:5000');
    expect((await run(disconnect, [name], { home })).out).toContain('Taken back');
    expect(readFileSync(file, 'utf8')).toBe(existing[name]);
    expect(more.filter((one) => existsSync(one))).toEqual([]);
    expect((await run(connect, [name, '--undo'], { home })).code).toBe('not-found');
  });

  test('what the harness writes since is kept: connected again and taken back, the file is as if nothing of ours had been', async () => {
    const home = temporary();
    const file = path.join(home, '.claude/settings.json');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{ "env": { "KEEP": "1", "ANTHROPIC_BASE_URL": "http://before" } }');
    await run(connect, ['claude-code', '--yes'], { home });
    const settings = JSON.parse(readFileSync(file, 'utf8')) as { readonly env: object };
    writeFileSync(file, JSON.stringify({ ...settings, permissions: { allow: ['Bash(ls)'] } }, undefined, 2));
    await run(connect, ['claude-code', '--url', 'http://127.0.0.1:5000', '--yes'], { home });
    await run(disconnect, ['claude-code'], { home });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      env: { KEEP: '1', ANTHROPIC_BASE_URL: 'http://before' },
      permissions: { allow: ['Bash(ls)'] },
    });
  });

  test('a key that its user has changed since is theirs', async () => {
    const home = temporary();
    const file = path.join(home, '.codex/config.toml');
    await run(connect, ['codex', '--yes'], { home });
    writeFileSync(file, readFileSync(file, 'utf8').replace('model = "auto"', 'model = "gpt-6-sol" # mine'));
    await run(disconnect, ['codex'], { home });
    expect(readFileSync(file, 'utf8').trim()).toBe('model = "gpt-6-sol" # mine');
  });

  test('a harness without a file is given variables; nothing is written', async () => {
    const home = temporary();
    const { out } = await run(connect, ['copilot', '--yes'], { home });
    expect(out).toContain('export COPILOT_PROVIDER_BASE_URL="http://127.0.0.1:4141/v1"');
    expect(readdirSync(home)).toEqual([]);
  });

  test('says what is stronger: in the shell, in the file itself, in the folder’s files', async () => {
    const home = temporary();
    mkdirSync(path.join(home, '.claude'));
    writeFileSync(
      path.join(home, '.claude/settings.json'),
      '{ "apiKeyHelper": "./key", "env": { "CLAUDE_CODE_SUBAGENT_MODEL": "haiku" } }',
    );
    writeFileSync(
      path.join(home, '.claude/settings.local.json'),
      '{ "env": { "ANTHROPIC_BASE_URL": "http://other" } }',
    );
    const { out } = await run(connect, ['claude-code', '--dry-run'], { home, env: { CLAUDE_CODE_USE_VERTEX: '1' } });
    expect(out).toMatch(/Set in this shell.*CLAUDE_CODE_USE_VERTEX/u);
    expect(out).toMatch(/Stated in this file.*CLAUDE_CODE_SUBAGENT_MODEL, apiKeyHelper/u);
    expect(out).toMatch(/\.claude\/settings\.local\.json of this folder.*env\.ANTHROPIC_BASE_URL/u);
    // An environment of Python, in the way of a file that would count.
    mkdirSync(path.join(home, '.env'));
    expect((await run(connect, ['gemini', '--dry-run'], { home })).out).toContain('GEMINI_API_KEY');
  });

  test('offers the size at which compacting bills least, writes it on request, and leaves one of the user’s own alone', async () => {
    const home = temporary();
    const claude = path.join(home, '.claude/settings.json');
    const codex = path.join(home, '.codex/config.toml');
    expect((await run(connect, ['claude-code', '--dry-run'], { home })).out).toMatch(
      /Offered: prompts that are compacted at \d+,000 tokens instead of 167,000 bill \d+ % less/u,
    );
    await run(connect, ['claude-code', '--compact-at', 'auto', '--yes'], { home });
    const { env } = JSON.parse(readFileSync(claude, 'utf8')) as { readonly env: Readonly<Record<string, string>> };
    expect(Number(env['CLAUDE_AUTOCOMPACT_PCT_OVERRIDE'])).toBeGreaterThan(20);
    expect(Number(env['CLAUDE_AUTOCOMPACT_PCT_OVERRIDE'])).toBeLessThan(80);
    expect(
      (await run(connect, ['claude-code', '--url', 'http://127.0.0.1:1', '--dry-run'], { home })).out,
    ).not.toContain('Offered');
    await run(connect, ['codex', '--compact-at', '90000', '--yes'], { home });
    expect(readFileSync(codex, 'utf8')).toContain('model_auto_compact_token_limit = 90000\n');
    expect((await run(connect, ['qwen', '--compact-at', 'auto'], { home })).code).toBe('request-invalid');
    expect((await run(connect, ['codex', '--compact-at', 'soon'], { home })).code).toBe('request-invalid');
    expect((await run(connect, ['qwen', '--dry-run'], { home })).out).not.toContain('Offered');
  });

  test('asks before it writes, after what speaks against it; where nobody can answer it writes nothing', async () => {
    const home = temporary();
    const file = path.join(home, '.claude/settings.json');
    const env = { ANTHROPIC_API_KEY: 'no-real-key-0001' };
    const unasked = await run(connect, ['claude-code', '--url', 'http://127.0.0.1:1'], { home, env });
    expect([unasked.code, existsSync(file)]).toEqual(['request-invalid', false]);
    for (const said of ['No gateway answers at http://127.0.0.1:1', 'ANTHROPIC_API_KEY', 'subscription'])
      expect(unasked.out).toContain(said);
    const no = await run(connect, ['claude-code'], { home, answer: '' });
    expect([no.out.endsWith('Nothing was written.\n'), existsSync(file)]).toEqual([true, false]);
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/healthz' ? 200 : 404).end(),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const yes = await run(connect, ['claude-code', '--url', url], { home, answer: 'y' });
    server.close();
    expect(yes.out).not.toContain('No gateway answers');
    expect(readFileSync(file, 'utf8')).toContain(url);
  });

  const editedFile = (name: HarnessName): string => {
    const [config] = HARNESSES[name].files;
    if (config === undefined) throw new Error(`${name} has no file`);
    return withSettings(config.format, existing[name] ?? '', config.settings({ url: 'http://g', token: 't' }));
  };

  test('keeps what was there beside the gateway', async () => {
    const home = temporary();
    const edited = editedFile('claude-code');
    expect(JSON.parse(edited)).toMatchObject({
      env: { KEEP: '1', ANTHROPIC_BASE_URL: 'http://g' },
      permissions: { allow: ['Bash'] },
    });
    expect(edited).toContain('"permissions": {"allow": [ "Bash" ]}');
    const toml = editedFile('codex');
    expect(toml.split('\n').slice(0, 4)).toEqual([
      '# my config',
      'model = "auto"  # the big one',
      'model_provider = "pointsman"',
      '',
    ]);
    expect(toml).toContain('[mcp_servers.toy]\ncommand = "toy"');
    expect(toml.indexOf('model_provider = ')).toBeLessThan(toml.indexOf('[mcp_servers'));
    const none = await run(connect, ['claude-code', '--yes'], { home });
    expect(none.code).toBeUndefined();
    await run(connect, ['claude-code', '--undo'], { home });
    expect(() => statSync(path.join(home, '.claude/settings.json'))).toThrow();
  });

  test('leaves a file alone that it cannot read, or that was changed since, and never shows a token', async () => {
    const home = temporary();
    const file = path.join(home, '.claude/settings.json');
    mkdirSync(path.dirname(file), { recursive: true });
    for (const bytes of ['{ // comment\n}', Buffer.from('{"a": "\u00e4"}', 'latin1')]) {
      writeFileSync(file, bytes);
      expect((await run(connect, ['claude-code', '--yes'], { home })).code).toBe('config-invalid');
      expect(readFileSync(file)).toEqual(Buffer.from(bytes));
    }
    writeFileSync(file, '{}');
    const secret = await run(connect, ['claude-code', '--token', 'pm-secret-token', '--yes'], { home });
    expect(secret.out).not.toContain('pm-secret-token');
    writeFileSync(file, '{"env": {"OTHER_API_KEY": "the-user-s-own"}}');
    for (const command of [connect, disconnect]) {
      const { out } = await run(command, ['claude-code', ...(command === connect ? ['--yes'] : []), '--json'], {
        home,
      });
      expect(out).toContain('OTHER_API_KEY');
      expect(out).not.toMatch(/the-user-s-own|pointsman-local/u);
    }
    await run(connect, ['claude-code', '--yes'], { home });
    writeFileSync(file, `${readFileSync(file, 'utf8')} // mine`);
    expect((await run(connect, ['claude-code', '--undo'], { home })).code).toBe('config-invalid');
    expect((await run(connect, ['emacs'], { home })).code).toBe('request-invalid');
  });

  test('what the harness writes while its user is asked stays', async () => {
    const home = temporary();
    const file = path.join(home, '.qwen/settings.json');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{}');
    const answer = (): string => {
      writeFileSync(file, '{"new": 1}');
      return 'y';
    };
    expect((await run(connect, ['qwen'], { home, answer })).code).toBe('config-invalid');
    expect(readFileSync(file, 'utf8')).toBe('{"new": 1}');
    expect((await run(disconnect, ['qwen'], { home })).code).toBe('not-found');
  });

  test.each([
    ['claude-code', 'CLAUDE_CONFIG_DIR', 'settings.json'],
    ['codex', 'CODEX_HOME', 'config.toml'],
    ['gemini', 'GEMINI_CLI_HOME', '.gemini/.env'],
    ['opencode', 'XDG_CONFIG_HOME', 'opencode/opencode.json'],
  ])('%s is changed where %s says that it looks; an empty one says nothing', async (name, variable, inside) => {
    const home = temporary();
    const moved = temporary();
    await run(connect, [name, '--yes'], { home });
    await run(connect, [name, '--yes'], { home, env: { [variable]: moved } });
    expect(readFileSync(path.join(moved, inside), 'utf8')).toContain('127.0.0.1:4141');
    await run(disconnect, [name], { home, env: { [variable]: moved } });
    expect(existsSync(path.join(moved, inside))).toBe(false);
    expect((await run(disconnect, [name], { home, env: { [variable]: '' } })).out).toContain('Taken back');
  });

  test('nothing is written below an empty HOME', async () => {
    const home = temporary();
    expect((await run(connect, ['qwen', '--yes'], { home, env: { HOME: '' } })).code).toBe('config-invalid');
    expect((await run(connect, ['qwen', '--yes'], { home, env: { HOME: '', USERPROFILE: home } })).out).toContain(home);
  });
});

describe('keys', () => {
  test('stay in force when a store begins in the folder', async () => {
    const home = temporary();
    await run(keys, ['add', 'ci'], { home });
    const own = path.join(home, '.pointsman');
    mkdirSync(own);
    writeFileSync(path.join(own, 'records.db'), '');
    createFolderGate({ env: { HOME: home } }).claim(own);
    expect((await run(keys, ['list'], { home })).out).toMatch(/ci\s/u);
  });

  test('charges a key to its place in an organisation, whose budgets "teams" shows', async () => {
    const home = temporary();
    const file = path.join(home, 'teams.yaml');
    writeFileSync(file, 'teams: { acme: { monthUsd: 500 }, acme/search: { dayUsd: 20, budgetUsd: 1000 } }\n');
    const env = { POINTSMAN_CONFIG: file };
    expect((await run(teams, [], { home })).out).toContain('keys add NAME --team');
    await run(keys, ['add', 'ranker', '--team', 'acme/search/ranking'], { home, env });
    expect((await run(keys, ['list'], { home, env })).out).toContain('in acme/search/ranking; no budget');
    const { out } = await run(teams, [], { home, env });
    expect(out).toMatch(/acme\s+\$0\S*\s+\$500\S* of \$500\S* this month\s+ranker/u);
    expect(out).toMatch(/acme\/search\s+\$0\S*\s+\$20\S* of \$20\S* this day/u);
    expect(out).toMatch(/acme\/search\/ranking\s+\$0\S*\s+no budget\s+ranker/u);
    const { teams: rows } = (
      JSON.parse((await run(teams, ['--json'], { home, env })).out) as { data: { teams: object[] } }
    ).data;
    expect(rows).toMatchObject([
      { team: 'acme', keys: ['ranker'] },
      { team: 'acme/search' },
      { team: 'acme/search/ranking' },
    ]);
    expect((await run(keys, ['add', 'x', '--team', 'a/b/c/d'], { home })).code).toBe('request-invalid');
  });

  test('makes, lists and removes access keys; the token is shown once and never stored', async () => {
    const home = temporary();
    const made = await run(keys, ['add', 'ci', '--budget-usd', '5', '--allow', 'm1', '--per-minute', '60'], { home });
    const token = made.out.trim();
    expect(token).toMatch(/^pm-[a-z0-9]{8}-/u);
    const file = path.join(storeOf(home), 'access-keys.json');
    expect(readFileSync(file, 'utf8')).not.toContain(token.slice(12));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run(keys, ['list'], { home })).out).toMatch(/ci\s+-\s+m1\s+60\s+never\n\s+budget \$5\.00/u);
    const [key] = readAccessKeys(storeOf(home));
    await run(keys, ['remove', key?.id ?? ''], { home });
    expect((await run(keys, ['list'], { home })).out).toContain('No access keys');
    expect((await run(keys, ['remove', 'nobody'], { home })).code).toBe('not-found');
    expect((await run(keys, [], { home })).code).toBe('request-invalid');
    expect((await run(keys, ['add', 'x', '--budget-usd=-1'], { home })).code).toBe('request-invalid');
  });

  test('the first one says whom it locks out, and how to let them in; the next ones have nothing to say', async () => {
    const home = temporary();
    const alone = await run(keys, ['add', 'ci'], { home });
    expect(alone.err).toContain(
      'refuses whoever has none until it is given a token: pointsman connect HARNESS --token',
    );
    const other = temporary();
    await run(connect, ['claude-code', '--yes'], { home: other });
    const first = await run(keys, ['add', 'ci'], { home: other });
    expect(first.err).toContain('refuses claude-code, connected before,');
    expect(first.err).toContain('pointsman connect claude-code --token TOKEN');
    expect((await run(keys, ['add', 'laptop'], { home: other })).err).not.toContain('connect');
  });

  test('rotates and revokes them, and shows what was spent and is left', async () => {
    const home = temporary();
    await run(keys, ['add', 'ci', '--budget-usd', '5', '--day-usd', '1', '--expires-days', '30'], { home });
    const dir = storeOf(home);
    const [key] = readAccessKeys(dir);
    const id = key?.id ?? '';
    expect(key?.expiresAt).toBeGreaterThan(Date.now());
    const ledger = await openLedger(dir, { onFault: () => undefined, isShort: true });
    const charges = [{ account: accountOf('key', id), limits: {} }];
    const wish = { charges, expectedNanoUsd: nanoFromUsd(0.25), worstNanoUsd: undefined, at: Date.now() };
    await ledger.reserve({ ...wish, id: 'a' });
    await ledger.reserve({ ...wish, id: 'b' });
    ledger.settle('a', { kind: 'billed', nanoUsd: nanoFromUsd(0.5) });
    ledger.settle('b', { kind: 'unknown', atLeastNanoUsd: nanoFromUsd(0) });
    await ledger.close();
    const { out } = await run(keys, ['list'], { home });
    expect(out).toMatch(
      /budget \$1\.00 a day, \$5\.00; left \$0\.25 this day, \$4\.25; spent \$0\.75, of it not\s+reported \$0\.25/u,
    );
    const rotated = await run(keys, ['rotate', id, '--keep-hours', '2'], { home });
    expect(rotated.out).toMatch(/^pm-[a-z0-9]{8}-/u);
    expect(readAccessKeys(dir)[0]?.tokens.map(({ validUntil }) => validUntil !== undefined)).toEqual([false, true]);
    await run(keys, ['rotate', id, '--keep-hours', '0'], { home });
    expect(readAccessKeys(dir)[0]?.tokens).toHaveLength(1);
    expect((await run(keys, ['rotate', 'nobody'], { home })).code).toBe('not-found');
    expect((await run(keys, ['revoke', id], { home })).out).toContain('Revoked');
    expect(readAccessKeys(dir)).toEqual([]);
  });

  test('keeps provider keys encrypted, refuses subscription tokens', async () => {
    const home = temporary();
    const env = { POINTSMAN_SECRETS_PASSPHRASE: 'correct horse', OPENAI_API_KEY: 'sk-very-secret' };
    expect((await run(keys, ['set', 'OPENAI_API_KEY'], { home, env })).out).toContain('Kept');
    const dir = storeOf(home);
    expect(readFileSync(path.join(dir, 'secrets.json'), 'utf8')).not.toContain('sk-very-secret');
    expect(readSecrets(dir, env)).toEqual({ OPENAI_API_KEY: 'sk-very-secret' });
    expect((await run(keys, ['stored'], { home, env })).out).toBe('OPENAI_API_KEY\n');
    const oauth = { ...env, ANTHROPIC_API_KEY: 'sk-ant-oat01-x' };
    expect((await run(keys, ['set', 'ANTHROPIC_API_KEY'], { home, env: oauth })).code).toBe('request-invalid');
    expect((await run(keys, ['set', 'OPENAI_API_KEY'], { home, env: { OPENAI_API_KEY: 'x' } })).code).toBe(
      'config-invalid',
    );
    writeFileSync(path.join(dir, 'secrets.json'), sealSecrets({ A: 'sk-ant-oat01-x' }, 'correct horse'));
    expect((await run(keys, ['stored'], { home, env, trustFolders: true })).code).toBe('config-invalid');
    writeFileSync(path.join(dir, 'secrets.json'), sealSecrets({ OPENAI_API_KEY: 'x' }, 'correct horse'));
    await run(keys, ['unset', 'OPENAI_API_KEY'], { home, env, trustFolders: true });
    expect(readSecrets(dir, env)).toEqual({});
  });
});

test('an empty variable names no place for keys', async () => {
  const home = temporary();
  expect((await run(keys, ['add', 'ci'], { home, env: { POINTSMAN_STORE: '' } })).code).toBeUndefined();
  expect(readdirSync(home).filter((name) => name.endsWith('.json'))).toEqual([]);
  expect(readAccessKeys(storeOf(home)).length).toBe(1);
});

describe('a store in PostgreSQL that does not answer', () => {
  test('is refused by everything that would have kept its data elsewhere, or nowhere', async () => {
    const home = temporary();
    const address = 'postgres://u:p@127.0.0.1:1/x';
    const env = { POINTSMAN_STORE: address };
    expect((await run(keys, ['add', 'ci'], { home, env })).code).toBe('record-unreadable');
    expect((await run(serve, ['--port', '0'], { home, env })).code).toBe('record-unreadable');
    writeFileSync(path.join(home, 'pointsman.config.yaml'), `store: ${address}\n`);
    expect((await run(serve, ['--port', '0'], { home, trustFolders: true })).code).toBe('record-unreadable');
    await expect(openGateway({ cwd: home, env })).rejects.toMatchObject({ code: 'record-unreadable' });
    // Beside the file stands only what was said yes to.
    expect(readdirSync(home)).toEqual(['.local', 'pointsman.config.yaml']);
  });
});

describe('what access keys spent', () => {
  const notices = { onFault: () => undefined, isShort: true };
  const account = accountOf('key', 'abcd1234');
  const spentIn = async (dir: string): Promise<number> => {
    const ledger = await openLedger(dir, notices);
    const { total } = await ledger.standings(account, Date.now());
    await ledger.close();
    return total.spentNanoUsd;
  };

  test('before there was a ledger is taken over into it, once', async () => {
    const dir = temporary();
    writeFileSync(path.join(dir, 'access-spent.json'), '{"abcd1234":1500000000}');
    expect(await spentIn(dir)).toBe(nanoFromUsd(1.5));
    expect(await spentIn(dir)).toBe(nanoFromUsd(1.5));
    // A gateway that died between the two steps comes again.
    writeFileSync(path.join(dir, 'access-spent.json'), '{"abcd1234":1500000000}');
    expect(await spentIn(dir)).toBe(nanoFromUsd(1.5));
  });

  test('in a damaged file stops the start: a budget must not begin anew unseen', async () => {
    const dir = temporary();
    writeFileSync(path.join(dir, 'access-spent.json'), '{"abcd1234":-1}');
    await expect(openLedger(dir, notices)).rejects.toMatchObject({ code: 'config-invalid' });
  });
});

describe('tail', () => {
  test('shows a call as one line: what it switched from, what it read, its bill against the prediction', () => {
    const event: FeedEvent = {
      at: 0,
      callId: 'c',
      sessionId: 'a-long-session-name',
      stepId: 's',
      kind: 'code',
      decisionId: 'd',
      requestedModel: 'auto',
      model: 'gpt-x',
      endpoint: 'openai',
      reason: 'switch-pays',
      switchedFrom: 'claude-y',
      fallbackFrom: [],
      status: 200,
      outcome: 'answered',
      durationMs: 1234.5,
      ttftMs: 5,
      promptTokens: 60_000,
      cacheReadTokens: 0,
      outputTokens: 350,
      billNanoUsd: 12_300_000,
      mayHaveBilledNanoUsd: undefined,
      predictedBillNanoUsd: 12_000_000,
      losses: [],
    };
    expect(callLine(event)).toBe(
      '00:00:00 a-long-sessi code      gpt-x ⇐ claude-y · switch-pays · 60k in (0 read) 350 out · $0.0123 (predicted $0.0120) · 1235 ms',
    );
    // Where the page shows why.
    expect(callLine(event, 'http://127.0.0.1:4141/')).toMatch(
      / 1235 ms · http:\/\/127\.0\.0\.1:4141\/#\/decision\/d$/u,
    );
    expect(callLine({ ...event, decisionId: '' }, 'http://127.0.0.1:4141/')).not.toContain('http');
    expect(callLine({ ...event, mayHaveBilledNanoUsd: 4_500_000 })).toContain('· $0.0123 + up to $0.0045 unknown (');
    expect(callLine({ ...event, outcome: 'failed', status: 529, promptTokens: undefined })).toContain('tokens unknown');
  });
});
