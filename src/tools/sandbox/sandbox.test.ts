import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProcess } from '../command-runner/run-process.ts';
import { sandboxView } from './sandbox-view.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { seatbeltProfile } from './seatbelt.ts';

let base = '';
let home = '';
let workspace = '';
let server: Server;
beforeAll(async () => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'sandbox-')));
  home = path.join(base, 'home');
  workspace = path.join(base, 'home/project');
  for (const folder of ['.ssh', '.config/gh', '.cargo/bin', 'project/.pointsman', 'project/data']) {
    mkdirSync(path.join(home, folder), { recursive: true });
  }
  for (const name of [
    '.ssh/id',
    '.config/gh/hosts.yml',
    '.netrc',
    'notes.txt',
    'project/.pointsman/records.db',
    'project/data/x',
    '.cargo/bin/tool',
  ]) {
    writeFileSync(path.join(home, name), 'SECRET');
  }
  symlinkSync('../.ssh/id', path.join(workspace, 'link'));
  server = createServer((_request, response) => response.end('REACHED'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(base, { recursive: true, force: true });
});

const env = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: home });

/** A shell's words, as a program of the workspace would run them: the runner itself starts no shell. */
async function inside(sandbox: Sandbox, script: string, limits: { readonly timeoutMs?: number } = {}) {
  const started = sandbox.wrap({ file: '/bin/sh', args: ['-c', script], cwd: workspace });
  return runProcess({
    ...started,
    env: env(),
    timeoutMs: 60_000,
    maxOutputBytes: 100_000,
    signal: new AbortController().signal,
    ...limits,
  });
}

const WAYS = ['bubblewrap', 'namespaces', 'namespaces, built by a shell'] as const;
type Way = (typeof WAYS)[number];
const open = (way: Way | 'none', more: object = {}): Sandbox => {
  const kind = way === 'namespaces, built by a shell' ? 'namespaces' : way;
  return openSandbox({
    workspace,
    env: env(),
    closed: [path.join(workspace, 'data')],
    network: false,
    kinds: [kind],
    builders: way === 'namespaces' ? ['perl'] : ['shell'],
    ...more,
  });
};

describe.each(WAYS)('a sandbox of %s', (kind) => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = open(kind);
  });
  afterAll(() => sandbox.close());
  /** This system has not got it, or its kernel refuses. */
  const why = `skipped: this system lets nobody build a sandbox of ${kind}`;

  test('does not show our store under another name either', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    mkdirSync(path.join(workspace, 'sub'), { recursive: true });
    linkSync(path.join(workspace, '.pointsman/records.db'), path.join(workspace, 'sub/notes.txt'));
    const report = await inside(sandbox, 'cat sub/notes.txt');
    rmSync(path.join(workspace, 'sub/notes.txt'));
    expect(report.stdout + report.stderr).not.toContain('SECRET');
  });

  test('lets a command write in the workspace and in /tmp, and nowhere else', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    const places = [
      path.join(workspace, 'made'),
      '/tmp/made',
      '/etc/made',
      '/usr/made',
      path.join(home, '.cargo/bin/made'),
    ];
    const report = await inside(
      sandbox,
      `for f in ${places.join(' ')}; do (echo x > "$f") 2>/dev/null && echo "$f"; done; id -u`,
    );
    expect(report.stdout.trim().split('\n')).toEqual([places[0], '/tmp/made', String(process.getuid?.())]);
    expect([existsSync(path.join(workspace, 'made')), existsSync('/tmp/made')]).toEqual([true, false]);
  });

  test('leaves alone what programs outside act on', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    for (const name of ['.git/hooks', '.claude']) mkdirSync(path.join(workspace, name), { recursive: true });
    for (const name of ['.git/config', '.mcp.json']) writeFileSync(path.join(workspace, name), '');
    const places = ['.git/hooks/pre-commit', '.git/config', '.claude/settings.json', '.mcp.json', '.git/index'];
    const script = `for f in ${places.join(' ')}; do (echo x > "$f") 2>/dev/null && echo "$f"; done`;
    expect((await inside(sandbox, script)).stdout.trim()).toBe('.git/index');
  });

  test('lets nobody put another folder in the place of one that holds it', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    mkdirSync(path.join(workspace, '.git/hooks'), { recursive: true });
    mkdirSync(path.join(workspace, 'deep/store'), { recursive: true });
    writeFileSync(path.join(workspace, '.git/config'), 'ours');
    const deep = open(kind, { closed: [path.join(workspace, 'deep/store')] });
    const moved = await inside(
      deep,
      'for f in .git deep; do mv $f moved-$f 2>/dev/null && echo $f; done; touch .git/x',
    );
    deep.close();
    expect(moved).toMatchObject({ exitCode: 0, stdout: '' });
    expect(readFileSync(path.join(workspace, '.git/config'), 'utf8')).toBe('ours');
  });

  test('leaves alone the file by which a work tree names its repository', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    rmSync(path.join(workspace, '.git'), { recursive: true, force: true });
    writeFileSync(path.join(workspace, '.git'), 'gitdir: /nowhere\n');
    const tried = await inside(sandbox, '(echo "gitdir: evil" > .git || mv .git x) 2>/dev/null; cat .git');
    rmSync(path.join(workspace, '.git'));
    expect(tried.stdout).toBe('gitdir: /nowhere\n');
  });

  test('shows nothing of the home folder but tools, and nothing of our store', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    const report = await inside(
      sandbox,
      `grep -rs SECRET ${home} /root /home /tmp; cat link; cat ${home}/.netrc; ls -a ${home}; ls .pointsman data`,
    );
    expect([...new Set(report.stdout.match(/^.*SECRET$/gmu))]).toEqual([`${home}/.cargo/bin/tool:SECRET`]);
    expect(report.stdout).not.toMatch(/notes|netrc|records\.db/u);
    expect(readFileSync(path.join(workspace, '.pointsman/records.db'), 'utf8')).toBe('SECRET');
  });

  test('has no network but its own loopback, unless the user gives it one', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    const { port } = server.address() as AddressInfo;
    const get = `${process.execPath} -e "fetch('http://127.0.0.1:${port}').then(r => r.text()).then(console.log, () => console.log('closed'))"`;
    expect((await inside(sandbox, get)).stdout.trim()).toBe('closed');
    const own = `${process.execPath} -e "const s = require('http').createServer((q, r) => r.end('own')); s.listen(0, '127.0.0.1', async () => { console.log(await (await fetch('http://127.0.0.1:' + s.address().port)).text()); s.close(); })"`;
    expect((await inside(sandbox, own)).stdout.trim()).toBe('own');
    const wide = open(kind, { network: true });
    expect((await inside(wide, get)).stdout.trim()).toBe('REACHED');
    wide.close();
  });

  test('cannot be undone from inside', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    const tries = [
      `umount ${home}`,
      'mount -o remount,rw /',
      'mount -o remount,bind,rw /usr',
      `umount ${workspace}/.pointsman`,
    ];
    await inside(
      sandbox,
      `${tries.join('; ')}; unshare -Urm sh -c ${JSON.stringify([...tries, 'echo x > /etc/made'].join('; '))}`,
    );
    const seen = await inside(
      sandbox,
      `unshare -Urm sh -c "umount -R ${home}; umount ${workspace}/.pointsman; grep -rs SECRET ${home}/.ssh ${workspace}/.pointsman"; ls /proc`,
    );
    expect(seen.stdout).not.toContain('SECRET');
    expect(existsSync('/etc/made')).toBe(false);
  });

  test('ends with everything that it started, at the time limit too', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    const mark = `9${process.pid}${kind.length}`;
    const running = (): string => spawnSync('ps', ['ax', '-o', 'args'], { encoding: 'utf8' }).stdout;
    const left = await inside(sandbox, `setsid sleep ${mark} & sleep 0.2; echo done`);
    expect(left).toMatchObject({ exitCode: 0, stdout: 'done\n' });
    const late = await inside(sandbox, `setsid sleep ${mark} & sleep ${mark}`, { timeoutMs: 1500 });
    expect(late.ended).toBe('timeout');
    await expect.poll(() => running().includes(`sleep ${mark}`)).toBe(false);
  });

  test('keeps a command’s exit code, and limits its memory and processes', async ({ skip }) => {
    skip(sandbox.kind === 'none', why);
    expect((await inside(sandbox, 'exit 7')).exitCode).toBe(7);
    const small = open(kind, { limits: { memoryBytes: 200 * 1024 * 1024, processCount: 321 } });
    const greedy = await inside(
      small,
      `${process.execPath} -e "const kept = []; for (let n = 0; n < 40; n++) kept.push(Buffer.alloc(50e6, 1)); console.log('had it')"`,
    );
    expect(greedy.stdout).not.toContain('had it');
    expect((await inside(small, 'ulimit -p 2>/dev/null || ulimit -u')).stdout.trim()).toBe('321');
    small.close();
  });
});

test('Perl and a shell build the same, whatever a folder is called and the environment tells Perl', async ({
  skip,
}) => {
  const odd = path.join(home, `it's || "odd" \u{4E2D}\n$(x)`);
  mkdirSync(path.join(odd, '.git/hooks'), { recursive: true });
  writeFileSync(path.join(odd, 'AGENTS.md'), '');
  writeFileSync(path.join(odd, 'Loaded.pm'), 'print STDERR "LOADED"; 1');
  const [byPerl, byShell] = (['namespaces', 'namespaces, built by a shell'] as const).map((way) =>
    open(way, { workspace: odd }),
  );
  skip(byPerl?.kind !== 'namespaces' || byShell?.kind !== 'namespaces', 'this system lets nobody build them');
  const look = async (sandbox: Sandbox | undefined) => {
    const script =
      'cut -d" " -f4- /proc/self/mountinfo; ls -A /; ls -lAn /dev "$PWD"; grep -c . /proc/net/dev; echo "$PERL5OPT"';
    const command = { file: '/bin/sh', args: ['-c', script], cwd: odd };
    const started = sandbox?.wrap(command) ?? command;
    const environment = { ...env(), PERL5OPT: '-MLoaded', PERL5LIB: odd, LC_ALL: 'xx_XX' };
    const run = { env: environment, timeoutMs: 60_000, maxOutputBytes: 100_000, signal: new AbortController().signal };
    const { stdout, stderr } = await runProcess({ ...started, ...run });
    return { stdout: stdout.replaceAll(/pointsman-root-\w+|\d\d:\d\d/gu, ''), stderr };
  };
  const seen = await look(byPerl);
  expect(seen.stdout).toContain('-MLoaded');
  expect(seen.stderr).toBe('');
  expect(seen).toEqual(await look(byShell));
  for (const one of [byPerl, byShell]) one?.close();
});

test('without any, a command is run as it is, and that is known', () => {
  const sandbox = open('none');
  const command = { file: '/bin/true', args: ['x'], cwd: workspace };
  expect([sandbox.kind, sandbox.wrap(command), sandbox.temporary]).toEqual(['none', command, undefined]);
});

test('where the workspace holds the home, its secrets are covered', () => {
  const { covered, emptied } = sandboxView({ workspace: home, env: env(), closed: [], network: false });
  for (const name of ['.ssh', '.config', '.netrc']) expect(covered).toContain(path.join(home, name));
  expect(emptied).not.toContain(home);
});

test('on macOS a profile says the same', () => {
  const store = path.join(workspace, 'sub/store');
  mkdirSync(store, { recursive: true });
  const view = sandboxView({ workspace, env: env(), closed: [store], network: false });
  const profile = seatbeltProfile(view, ['/private/tmp']);
  const lines = profile.split('\n');
  expect(lines).toContain(`(deny file-write-unlink (literal ${JSON.stringify(path.join(workspace, 'sub'))}))`);
  expect(lines.slice(0, 3)).toEqual(['(version 1)', '(allow default)', '(deny network*)']);
  expect(profile).toContain(
    `(allow file-read* file-write* (subpath ${JSON.stringify(workspace)}) (subpath "/private/tmp"))`,
  );
  expect(lines.findIndex((line) => line.includes('deny file-read-data'))).toBeLessThan(
    lines.findIndex((line) => line.includes('allow file-read-data')),
  );
});
