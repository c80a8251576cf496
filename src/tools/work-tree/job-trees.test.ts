import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../domain/environment.ts';
import { openBlobStore } from './blob-store.ts';
import type { FileChange, FileState } from './file-change.ts';
import { type JobTree, openJobTrees } from './job-trees.ts';
import { putBack } from './put-back.ts';
import { openWorkTree, type WorkTree } from './work-tree.ts';

let top = '';
let folder = '';
beforeEach(() => {
  top = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-copies-')));
  folder = path.join(top, 'home', 'work');
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

function put(name: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const trees = (workspace: string, copy?: JobTree['copy']): WorkTree =>
  openWorkTree(workspace, { dir: path.join(top, 'trees'), env: process.env, closed: [], copy });

async function open(env: Environment = process.env): Promise<JobTree> {
  const opened = await openJobTrees({
    dir: path.join(top, 'cache'),
    env,
    closed: [],
    now: Date.now,
  }).open('one', folder);
  if (opened.kind === 'none') throw new Error(opened.why);
  return opened.tree;
}

/** What a command does in a copy. */
async function done(act: (inCopy: (name: string) => string) => void): Promise<readonly FileChange[]> {
  const tree = await open();
  const copy = trees(tree.folder, tree.copy);
  const before = await copy.before(undefined);
  act((name) => path.join(tree.folder, name));
  return copy.changesSince(before);
}

async function brought(act: (inCopy: (name: string) => string) => void): Promise<readonly string[]> {
  return (await trees(folder).mergeBack(await done(act))).blocked;
}

describe('what a command does comes back', () => {
  test('from files that are in the repository although a pattern ignores them, gone in between too', async () => {
    put('.gitignore', 'dist/\n');
    put('dist/bundle.js', 'old\n');
    put('node_modules/kept/index.js', 'old\n');
    git('init', '-q');
    git('add', '-Af');
    git('commit', '-qm', 'first');
    const changes = await done((inCopy) => {
      writeFileSync(inCopy('dist/bundle.js'), 'new\n');
      rmSync(inCopy('node_modules/kept/index.js'));
    });
    expect(changes.map(({ name, after }) => [name, after === null])).toEqual([
      ['dist/bundle.js', false],
      ['node_modules/kept/index.js', true],
    ]);
  });

  test('and of a work tree of a repository no file is kept that the repository has', async () => {
    put('a.txt', 'a');
    put('b.txt', 'b');
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'first');
    const id = git('rev-parse', 'HEAD:b.txt').trim();
    git('worktree', 'add', '-q', '../beside');
    folder = path.join(top, 'home', 'beside');
    expect(await brought((inCopy) => writeFileSync(inCopy('a.txt'), 'new'))).toEqual([]);
    expect(read('a.txt')).toBe('new');
    const [own = ''] = readdirSync(path.join(top, 'trees'));
    expect(existsSync(path.join(top, 'trees', own, 'objects', id.slice(0, 2), id.slice(2)))).toBe(false);
  });

  test('with who may read it', async () => {
    await brought((inCopy) => writeFileSync(inCopy('key.pem'), 'key', { mode: 0o600 }));
    expect(statSync(path.join(folder, 'key.pem')).mode & 0o777).toBe(0o600);
  });

  test('and a link that was moved leads nowhere but into the folder', async () => {
    put('a.txt', 'a');
    symlinkSync(path.join(folder, 'a.txt'), path.join(folder, 'old'));
    symlinkSync('../beside', path.join(folder, 'out'));
    const blocked = await brought((inCopy) => {
      symlinkSync(readlinkSync(inCopy('old')), inCopy('new'));
      rmSync(inCopy('old'));
      rmSync(inCopy('out'));
    });
    expect([blocked, readdirSync(folder)]).toEqual([[], ['a.txt', 'new']]);
    expect(realpathSync(path.join(folder, 'new'))).toBe(path.join(folder, 'a.txt'));
  });
});

test('a copy has the empty folders too, but none of what is ignored', async () => {
  git('init', '-q');
  put('.gitignore', 'big/\n');
  for (const name of ['logs', 'kept/out', 'new/deep/er', 'new/node_modules/far', 'big/er'])
    mkdirSync(path.join(folder, name), { recursive: true });
  put('kept/a.txt', 'a');
  put('new/node_modules/far/index.js', '');
  git('add', 'kept/a.txt');
  const tree = await open();
  for (const name of ['logs', 'kept/out', 'new/deep/er']) expect(existsSync(path.join(tree.folder, name))).toBe(true);
  expect(realpathSync(path.join(tree.folder, 'new/node_modules/far'))).toBe(path.join(folder, 'new/node_modules/far'));
});

test.each([
  ['what would fill the disk', 5 * 1024 ** 3, true, /too large for a copy$/u],
  // What commands do in it could not be seen, and would be lost with the copy.
  ['a large folder without a repository', 201 * 1024 ** 2, false, /too large for a copy, and has no repository/u],
])('%s is worked on where it lies', async (_what, byteCount, isRepository, why) => {
  if (isRepository) git('init', '-q');
  put('data.bin', '');
  // It takes no space: its length alone is what a copy might take.
  truncateSync(path.join(folder, 'data.bin'), byteCount);
  await expect(open()).rejects.toThrow(why);
  expect(readdirSync(path.join(top, 'cache'), { recursive: true })).toHaveLength(1);
});

test.each([
  ['poetry.lock', '', /environment is found by where it lies/u],
  ['package.json', '{"dependencies":{"lib":"file:../lib"}}', /package\.json names what lies beside it/u],
  ['Cargo.toml', '[dependencies]\nlib = { path = "../lib" }\n', /Cargo\.toml names/u],
  ['go.mod', 'module m\nreplace example.com/lib => ../lib\n', /go\.mod names/u],
  ['requirements-dev.txt', '-e ../lib\n', /requirements-dev\.txt names/u],
])('a folder that needs what a copy lacks is worked on where it lies: %s', async (name, text, why) => {
  put(name, text);
  await expect(open()).rejects.toThrow(why);
});

test('a folder whose packages are in an environment elsewhere is worked on where it lies', async () => {
  const environment = path.join(top, 'env');
  const site = path.join(environment, 'lib/python3.12/site-packages');
  mkdirSync(site, { recursive: true });
  mkdirSync(path.join(environment, 'bin'));
  writeFileSync(path.join(environment, 'bin/python'), '', { mode: 0o755 });
  put('a.py', '');
  const env = { ...process.env, PATH: [path.join(environment, 'bin'), process.env['PATH']].join(path.delimiter) };
  await (await open(env)).remove();
  writeFileSync(path.join(site, 'work.pth'), `${folder}/src\n`);
  await expect(open(env)).rejects.toThrow(/env holds packages that lead to the folder/u);
});

test('places that stay inside are no hindrance', async () => {
  put('package.json', '{"workspaces":["packages/*"],"files":["a..b","src/../lib"],"description":"more..."}');
  put('packages/a/package.json', '{"dependencies":{"b":"file:../b"}}');
  put('pyproject.toml', '[project]\nname = "x" # ...\n');
  expect((await open()).folder).toMatch(/work$/u);
});

test('a folder that holds nothing but packages is no hindrance', async () => {
  git('init', '-q');
  put('.gitignore', 'node_modules/\n');
  put('web/node_modules/far/index.js', '');
  const tree = await open();
  expect(realpathSync(path.join(tree.folder, 'web/node_modules/far'))).toBe(path.join(folder, 'web/node_modules/far'));
});

test.runIf(process.getuid?.() !== 0)('what cannot be read is left out', async () => {
  put('secret', 'x');
  put('a.txt', 'a');
  chmodSync(path.join(folder, 'secret'), 0);
  const tree = await open();
  expect(readFileSync(path.join(tree.folder, 'a.txt'), 'utf8')).toBe('a');
});

describe('bringing back', () => {
  test('replaces a file in one go, but one with another name is written into', async () => {
    put('a.txt', 'a');
    put('b.txt', 'b');
    linkSync(path.join(folder, 'b.txt'), path.join(top, 'b again'));
    chmodSync(path.join(folder, 'a.txt'), 0o640);
    const before = statSync(path.join(folder, 'a.txt')).ino;
    expect(
      await brought((inCopy) => {
        writeFileSync(inCopy('a.txt'), 'new');
        writeFileSync(inCopy('b.txt'), 'new');
      }),
    ).toEqual([]);
    expect(statSync(path.join(folder, 'a.txt')).mode & 0o777).toBe(0o640);
    expect(statSync(path.join(folder, 'a.txt')).ino).not.toBe(before);
    expect(readFileSync(path.join(top, 'b again'), 'utf8')).toBe('new');
  });

  test.each([
    ['it fails', () => Promise.reject(new Error('EIO'))],
    ['its user writes', async () => put('z.txt', 'mine')],
  ])('does nothing at all where %s in the middle', async (_what, interrupt) => {
    for (const name of ['a', 'm', 'z']) put(`${name}.txt`, name);
    const blobs = openBlobStore(path.join(top, 'blobs'));
    const keep = async (text: string): Promise<FileState> => ({
      mode: '100644',
      id: await blobs.keep(Buffer.from(text)),
    });
    const changes: FileChange[] = [{ name: 'm.txt', before: null, after: await keep('m') }];
    for (const name of ['a', 'new', 'z'])
      changes.push({
        name: `${name}.txt`,
        before: await keep(`${name} new`),
        after: name === 'new' ? null : await keep(name),
      });
    let count = 0;
    const putting = putBack(changes, {
      workspace: folder,
      blobs,
      inTheWay: 'stop',
      read: async (id) => {
        // Of the three that come it has looked whether each is there; the fifth is read to be written.
        count += 1;
        if (count === 5) await interrupt();
        return blobs.read(id);
      },
    });
    const blocked = await putting.catch(() => ['failed']);
    expect(blocked).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(['a.txt', 'm.txt', 'z.txt']);
    expect([read('a.txt'), read('m.txt')]).toEqual(['a', 'm']);
  });
});
