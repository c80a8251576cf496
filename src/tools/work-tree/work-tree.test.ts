import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileChange, netChanges } from './file-change.ts';
import { openWorkTree, type WorkTree } from './work-tree.ts';

let top = '';
let workspace = '';
let tree: WorkTree;
beforeEach(() => {
  top = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-tree-')));
  workspace = path.join(top, 'work');
  mkdirSync(workspace);
  tree = openWorkTree(workspace, { dir: path.join(top, 'trees'), env: process.env, closed: [] });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const at = (name: string): string => path.join(workspace, name);
function put(name: string, text: string): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}

async function changed(names: readonly string[] | undefined, act: () => void): Promise<readonly FileChange[]> {
  const before = await tree.before(names);
  act();
  return tree.changesSince(before);
}

describe('looking at everything', () => {
  test('starts no program that a repository inside names, whatever its name', async () => {
    const canary = path.join(top, 'canary');
    writeFileSync(canary, `#!/bin/sh\ntouch '${top}/sang'\ncat\n`, { mode: 0o755 });
    // Names are bytes, where the system has it so.
    const latin = Buffer.concat([Buffer.from(at('M')), Buffer.from([0xfc])]);
    const folders = [Buffer.from(at('sub')), ...(process.platform === 'linux' ? [latin] : [])];
    for (const folder of folders) mkdirSync(folder);
    const commit = 'git init -q && git -c user.name=a -c user.email=a@localhost commit -q --allow-empty -m x';
    execFileSync('sh', ['-ec', `for one in */; do (cd "$one" && ${commit}); done`], { cwd: workspace });
    for (const folder of folders) {
      const file = (name: string): Buffer => Buffer.concat([folder, Buffer.from(`/${name}`)]);
      const programs = `fsmonitor = ${canary}\n[filter "x"]\n\tclean = ${canary}\n`;
      writeFileSync(file('.git/config'), `[core]\n\trepositoryformatversion = 0\n\t${programs}`);
      writeFileSync(file('.gitattributes'), '* filter=x\n');
      writeFileSync(file('a.txt'), 'a');
    }
    for (const text of ['one', 'two']) {
      const changes = await changed(undefined, () => put('f.txt', text));
      expect(changes.map(({ name }) => name)).toEqual(['f.txt']);
    }
    expect(existsSync(path.join(top, 'sang'))).toBe(false);
  });

  test('goes on after a git that was killed, and beside another that looks', async () => {
    await changed(undefined, () => put('f.txt', 'one'));
    const [own = ''] = readdirSync(path.join(top, 'trees'));
    writeFileSync(path.join(top, 'trees', own, 'index.lock'), '');
    const other = openWorkTree(workspace, { dir: path.join(top, 'trees'), env: process.env, closed: [] });
    const [mine, theirs] = await Promise.all([tree.before(undefined), other.before(undefined)]);
    expect(mine).toEqual({ kind: 'tree', tree: expect.stringMatching(/^[\da-f]{40}$/u) as string });
    expect(theirs).toEqual(mine);
    expect(readdirSync(path.join(top, 'trees', own)).filter((name) => name.startsWith('index-'))).toEqual([]);
  });

  test('leaves out what is mostly installed, ignored or not', async () => {
    const changes = await changed(undefined, () => {
      put('node_modules/m/i.js', 'x');
      put('mine.js', 'x');
    });
    expect(changes.map(({ name }) => name)).toEqual(['mine.js']);
  });
});

describe('what somebody else put there since stays, and nothing is done by half', () => {
  let changes: readonly FileChange[] = [];
  beforeEach(async () => {
    put('a.txt', 'a');
    put('b.txt', 'b');
    chmodSync(at('b.txt'), 0o600);
    changes = await changed(['a.txt', 'b.txt', 'new.txt'], () => {
      put('new.txt', 'new');
      put('a.txt', 'changed');
      rmSync(at('b.txt'));
    });
  });

  test.each<readonly [string, () => void]>([
    ['a pipe', () => void execFileSync('mkfifo', [at('b.txt')])],
    ['a folder', () => put('b.txt/mine.txt', 'mine')],
    ['an empty folder', () => mkdirSync(at('b.txt'))],
  ])('%s', async (_what, act) => {
    act();
    expect(await tree.putBack(changes, 'stop')).toEqual(['b.txt']);
    expect([existsSync(at('new.txt')), readFileSync(at('a.txt'), 'utf8')]).toEqual([true, 'changed']);
    expect(await tree.putBack(changes, 'leave')).toEqual(['b.txt']);
    expect([existsSync(at('new.txt')), readFileSync(at('a.txt'), 'utf8')]).toEqual([false, 'a']);
  });

  test('also where what it held is lost', async () => {
    rmSync(path.join(top, 'trees'), { recursive: true });
    expect(await tree.putBack(changes, 'stop')).toEqual(['a.txt', 'b.txt']);
    expect([existsSync(at('new.txt')), readFileSync(at('a.txt'), 'utf8')]).toEqual([true, 'changed']);
  });

  test('who may read a file that comes back is who might before', async () => {
    expect(await tree.putBack(changes, 'stop')).toEqual([]);
    expect(statSync(at('b.txt')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(top, 'trees')).mode & 0o077).toBe(0);
  });

  test('an edit between two changes', async () => {
    put('a.txt', 'changed, and mine');
    const more = await changed(['a.txt'], () => put('a.txt', 'changed, and mine, and more'));
    expect(await tree.putBack(netChanges([...changes, ...more]), 'stop')).toEqual(['a.txt']);
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('changed, and mine, and more');
  });

  test('but not a call that was cut off and made again', async () => {
    put('a.txt', 'again');
    const again = await changed(['a.txt'], () => undefined);
    const cut = changes.find(({ name }) => name === 'a.txt');
    const after = await tree.before(['a.txt']);
    expect([again, cut?.name]).toEqual([[], 'a.txt']);
    const state = after.kind === 'files' ? (after.states[0]?.[1] ?? null) : null;
    const made: FileChange = { name: 'a.txt', before: cut?.before ?? null, after: state };
    expect(await tree.putBack(netChanges([...changes, made]), 'stop')).toEqual([]);
    expect(readFileSync(at('a.txt'), 'utf8')).toBe('a');
  });
});

test('a patch is what it is, whatever attributes of the workspace say of its files', async () => {
  put('.gitattributes', '*.txt diff\n*.md -diff\n');
  put('a.md', 'one\n');
  writeFileSync(at('a.txt'), Buffer.from('M\xfcller\n', 'latin1'));
  const text = await tree.diff(await changed(['a.md'], () => put('a.md', 'two\n')));
  expect(text?.toString()).toContain('-one\n+two\n');
  const bytes = await tree.diff(await changed(['a.txt'], () => put('a.txt', 'x\n')));
  expect(bytes?.toString()).toContain('GIT binary patch');
});

test('a folder takes the place of a file, and the other way round', async () => {
  put('x', 'file');
  put('y/a.txt', 'a');
  const changes = await changed(['x', 'x/a.txt', 'y', 'y/a.txt'], () => {
    rmSync(at('x'));
    put('x/a.txt', 'in a folder');
    rmSync(at('y'), { recursive: true });
    put('y', 'file now');
  });
  expect(await tree.putBack(changes, 'stop')).toEqual([]);
  expect([readFileSync(at('x'), 'utf8'), readFileSync(at('y/a.txt'), 'utf8')]).toEqual(['file', 'a']);
});
