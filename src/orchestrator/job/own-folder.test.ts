import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { everything } from '../../testing/internal/changes/changes-bed.ts';
import { fine, openTestBed, planned, type AskedStep, type TestBed } from '../../testing/internal/test-bed.ts';
import { openSandbox } from '../../tools/sandbox/sandbox.ts';

// Each job starts servers: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@localhost', '-c', 'protocol.file.allow=always', ...args],
    { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );

/** A job of one step in the folder itself, which runs a script; what the model was told of that. */
async function play(
  script: string,
  { before = () => undefined, sandbox = 'auto', isRepository = true }: Partial<Given> = {},
) {
  const bed = await openTestBed({
    words: fine,
    tools: true,
    files: { 'a.txt': 'one\n', 'go.sh': script },
    settings: { sandbox },
  });
  testBed = bed;
  if (isRepository) {
    git(bed.workspace, 'init', '-q');
    git(bed.workspace, 'add', '-A');
    git(bed.workspace, 'commit', '-qm', 'first');
  }
  before(bed);
  const results: string[] = [];
  bed.say((asked: AskedStep) => {
    if (asked.kind !== 'code') return fine(asked, [planned('one', 'code')]);
    if (asked.turn === 0) return { toolCalls: [{ name: 'commands__run', input: { program: 'sh', args: ['go.sh'] } }] };
    for (const part of asked.request.messages.at(-1)?.content ?? []) {
      if (part.type === 'tool-result')
        results.push(part.content.map((one) => (one.type === 'text' ? one.text : '')).join(''));
    }
    return fine(asked);
  });
  const found = everything(bed.workspace);
  const report = await bed.pointsman.runJob({ task: 'Change it.', workspace: bed.workspace, approve: 'all' });
  return { bed, report, results: results.join('\n'), found };
}

interface Given {
  readonly before: (bed: TestBed) => void;
  readonly sandbox: 'auto' | 'off';
  readonly isRepository: boolean;
}

/** Whether this system lets us hold commands at all. */
function isHeld(bed: TestBed): boolean {
  const sandbox = openSandbox({ workspace: bed.workspace, env: process.env, closed: [], network: false });
  sandbox.close();
  return sandbox.kind !== 'none';
}

const WRITES = [
  'echo bad > .git/hooks/post-checkout',
  'echo bad >> .git/config',
  'git config core.fsmonitor ./bad',
  'git config --file .git/config.worktree core.pager ./bad',
  'echo bad > .git/HEAD',
  'echo bad > .git/refs/heads/main',
  'git update-ref -d HEAD',
  'git commit -q --allow-empty -m bad',
  'git add -A; git stash',
  'rm -rf .git/objects',
  'chmod -R 777 .git; rm -f .git/index',
  'mv .git elsewhere',
  'mkdir x; mv .git x/.git; ln -s x/.git .git',
  'ln .git/config linked; echo bad >> linked',
  'ln -s .git/config linked; echo bad >> linked',
  'GIT_DIR=$PWD/.git git config core.pager ./bad',
  'cd .git; GIT_DIR=. git config core.pager ./bad',
  'mount -o remount,rw .git; umount .git; echo bad > .git/bad',
  'unshare -Urm sh -c "umount .git; echo bad > .git/bad"',
  'cp -r .git copy; rm -rf .git; mv copy .git; echo bad > .git/bad',
  'mv ../workspace ../other',
];

test('no command writes the repository of its user’s own folder, whatever way it takes', async ({ skip }) => {
  const { bed, report, results, found } = await play(WRITES.map((line) => `(${line}) 2>&1`).join('\n'));
  skip(!isHeld(bed), 'skipped: nothing on this machine can hold commands');
  expect(report.status).toBe('done');
  const isGit = (name: string): boolean => name.startsWith('.git/');
  const now = everything(bed.workspace);
  expect(Object.fromEntries(Object.entries(now).filter(([name]) => isGit(name)))).toEqual(
    Object.fromEntries(Object.entries(found).filter(([name]) => isGit(name))),
  );
  expect(results).toContain('no command may write the repository (.git)');
  await bed.pointsman.undoJob(report.jobId);
  expect(everything(bed.workspace)).toEqual(found);
});

test('nor those that lie in it, nor where they lead', async ({ skip }) => {
  const before = ({ workspace }: TestBed): void => {
    const other = path.join(workspace, '../other');
    mkdirSync(other);
    git(other, 'init', '-q');
    git(other, 'commit', '-q', '--allow-empty', '-m', 'first');
    git(workspace, 'submodule', '--quiet', 'add', other, 'module');
    mkdirSync(path.join(workspace, 'deep/nested'), { recursive: true });
    git(path.join(workspace, 'deep/nested'), 'init', '-q');
    git(path.join(workspace, 'deep/nested'), 'commit', '-q', '--allow-empty', '-m', 'first');
    mkdirSync(path.join(workspace, 'apart'));
    git(path.join(workspace, 'apart'), 'init', '-q', '--separate-git-dir', path.join(workspace, 'kept-apart'));
    writeFileSync(path.join(workspace, '.gitignore'), 'ignored/\n');
    mkdirSync(path.join(workspace, 'ignored'));
    git(path.join(workspace, 'ignored'), 'init', '-q');
  };
  const places = ['.git/modules/module/config', 'deep/nested/.git/config', 'kept-apart/config', 'ignored/.git/config'];
  const script = [
    ...places.map((place) => `echo bad >> ${place}`),
    'rm module/.git; echo "gitdir: ../bad" > module/.git',
    'mv deep other-deep',
    'mv kept-apart elsewhere',
  ];
  const { bed, found } = await play(script.join('\n'), { before });
  skip(!isHeld(bed), 'skipped: nothing on this machine can hold commands');
  const now = everything(bed.workspace);
  const changed = Object.keys({ ...found, ...now }).filter((name) => found[name] !== now[name]);
  // What git ignores is the job's to change, as it always was.
  expect(changed).toEqual(['ignored/.git/config']);
});

test('a repository that is a link to another place in the folder is kept there', async ({ skip }) => {
  const { bed, found } = await play('echo bad >> real-git/config; echo bad >> .git/HEAD', {
    before: ({ workspace }) => {
      renameSync(path.join(workspace, '.git'), path.join(workspace, 'real-git'));
      symlinkSync('real-git', path.join(workspace, '.git'));
    },
  });
  skip(!isHeld(bed), 'skipped: nothing on this machine can hold commands');
  expect(everything(bed.workspace)).toEqual(found);
  expect(existsSync(path.join(bed.workspace, '.git/HEAD'))).toBe(true);
});

/** In this order: each does harm of its own. */
const HARM = [
  'printf "#!/bin/sh\\n" > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout',
  'git config core.fsmonitor ./bad',
  'rm -rf .git/info; mkdir .git/info; echo bad > .git/info/attributes',
  'git branch other; git tag there',
  'echo two > b.txt; git add b.txt; git -c user.name=x -c user.email=x@localhost commit -qm bad',
  'git pack-refs --all; git checkout -qb elsewhere',
  'git -c user.name=x -c user.email=x@localhost commit -q --allow-empty -m again; git gc -q --prune=now',
  'rm -rf .git/logs .git/refs/tags; rm .git/index',
  'mv .git hidden; ln -s hidden .git',
];
const isAdded = (name: string): boolean => /\.git\/objects\//u.test(name);

test('where no sandbox holds commands, that is said, and undo gives the repository back as it was', async () => {
  const { bed, report, found } = await play(HARM.join('\n'), { sandbox: 'off' });
  expect(report.status).toBe('done');
  expect(report.notes.join('\n')).toContain('No sandbox holds the commands of this job');
  expect(report.notes.join('\n')).toContain('The repository itself was changed: ');
  expect(existsSync(path.join(bed.workspace, 'hidden/hooks/post-checkout'))).toBe(true);
  await bed.pointsman.undoJob(report.jobId);
  const now = everything(bed.workspace);
  // An object that was added alters nothing: git takes it away by itself, one day.
  const kept = Object.fromEntries(Object.entries(now).filter(([name]) => name in found || !isAdded(name)));
  expect(kept).toEqual(found);
  expect(git(bed.workspace, 'status', '--porcelain')).toBe('');
  expect(git(bed.workspace, 'fsck', '--strict')).toBe('');
});

test('a commit that somebody makes after the job stays, and undo says what it left', async () => {
  const { bed, report } = await play(
    'git config core.pager ./bad; git -c user.name=x -c user.email=x@localhost commit -q --allow-empty -m bad',
    { sandbox: 'off' },
  );
  git(bed.workspace, 'commit', '-q', '--allow-empty', '-m', 'of the user');
  const head = git(bed.workspace, 'rev-parse', 'HEAD');
  await expect(bed.pointsman.undoJob(report.jobId)).rejects.toMatchObject({
    message: expect.stringContaining('stay as they are: ') as string,
  });
  expect(git(bed.workspace, 'rev-parse', 'HEAD')).toBe(head);
  expect(() => git(bed.workspace, 'config', 'core.pager')).toThrow('git');
});

test.each(['auto', 'off'] as const)(
  'a repository that a command makes where there was none goes with undo (%s)',
  async (sandbox) => {
    const script =
      'git init -q; git add a.txt; git -c user.name=x -c user.email=x@localhost commit -qm bad; echo x > c.txt';
    const { bed, report, found } = await play(script, { sandbox, isRepository: false });
    expect(existsSync(path.join(bed.workspace, '.git/HEAD'))).toBe(true);
    await bed.pointsman.undoJob(report.jobId);
    expect(existsSync(path.join(bed.workspace, '.git'))).toBe(false);
    expect(everything(bed.workspace)).toEqual(found);
  },
);

test('a folder in the place of a link to the repository goes with undo', async () => {
  const { bed, report, found } = await play('rm .git; mkdir .git; cp -r real-git/* .git; echo bad >> .git/config', {
    before: ({ workspace }) => {
      renameSync(path.join(workspace, '.git'), path.join(workspace, 'real-git'));
      symlinkSync('real-git', path.join(workspace, '.git'));
    },
  });
  expect(everything(bed.workspace)).not.toEqual(found);
  await bed.pointsman.undoJob(report.jobId);
  expect(everything(bed.workspace)).toEqual(found);
});

test('hooks and settings of a rejected attempt are gone before the next one begins; its commits stay until undo', async () => {
  const script = [
    'echo bad > .git/hooks/post-checkout',
    'git config core.pager ./bad',
    'touch bad',
    'git -c user.name=x -c user.email=x@localhost commit -q --allow-empty -m bad',
  ];
  const bed = await openTestBed({
    words: fine,
    tools: true,
    files: {
      'go.sh': script.join('\n'),
      'package.json': JSON.stringify({ scripts: { test: 'node t.js' } }),
      't.js':
        "const fs = require('node:fs');\nif (fs.existsSync('bad')) { console.log('not ok 1 - a'); process.exit(1); }\nconsole.log('ok 1 - a');\n",
    },
    settings: { sandbox: 'off' },
  });
  testBed = bed;
  git(bed.workspace, 'init', '-q');
  git(bed.workspace, 'add', '-A');
  git(bed.workspace, 'commit', '-qm', 'first');
  const found = everything(bed.workspace);
  const head = git(bed.workspace, 'rev-parse', 'HEAD');
  const seen: boolean[] = [];
  bed.say((asked: AskedStep) => {
    if (asked.kind !== 'code') return fine(asked, [planned('one', 'code')]);
    if (asked.rejected) seen.push(existsSync(path.join(bed.workspace, '.git/hooks/post-checkout')));
    if (asked.rejected || asked.turn > 0) return fine(asked);
    return { toolCalls: [{ name: 'commands__run', input: { program: 'sh', args: ['go.sh'] } }] };
  });
  const report = await bed.pointsman.runJob({ task: 'Change it.', workspace: bed.workspace, approve: 'all' });
  expect(report.steps.map(({ status }) => status)).toContain('rejected');
  expect(seen).toEqual([false]);
  expect(() => git(bed.workspace, 'config', 'core.pager')).toThrow('git');
  expect(git(bed.workspace, 'rev-parse', 'HEAD')).not.toBe(head);
  await bed.pointsman.undoJob(report.jobId);
  const kept = Object.entries(everything(bed.workspace)).filter(([name]) => name in found || !isAdded(name));
  expect(Object.fromEntries(kept)).toEqual(found);
});
