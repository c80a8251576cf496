import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { Secret } from '../../config/secret.ts';
import { LAUNCHED } from '../../gateway/connect/harnesses.ts';
import { createScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { writeLargeStore } from '../../testing/internal/page/large-store.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import type { CommandIo } from '../input/command.ts';
import { countOwn, takeLaunchOptions } from './launch-options.ts';
import { runHarness } from './run-harness.ts';
import { statusLineFor } from './status-line.ts';
import { command as statusline } from './statusline-command.ts';

/** A person at a terminal, with a store in `home`. */
function ioFor(home: string): [said: string[], io: CommandIo] {
  const said: string[] = [];
  return [
    said,
    {
      stdout: (text) => void said.push(text),
      stderr: (text) => void said.push(text),
      env: { HOME: home, POINTSMAN_STORE: home },
      cwd: home,
      isTerminal: true,
      signal: new AbortController().signal,
    },
  ];
}

describe('what belongs to us and what to the harness', () => {
  test.each([
    [[], { pings: true }, []],
    [['-p', 'hi'], { pings: true }, ['-p', 'hi']],
    [['--dial', '7', '-p', 'hi', '--dial', '2'], { pings: true, dial: 7 }, ['-p', 'hi', '--dial', '2']],
    [
      ['--dial=3', '--policy=thrifty', '--no-pings', '--pool', 'mine'],
      { pings: false, dial: 3, policy: 'thrifty', pool: 'mine' },
      [],
    ],
    [['--', '--dial', '7'], { pings: true }, ['--dial', '7']],
    [['--policy', 'thrifty', '--', '--help'], { pings: true, policy: 'thrifty' }, ['--help']],
    [['exec', '--', 'x'], { pings: true }, ['exec', '--', 'x']],
    [['--config', 'model="x"'], { pings: true }, ['--config', 'model="x"']],
    [['--no-pings=x'], { pings: true }, []],
  ] as const)('%j', (args, options, rest) => {
    if (args.includes('--no-pings=x' as never)) expect(() => takeLaunchOptions(args)).toThrow();
    else expect(takeLaunchOptions(args)).toEqual({ options, rest });
  });

  test('help, trust and the level of the log are ours in front, and the harness’s behind', () => {
    expect(countOwn(['--log-level', 'debug', '--trust', '--dial', '3', 'run', '--log-level', 'DEBUG', '-h'])).toBe(5);
    expect(countOwn(['--help'])).toBe(1);
    expect(countOwn(['exec', '--help'])).toBe(0);
    expect(countOwn(['--dial'])).toBe(1);
  });

  test.each(['11', '-1', 'x', '', 'NaN'])('a dial of "%s" is refused', (dial) => {
    expect(() => takeLaunchOptions([`--dial=${dial}`])).toThrow(/--dial takes 0 to 10/u);
  });
});

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A program on the search path that stands for a harness, in Node so that it can do what it likes. */
function fakeHarness(name: string, script: string): { readonly bin: string; readonly home: string } {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-fake-harness-'));
  cleanups.push(() => rmSync(home, { recursive: true, force: true }));
  const bin = path.join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, `${name}.mjs`), script);
  writeFileSync(path.join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${path.join(bin, name)}.mjs" "$@"\n`, {
    mode: 0o755,
  });
  return { bin, home };
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const MAIN = path.resolve(import.meta.dirname, '../main.ts');

function start(
  args: readonly string[],
  { bin, home }: { readonly bin: string; readonly home: string },
  env: Readonly<Record<string, string>>,
  cwd = home,
) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { HOME: home, PATH: `${bin}:/usr/bin:/bin`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (err += data.toString()));
  const end = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, out, err }));
  });
  return { child, end, out: () => out };
}

const SHOW = 'console.log(JSON.stringify({ args: process.argv.slice(2), env: process.env }));';

describe('a harness through a gateway of its own', () => {
  test('gets an address, a token and its arguments; its exit code is ours; what it cost is said', async () => {
    const vendor = await createScriptedServer({ models: shippedModels(), script: () => ({ text: 'Hello.' }) });
    cleanups.push(() => vendor.close());
    const place = fakeHarness(
      'claude',
      `${SHOW}
       const { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token } = process.env;
       const body = JSON.stringify({ model: 'claude-auto', max_tokens: 100, messages: [{ role: 'user', content: 'Say hello.' }] });
       const post = (headers) => fetch(url + '/v1/messages', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
       console.log((await post({ authorization: 'Bearer ' + token })).status, (await post({})).status);
       process.exitCode = 7;`,
    );
    const { code, out, err } = await start(['claude', '--dial', '6', '-p', 'hi', '--help'], place, {
      ANTHROPIC_API_KEY: 'sk-ant-api03-upstream',
      POINTSMAN_ANTHROPIC_BASE_URL: vendor.url,
    }).end;
    expect(code, err).toBe(7);
    const [shown, statuses] = out.trim().split('\n');
    const { args, env } = JSON.parse(shown ?? '') as { args: string[]; env: Record<string, string> };
    expect(args).toEqual(['--settings', expect.stringContaining('settings.json'), '-p', 'hi', '--help']);
    expect(env['ANTHROPIC_API_KEY']).toBeUndefined();
    expect(env['ANTHROPIC_AUTH_TOKEN']).toMatch(/^pm-/u);
    expect(JSON.stringify(args)).not.toContain(env['ANTHROPIC_AUTH_TOKEN']);
    expect(statuses).toBe('200 401');
    expect(err).toMatch(/pointsman: 1 call, \$0\.\d+ billed \(measured\)/u);
    expect(readdirSync(place.home).filter((name) => name.startsWith('.claude'))).toEqual([]);
  });

  test('Ctrl-C is the harness’s own; what ends pointsman ends it, and nothing is left behind', async () => {
    const place = fakeHarness(
      'codex',
      `process.on('SIGINT', () => console.log('interrupted'));
       process.on('SIGTERM', () => process.exit(3));
       console.log('ready ' + process.env.POINTSMAN_TOKEN);
       setInterval(() => {}, 1000);`,
    );
    const run = start(['codex'], place, { OPENAI_API_KEY: 'sk-upstream' });
    await expect.poll(run.out).toContain('ready pm-');
    process.kill(-(run.child.pid ?? 0), 'SIGINT');
    await expect.poll(run.out).toContain('interrupted');
    process.kill(-(run.child.pid ?? 0), 'SIGINT');
    run.child.kill('SIGTERM');
    const { code, err } = await run.end;
    expect(code, err).toBe(3);
    expect(err).not.toContain('press Ctrl-C again');
  });

  test('a terminal that closes ends the harness, and takes its settings and the gateway along', async () => {
    const place = fakeHarness(
      'claude',
      `process.on('SIGHUP', () => process.exit(4));
       console.log('ready ' + process.argv[3]);
       setInterval(() => {}, 1000);`,
    );
    const run = start(['claude'], place, { ANTHROPIC_API_KEY: 'sk-ant-api03-upstream' });
    await expect.poll(run.out).toContain('settings.json');
    run.child.kill('SIGHUP');
    const { code, out, err } = await run.end;
    expect(code, err).toBe(4);
    expect(err).toContain('pointsman: 0 calls');
    expect(existsSync(path.dirname(out.trim().slice('ready '.length)))).toBe(false);
  });

  const COPIES = {
    cline: ['.cline/data/settings/providers.json', '{ "mine": true }', 'CLINE_PROVIDER_SETTINGS_PATH', ''],
    cn: ['.continue/config.yaml', 'name: Mine # kept\nversion: 1.0.0\nschema: v1\nrules: [mine]\n', '', '--config'],
    crush: ['.config/crush/crush.json', '{ "mine": true }', 'CRUSH_GLOBAL_CONFIG', ''],
    openclaw: ['.openclaw/openclaw.json', '{ // kept\n  "mine": true }', 'OPENCLAW_CONFIG_PATH', ''],
  } as const;
  test.each(Object.entries(COPIES))(
    '%s gets its user’s own file with the gateway in it, which is left as it is and gone afterwards',
    async (name, [own, text, variable, option]) => {
      const place = fakeHarness(
        name,
        `import { readFileSync, statSync } from 'node:fs';
         import path from 'node:path';
         const named = process.env['${variable}'] ?? process.argv[process.argv.indexOf('${option}') + 1];
         const file = statSync(named).isDirectory() ? path.join(named, 'crush.json') : named;
         console.log(JSON.stringify({ file, mode: statSync(file).mode & 0o777, text: readFileSync(file, 'utf8'), env: process.env, args: process.argv.slice(2) }));`,
      );
      const file = path.join(place.home, own);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
      const env = { OPENAI_API_KEY: 'sk-upstream' };
      const { code, out, err } = await start([name, '--dial', '3', '-x', 'hi'], place, env).end;
      expect(code, err).toBe(0);
      const shown = JSON.parse(out) as { file: string; mode: number; text: string; args: string[] };
      expect(shown.mode).toBe(0o600);
      expect(shown.text).toContain('mine');
      expect(shown.text).toMatch(/http:\/\/127\.0\.0\.1:\d+\/v1[\s\S]*pm-|pm-[\s\S]*http:\/\/127\.0\.0\.1:\d+\/v1/u);
      if (text.includes('kept')) expect(shown.text).toContain('kept');
      expect(shown.args.slice(-2)).toEqual(['-x', 'hi']);
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(existsSync(shown.file)).toBe(false);
      writeFileSync(file, '{ [');
      const broken = await start([name], place, env).end;
      expect([broken.code, broken.out], broken.err).toEqual([2, '']);
      expect(readFileSync(file, 'utf8')).toBe('{ [');
    },
  );

  test.each([
    ['cline', 'CLINE_PROVIDER_SETTINGS_PATH', '.cline/data/settings/providers.json'],
    ['openclaw', 'OPENCLAW_CONFIG_PATH', '.openclaw/openclaw.json'],
  ])('what %s changes of its settings goes with the copy, which is said, by name', async (name, variable, own) => {
    const place = fakeHarness(
      name,
      `import { readFileSync, writeFileSync } from 'node:fs';
       const file = process.env['${variable}'];
       const settings = JSON.parse(readFileSync(file, 'utf8'));
       if (process.argv[2] === 'change') writeFileSync(file, JSON.stringify({ ...settings, mine: undefined, tone: { voice: 'sk-secret' } }));
       if (process.argv[2] === 'save') writeFileSync(file, JSON.stringify(settings, undefined, 4));
       if (process.argv[2] === 'break') writeFileSync(file, '{ [');`,
    );
    const file = path.join(place.home, own);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '{ "mine": true }');
    const said = async (word: string): Promise<string> => {
      const { code, err } = await start([name, word], place, { OPENAI_API_KEY: 'sk-upstream' }).end;
      expect(code, err).toBe(0);
      return err.replaceAll(/\s+/gu, ' ');
    };
    const changed = await said('change');
    expect(changed).toContain(`! ${name} changed its settings (tone.voice, tone, mine) in the copy`);
    expect(changed).toContain(`${own} stands as it was.`);
    expect(changed).not.toContain('sk-secret');
    expect(await said('save')).not.toContain('changed its settings');
    expect(await said('break')).toContain('changed its settings (in a form that is not read here)');
    expect(readFileSync(file, 'utf8')).toBe('{ "mine": true }');
  });

  test('cn is given no model but ours: one that its user chose at some time would be asked past the gateway', async () => {
    const place = fakeHarness(
      'cn',
      `import { readFileSync } from 'node:fs'; console.log(readFileSync(process.argv[3], 'utf8'));`,
    );
    mkdirSync(path.join(place.home, '.continue'));
    const models = 'models:\n  - name: Chosen\n    provider: openai\n    model: o\n    apiKey: sk-theirs\n';
    const own = `name: Mine # kept\nversion: 1.0.0\nschema: v1\n${models}rules:\n  - mine\n`;
    writeFileSync(path.join(place.home, '.continue/config.yaml'), own);
    const { code, out, err } = await start(['cn'], place, { OPENAI_API_KEY: 'sk-upstream' }).end;
    expect(code, err).toBe(0);
    for (const part of ['name: Mine # kept', 'name: pointsman', '- mine']) expect(out).toContain(part);
    expect(out).not.toMatch(/Chosen|sk-theirs/u);
    expect(readFileSync(path.join(place.home, '.continue/config.yaml'), 'utf8')).toBe(own);
  });

  test('what the folder brings, and is read after the copy, is said', async () => {
    const place = fakeHarness('crush', SHOW);
    const brought = { models: { large: { provider: 'other', model: 'x' } } };
    writeFileSync(path.join(place.home, 'crush.json'), JSON.stringify(brought));
    const { code, err } = await start(['crush'], place, { OPENAI_API_KEY: 'sk-upstream' }).end;
    expect(code, err).toBe(0);
    expect(err.replaceAll(/\s+/gu, ' ')).toContain(
      '! crush.json of this folder is read after this file, and states: models.large',
    );
  });

  test('a configuration of one’s own in place of ours would go past the gateway, and is refused; so is droid, which has no way', async () => {
    const place = fakeHarness('cn', SHOW);
    const own = await start(['cn', '--config', 'mine.yaml'], place, { OPENAI_API_KEY: 'sk-upstream' }).end;
    expect([own.code, own.out]).toEqual([2, '']);
    expect(own.err).toContain('connect continue');
    const droid = await start(['droid', 'exec', 'hi'], place, { OPENAI_API_KEY: 'sk-upstream' }).end;
    expect([droid.code, droid.out]).toEqual([2, '']);
    expect(droid.err.replaceAll(/\s+/gu, ' ')).toContain('pointsman connect droid');
  });

  test('is not given the password of a store in PostgreSQL', async () => {
    const place = fakeHarness('codex', SHOW);
    const shown = path.join(place.home, 'shown.json');
    const file = path.join(place.home, 'codex');
    writeFileSync(file, `#!/bin/sh\nenv > '${shown}'\n`, { mode: 0o755 });
    const address = 'postgres://u:horse@h/d';
    const io = {
      stdout: () => undefined,
      stderr: () => undefined,
      env: { PATH: process.env['PATH'], POINTSMAN_STORE: address, STORE_ADDRESS: `${address}?a=b`, OTHER: 'x' },
      cwd: place.home,
      isTerminal: false,
      signal: new AbortController().signal,
    };
    const storeAddress = new Secret(`${address}?a=b`, 'the configuration');
    const target = { url: 'http://127.0.0.1:1', token: 't', file, args: [], storeAddress };
    expect(await runHarness(io, LAUNCHED.codex, target)).toBe(0);
    const lines = readFileSync(shown, 'utf8').split('\n');
    expect(lines).toContain('POINTSMAN_STORE=postgres://u@h/d');
    expect(lines).toContain('STORE_ADDRESS=postgres://u@h/d?a=b');
    expect(lines).toContain('OTHER=x');
    expect(lines.join('\n')).not.toContain('horse');
  });

  test('on a store in PostgreSQL it is told where that is, and whatever says so to us has no password', async ({
    skip,
  }) => {
    const server = await openTestPostgres();
    if (server === undefined) return skip('skipped: no PostgreSQL');
    const address = server.freshAddress();
    const password = decodeURIComponent(new URL(address).password);
    expect(password).not.toBe('');
    const place = fakeHarness('codex', SHOW);
    const folder = path.join(place.home, '.config', 'pointsman');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'config.yaml'), 'store: "${STORE_ADDRESS}"\n');
    const env = { OPENAI_API_KEY: 'sk-upstream', STORE_ADDRESS: address };
    const { code, out, err } = await start(['--store', address, 'codex'], place, env).end;
    expect(code, err).toBe(0);
    for (const name of ['POINTSMAN_STORE', 'STORE_ADDRESS']) expect(out).toContain(`"${name}":"postgres://`);
    for (const form of [password, encodeURIComponent(password)]) expect(out + err).not.toContain(form);
  });

  test('Ctrl-C before it was started starts nothing', async () => {
    const io = {
      stdout: () => undefined,
      stderr: () => undefined,
      env: {},
      cwd: tmpdir(),
      isTerminal: false,
      signal: AbortSignal.abort(),
    };
    const target = { url: 'http://127.0.0.1:1', token: 't', file: '/bin/true', args: [] };
    await expect(runHarness(io, LAUNCHED.codex, target)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('without a key, or without the program, it says so and starts nothing', async () => {
    const place = fakeHarness('qwen', SHOW);
    const keyless = await start(['qwen'], place, {}).end;
    expect([keyless.code, keyless.out]).toEqual([4, '']);
    expect(keyless.err).toMatch(/No model can be called.*subscription/su);
    const missing = await start(['gemini', '-p', 'hi'], place, { GEMINI_API_KEY: 'AIza-upstream' }).end;
    expect([missing.code, missing.out]).toEqual([2, '']);
    expect(missing.err.replaceAll(/\s+/gu, ' ')).toContain(
      'search path. Install it: npm install -g @google/gemini-cli',
    );
  });

  test.each(['', '.', 'bin', './bin'])(
    'what lies in the folder of the work is no program of the search path "%s"',
    async (first) => {
      const place = fakeHarness('codex', "console.log('theirs');");
      const work = path.join(place.home, 'work');
      for (const file of ['codex', 'bin/codex']) {
        mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
        writeFileSync(path.join(work, file), '#!/bin/sh\necho brought\n', { mode: 0o755 });
      }
      const env = { OPENAI_API_KEY: 'sk-upstream', PATH: `${first}:${place.bin}:/usr/bin:/bin` };
      const { out, err } = await start(['codex'], place, env, work).end;
      expect(out, err).toBe('theirs\n');
      const alone = await start(['codex'], place, { ...env, PATH: `${first}:/usr/bin:/bin` }, work).end;
      expect([alone.code, alone.out]).toEqual([2, '']);
    },
  );

  test('the status line says how the session stands, by the command that it is given, and never in place of the user’s own', async () => {
    const vendor = await createScriptedServer({ models: shippedModels(), script: () => ({ text: 'Hello.' }) });
    cleanups.push(() => vendor.close());
    const place = fakeHarness(
      'claude',
      `import { readFileSync } from 'node:fs';
       import { spawnSync } from 'node:child_process';
       const settings = JSON.parse(readFileSync(process.argv[3], 'utf8'));
       if (settings.statusLine === undefined) console.log('none');
       else {
         const { ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: token } = process.env;
         const say = () => {
           const input = JSON.stringify({ session_id: 'session-4711', transcript_path: '/nowhere.jsonl', model: { id: 'x' } });
           const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', settings.statusLine.command], { input, encoding: 'utf8' });
           console.log((status + ' ' + stdout + stderr).trim());
         };
         say();
         for (const model of ['claude-haiku-4-5', 'claude-opus-5-5']) {
           const body = JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Say hello.' }] });
           const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + token, 'x-claude-code-session-id': 'session-4711' };
           await (await fetch(url + '/v1/messages', { method: 'POST', body, headers })).text();
         }
         await new Promise((done) => setTimeout(done, 1500));
         say();
       }`,
    );
    const env = { ANTHROPIC_API_KEY: 'sk-ant-api03-upstream', POINTSMAN_ANTHROPIC_BASE_URL: vendor.url };
    const { out, err } = await start(['claude'], place, env).end;
    const [before, after] = out.trim().split('\n');
    expect(before, err).toBe('0 pointsman: no call yet');
    expect(after).toMatch(
      /^0 claude-opus-5-5 · warm \d+ % · \$0\.\d+ · \$0\.\d+ less than all on claude-opus-5-5 \(modelled\)$/u,
    );
    for (const text of ['{"statusLine":{"type":"command","command":"mine"}}', '{ // a comment\n}']) {
      mkdirSync(path.join(place.home, '.claude'), { recursive: true });
      writeFileSync(path.join(place.home, '.claude/settings.json'), text);
      expect((await start(['claude'], place, env).end).out.trim()).toBe('none');
    }
  });

  test('a status line reads a transcript that is a file, and no folder with all that lies in it', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'pointsman-status-'));
    cleanups.push(() => rmSync(home, { recursive: true, force: true }));
    const message = {
      id: 'm',
      role: 'assistant',
      model: 'claude-opus-5-5',
      usage: { input_tokens: 9, output_tokens: 1 },
    };
    const call = { type: 'assistant', sessionId: 's', uuid: 'u', timestamp: '2026-11-01T10:00:00Z', message };
    const file = path.join(home, 'session.jsonl');
    writeFileSync(file, `${JSON.stringify(call)}\n`);
    const said = async (transcript: string): Promise<string> => {
      let out = '';
      await statusline.run([], {
        stdout: (text) => void (out += text),
        stderr: () => undefined,
        readInput: () => Promise.resolve(JSON.stringify({ session_id: 's', transcript_path: transcript })),
        env: { HOME: home },
        cwd: home,
        isTerminal: false,
        signal: new AbortController().signal,
      });
      return out;
    };
    expect(await said(file)).toContain('claude-opus-5-5');
    expect(await said(home)).toBe('pointsman: no call yet\n');
  });

  test('without a session, and with nothing handed in, the status line is that of the latest recorded one', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'pointsman-latest-'));
    cleanups.push(() => rmSync(home, { recursive: true, force: true }));
    const [said, io] = ioFor(home);
    await expect(statusline.run([], io)).rejects.toMatchObject({ code: 'not-found' });
    await writeLargeStore(home, 80, Date.now());
    expect(await statusline.run([], io)).toBe(0);
    expect(said.join('')).toMatch(/^The latest session, session-1\n\S+ · .*\$/u);
  });

  test('a status line of the user’s counts wherever their settings lie', () => {
    const home = mkdtempSync(path.join(tmpdir(), 'pointsman-moved-'));
    cleanups.push(() => rmSync(home, { recursive: true, force: true }));
    const elsewhere = path.join(home, 'elsewhere');
    mkdirSync(elsewhere);
    const lineWith = (env: Readonly<Record<string, string>>): string | undefined =>
      statusLineFor(LAUNCHED['claude-code'], { env: { HOME: home, ...env }, cwd: home }, '/a store');
    expect(lineWith({ CLAUDE_CONFIG_DIR: elsewhere })).toContain("'POINTSMAN_STORE=/a store'");
    writeFileSync(path.join(elsewhere, 'settings.json'), '{"statusLine":{"type":"command","command":"mine"}}');
    expect(lineWith({})).toBeDefined();
    expect(lineWith({ CLAUDE_CONFIG_DIR: elsewhere })).toBeUndefined();
  });

  test('a --settings of the user’s is left to be the only one', async () => {
    const place = fakeHarness('claude', SHOW);
    const file = path.join(place.home, 'mine.json');
    writeFileSync(file, '{}');
    const { out } = await start(['claude', '--settings', file], place, { ANTHROPIC_API_KEY: 'sk-ant-api03-upstream' })
      .end;
    expect((JSON.parse(out) as { args: string[] }).args).toEqual(['--settings', file]);
    expect(readFileSync(file, 'utf8')).toBe('{}');
  });
});
