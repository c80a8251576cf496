import { spawnSync } from 'node:child_process';
import {
  chmodSync,
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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toPointsmanError } from '../../domain/errors.ts';
import { commandEnv } from './command-env.ts';
import { runProcess } from './run-process.ts';
import { gitLookEnv } from './safe-git.ts';

const GIT = '/usr/bin/git';
const LOOKS: readonly (readonly string[])[] = [
  ['status', '--ignore-submodules=all'],
  ['log', '-1', '--patch', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'],
];
let home = '';
let repository = '';
let canary = '';
let ran = '';

function git(args: readonly string[], cwd = repository): void {
  const env = { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  const done = spawnSync(GIT, args, { cwd, env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`);
}

function makeRepository(folder: string): void {
  mkdirSync(folder, { recursive: true });
  git(['init', '-q', '-b', 'main'], folder);
  writeFileSync(path.join(folder, '.gitattributes'), '* filter=x diff=x merge=x\n');
  writeFileSync(path.join(folder, 'a.txt'), 'one\n');
  git(['add', '.'], folder);
  git(['-c', 'user.name=t', '-c', 'user.email=t@example.test', 'commit', '-qm', 'first'], folder);
  writeFileSync(path.join(folder, 'a.txt'), 'two\n');
}

beforeEach(() => {
  home = realpathSync(mkdtempSync(path.join(tmpdir(), 'safe-git-')));
  repository = path.join(home, 'workspace');
  ran = path.join(home, 'ran');
  canary = path.join(home, 'canary');
  writeFileSync(canary, `#!/bin/sh\necho "$0 $*" >> ${ran}\ncat\n`);
  chmodSync(canary, 0o755);
  makeRepository(repository);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** As the tool that never asks runs it. */
async function look(args: readonly string[], cwd = repository): Promise<string> {
  const env = commandEnv(repository, { PATH: process.env['PATH'], HOME: home });
  const run = async (given: readonly string[], given2: Readonly<Record<string, string>>) =>
    runProcess({
      file: GIT,
      args: given,
      cwd,
      env: given2,
      timeoutMs: 20_000,
      maxOutputBytes: 1_000_000,
      signal: new AbortController().signal,
    });
  try {
    const safe = await gitLookEnv({ args, cwd, root: repository, env, git: run });
    const report = await run(args, safe);
    return report.stdout + report.stderr;
  } catch (error) {
    return `refused: ${toPointsmanError(error).code}`;
  }
}

/** Every key that this git knows; a name that the repository uses stands in place of `<name>` and `*`. */
const KEYS: readonly string[] = existsSync(GIT)
  ? spawnSync(GIT, ['help', '--config'], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter((key) => /^[a-z][\w-]*\./iu.test(key))
      .flatMap(withNames)
      .concat('include.path', 'filter.x.process', 'gpg.x509.program', 'gpg.ssh.program', 'hook.x.command')
  : [];

function withNames(key: string): readonly string[] {
  const name = key.startsWith('branch.') ? 'main' : key.startsWith('remote.') ? 'origin' : 'x';
  const named = key.replaceAll(/<[^>]*>|\*/gu, name);
  return /^(?:alias|pager)\./u.test(key) ? ['status', 'log', 'x'].map((one) => key.replace(/[^.]+$/u, one)) : [named];
}

/** Written by hand, as an attacker would: `git config` itself refuses some. */
function setAll(settings: readonly (readonly [string, string])[]): void {
  const sections = settings.map(([key, value]) => {
    const [first = '', ...rest] = key.split('.');
    const last = rest.pop() ?? '';
    const section = rest.length === 0 ? first : `${first} "${rest.join('.')}"`;
    return `[${section}]\n\t${last} = ${value}\n`;
  });
  writeFileSync(path.join(repository, '.git/config'), `[core]\n\tbare = false\n${sections.join('')}`);
}

/** True where git did its work. */
async function lookForCanary(what: string): Promise<boolean> {
  for (const args of LOOKS) {
    const output = await look(args);
    if (existsSync(ran)) expect.unreachable(`${what} ran a program: ${readFileSync(ran, 'utf8')}`);
    if (/^(?:fatal|error): |^refused: /mu.test(output)) return false;
  }
  return true;
}

/** The keys with which git still does its work; halved until what stops it stands alone. */
async function settled(keys: readonly string[], value: string): Promise<readonly string[]> {
  setAll(keys.map((key) => [key, value]));
  if (await lookForCanary(keys.join(' '))) return keys;
  if (keys.length <= 1) return [];
  const half = Math.ceil(keys.length / 2);
  return [...(await settled(keys.slice(0, half), value)), ...(await settled(keys.slice(half), value))];
}

describe.skipIf(!existsSync(GIT))('git that looks', () => {
  test('shows what is there', async () => {
    expect(await look(['status', '--short'])).toBe(' M a.txt\n');
    expect(await look(['log', '-1', '--format=%s'])).toBe('first\n');
  });

  test('is asked of repositories that would run a program, asked plainly', () => {
    git(['config', 'filter.x.clean', canary]);
    git(['status']);
    expect(existsSync(ran)).toBe(true);
  });

  test('runs no program that a key of the repository names, whichever key and whatever its value', async () => {
    expect(KEYS.length).toBeGreaterThan(600);
    // One value after the other: what git refuses to start with proves nothing about what it would run.
    let left = KEYS;
    const all: (readonly [string, string])[] = [];
    for (const value of [canary, 'true', '1', 'red']) {
      const borne = await settled(left, value);
      left = left.filter((key) => !borne.includes(key));
      all.push(...borne.map((key) => [key, value] as const));
    }
    expect(left.length).toBeLessThan(KEYS.length * 0.05);
    setAll(all);
    await lookForCanary('everything at once');
  }, 900_000);

  test('checks no signatures, and takes no format that would', async () => {
    git(['config', 'gpg.program', canary]);
    git(['config', 'log.showSignature', 'true']);
    git(['config', 'pretty.mine', 'format:%G?']);
    for (const format of ['%G?', 'mine', '%GK']) await look(['log', '-1', `--format=${format}`]);
    await look(['log', '-1']);
    expect(existsSync(ran)).toBe(false);
    expect(await look(['log', '-1', '--format=%G?'])).toContain('tool-denied');
  });

  test('follows no include, no bare repository inside, and no submodule to a program', async () => {
    writeFileSync(path.join(repository, 'more'), `[filter "x"]\n\tclean = ${canary}\n\trequired = true\n`);
    git(['config', 'include.path', '../more']);
    for (const args of LOOKS) await look(args);
    expect(existsSync(ran)).toBe(false);
    const bare = path.join(repository, 'docs/sample');
    mkdirSync(bare, { recursive: true });
    git(['init', '-q', '--bare'], bare);
    git(['config', 'core.fsmonitor', canary], bare);
    for (const args of LOOKS) await look(args, bare);
    expect(existsSync(ran)).toBe(false);
  });

  test('fetches nothing that is missing, and bears a remote that names its programs', async () => {
    git(['config', 'remote.origin.url', repository]);
    git(['config', 'remote.origin.uploadpack', canary]);
    git(['config', 'remote.origin.promisor', 'true']);
    git(['config', 'extensions.partialClone', 'origin']);
    expect(await look(['status', '--short'])).toBe(' M a.txt\n');
    rmSync(path.join(repository, '.git/objects'), { recursive: true });
    mkdirSync(path.join(repository, '.git/objects'));
    for (const args of LOOKS) await look(args);
    expect(existsSync(ran)).toBe(false);
  });

  test('shows no other repository and no other work tree', async () => {
    const other = path.join(home, 'other');
    makeRepository(other);
    writeFileSync(path.join(other, 'secret.txt'), 'TOP SECRET\n');
    git(['add', '.'], other);
    git(['-c', 'user.name=t', '-c', 'user.email=t@example.test', 'commit', '-qm', 'hidden'], other);
    const inner = path.join(repository, 'inner');
    mkdirSync(inner);
    writeFileSync(path.join(inner, '.git'), `gitdir: ${other}/.git\n`);
    expect(await look(['show', 'HEAD:secret.txt'], inner)).toContain('tool-denied');
    git(['config', 'core.worktree', other]);
    expect(await look(['diff'])).toContain('tool-denied');
  });

  /** Ways in which a repository inside the workspace can stand on the history of another. */
  const BORROWS: readonly (readonly [string, (own: string, other: string) => void])[] = [
    ['a common folder', (own, other) => writeFileSync(path.join(own, 'commondir'), `${other}\n`)],
    ['a relative common folder', (own) => writeFileSync(path.join(own, 'commondir'), '../../other/.git\n')],
    ['an alternate', (own, other) => borrow(own, other, `${other}/objects\n`)],
    ['a relative alternate', (own, other) => borrow(own, other, '# x\n../../../other/.git/objects\n')],
    ['a quoted alternate', (own, other) => borrow(own, other, `"${other}/objects"\n`)],
    [
      'an alternate of an alternate',
      (own, other) => {
        const step = path.join(repository, 'step');
        mkdirSync(path.join(step, 'info'), { recursive: true });
        writeFileSync(path.join(step, 'info/alternates'), `${other}/objects\n`);
        borrow(own, other, `${step}\n`);
      },
    ],
    [
      'linked folders',
      (own, other) => {
        for (const name of ['objects', 'refs']) replaceByLink(path.join(own, name), path.join(other, name));
      },
    ],
    [
      'a linked folder of packs',
      (own, other) => {
        git(['gc', '-q'], path.dirname(other));
        replaceByLink(path.join(own, 'objects/pack'), path.join(other, 'objects/pack'));
        writeFileSync(path.join(own, 'refs/heads/main'), headOf(other));
      },
    ],
  ];
  const headOf = (other: string): string =>
    spawnSync(GIT, ['rev-parse', 'HEAD'], { cwd: path.dirname(other), encoding: 'utf8' }).stdout;
  const replaceByLink = (place: string, target: string): void => {
    rmSync(place, { recursive: true, force: true });
    symlinkSync(target, place);
  };
  const borrow = (own: string, other: string, alternates: string): void => {
    writeFileSync(path.join(own, 'objects/info/alternates'), alternates);
    writeFileSync(path.join(own, 'refs/heads/main'), headOf(other));
  };

  test.each(BORROWS)('shows nothing of another repository through %s', async (_name, lend) => {
    const other = path.join(home, 'other');
    makeRepository(other);
    writeFileSync(path.join(other, 'secret.txt'), 'TOP SECRET\n');
    git(['add', '.'], other);
    git(['-c', 'user.name=t', '-c', 'user.email=t@example.test', 'commit', '-qm', 'hidden'], other);
    lend(path.join(repository, '.git'), path.join(other, '.git'));
    const env = { PATH: process.env['PATH'], HOME: home };
    const shown = spawnSync(GIT, ['show', 'HEAD:secret.txt'], { cwd: repository, env, encoding: 'utf8' });
    expect(shown.stdout).toBe('TOP SECRET\n');
    for (const args of [['show', 'HEAD:secret.txt'], ...LOOKS]) expect(await look(args)).toContain('tool-denied');
  });

  test('goes on with links and alternates that stay inside', async () => {
    replaceByLink(path.join(repository, '.git/description'), '../a.txt');
    git(['clone', '-q', '--shared', repository, path.join(repository, 'inner')]);
    expect(await look(['log', '-1', '--format=%s'], path.join(repository, 'inner'))).toBe('first\n');
  });

  test('goes on in a work tree that its repository made itself', async () => {
    const tree = path.join(home, 'tree');
    git(['worktree', 'add', '-q', tree, '-b', 'side']);
    repository = tree;
    expect(await look(['log', '-1', '--format=%s'], tree)).toBe('first\n');
  });
});
