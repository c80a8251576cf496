import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobReport } from './model/job-report.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

type Calls = NonNullable<ScriptedAnswer['toolCalls']>;
const file = (name: string, input: JsonObject): Calls[number] => ({ name: `filesystem__${name}`, input });
const node = (script: string): Calls[number] => ({ name: 'commands__run', input: { program: 'node', args: [script] } });

/** Every name below a folder with its mode and bytes; folders that git would not see are none. */
function everything(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        !entry.isDirectory() && !path.join(entry.parentPath, entry.name).includes(`${path.sep}.git${path.sep}`),
    )
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      const mode = (statSync(name).mode & 0o777).toString(8);
      return [path.relative(folder, name), `${mode} ${readFileSync(name).toString('latin1')}`];
    }),
  );
}

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

const BYTES = Buffer.from([0, 1, 2, 255, 254, 10, 13, 10]);
/** A workspace with whatever could be lost: a dirty tree, ignored files, odd bytes, modes, a link. */
function prepare(workspace: string, isRepository: boolean): void {
  const put = (name: string, bytes: string | Buffer): void => {
    mkdirSync(path.dirname(path.join(workspace, name)), { recursive: true });
    writeFileSync(path.join(workspace, name), bytes);
  };
  put('.gitignore', '.env\nout/\n');
  put('.gitattributes', '* text=auto eol=lf\n*.dat filter=lost\n');
  put('crlf.txt', 'one\r\ntwo\r\nthree\r\n');
  put('latin.txt', Buffer.from('name = M\xfcller\nkey = 1', 'latin1'));
  put('a/old.txt', 'old\n');
  put('gone.txt', 'gone\n');
  put('data.dat', BYTES);
  put('run.sh', '#!/bin/sh\necho one\n');
  chmodSync(path.join(workspace, 'run.sh'), 0o755);
  if (isRepository) {
    git(workspace, 'init', '-q');
    git(workspace, 'add', '-A');
    git(workspace, 'commit', '-qm', 'first');
  }
  // The user's own work, not committed.
  put('dirty.txt', 'mine\n');
  put('a/old.txt', 'old, and mine\n');
  put('.env', 'KEY=secret-of-mine\n');
  symlinkSync('crlf.txt', path.join(workspace, 'link'));
  put(
    'change.cjs',
    "const fs = require('node:fs'); fs.rmSync('data.dat'); fs.mkdirSync('made/deep', { recursive: true });" +
      "fs.writeFileSync('made/deep/new.bin', Buffer.from([0, 7, 200])); fs.appendFileSync('a/old.txt', 'more\\r\\n');",
  );
}

const CHANGES: Calls = [
  file('edit_file', { path: 'crlf.txt', edits: [{ oldText: 'two', newText: '2' }] }),
  file('apply_patch', {
    patch:
      '*** Begin Patch\n*** Update File: latin.txt\n-key = 1\n+key = 2\n*** Add File: new/file.txt\n+new\n*** End Patch',
  }),
  file('edit_file', { path: 'run.sh', edits: [{ oldText: 'one', newText: 'two' }] }),
  file('edit_file', { path: '.env', edits: [{ oldText: 'KEY=', newText: 'A=1\nKEY=' }] }),
  file('write_file', { path: '..odd.txt', content: 'odd\n' }),
  file('delete_file', { path: 'gone.txt' }),
  file('move_file', { source: 'dirty.txt', destination: 'moved.txt' }),
  node('change.cjs'),
];

const once = (calls: Calls) => (asked: AskedStep) =>
  asked.kind === 'code' && asked.turn === 0 ? { toolCalls: calls } : fine(asked, [planned('one', 'code')]);

async function ran(
  isRepository: boolean,
): Promise<{ readonly bed: TestBed; readonly report: JobReport; readonly before: ReturnType<typeof everything> }> {
  const bed = await openTestBed({ words: fine, tools: true });
  testBed = bed;
  prepare(bed.workspace, isRepository);
  const before = everything(bed.workspace);
  bed.say(once(CHANGES));
  const report = await bed.pointsman.runJob({ task: 'Change it.', workspace: bed.workspace, approve: 'all' });
  expect(report.status).toBe('done');
  return { bed, report, before };
}

describe.each([
  ['a repository', true],
  ['a folder without one', false],
])('in %s', (_what, isRepository) => {
  test('what a job did is one patch that applies cleanly, and it can be taken back and done again', async () => {
    const { bed, report, before } = await ran(isRepository);
    const after = everything(bed.workspace);
    expect(after['crlf.txt']).toBe('644 one\r\n2\r\nthree\r\n');
    expect(after['latin.txt']).toBe('644 name = M\xfcller\nkey = 2');
    const patch = await bed.pointsman.jobDiff(report.jobId);

    await bed.pointsman.undoJob(report.jobId);
    expect(everything(bed.workspace)).toEqual(before);
    expect(existsSync(path.join(bed.workspace, 'made'))).toBe(false);
    // Taken back twice it is as it was.
    await bed.pointsman.undoJob(report.jobId);
    expect(everything(bed.workspace)).toEqual(before);

    const names = await bed.pointsman.applyJob(report.jobId);
    expect(everything(bed.workspace)).toEqual(after);
    expect(names).toEqual([
      '..odd.txt',
      '.env',
      'a/old.txt',
      'crlf.txt',
      'data.dat',
      'dirty.txt',
      'gone.txt',
      'latin.txt',
      'made/deep/new.bin',
      'moved.txt',
      'new/file.txt',
      'run.sh',
    ]);

    // Elsewhere, on the same files, through git itself.
    const copy = mkdtempSync(path.join(tmpdir(), 'pointsman-patch-'));
    prepare(copy, false);
    rmSync(path.join(copy, '.gitattributes'));
    writeFileSync(path.join(copy, 'job.patch'), patch);
    git(copy, 'apply', '--check', 'job.patch');
    git(copy, 'apply', 'job.patch');
    rmSync(path.join(copy, 'job.patch'));
    const { '.gitattributes': _attributes, ...rest } = after;
    expect(everything(copy)).toEqual(rest);
    rmSync(copy, { recursive: true, force: true });
  });
});

test('a repository is not written to: neither its index nor its objects nor what it says of itself', async () => {
  const { bed, report } = await ran(true);
  expect(git(bed.workspace, 'diff', '--cached', '--name-only')).toBe('');
  expect(git(bed.workspace, 'count-objects')).toMatch(/^\d+ objects/u);
  expect(git(bed.workspace, 'log', '--format=%s')).toBe('first\n');
  expect(git(bed.workspace, 'stash', 'list')).toBe('');
  expect((await bed.pointsman.jobDiff(report.jobId)).split('\n')[0]).toMatch(/^diff --git a\//u);
});

test('files that somebody has changed since are not taken back, and neither are the others', async () => {
  const { bed, report } = await ran(true);
  writeFileSync(path.join(bed.workspace, 'new/file.txt'), 'mine now\n');
  const before = everything(bed.workspace);
  await expect(bed.pointsman.undoJob(report.jobId)).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringContaining('new/file.txt') as string,
  });
  expect(everything(bed.workspace)).toEqual(before);
});

test('a job that changed nothing has an empty patch', async () => {
  const bed = await openTestBed({ words: fine, tools: true, files: { 'a.txt': 'a' } });
  testBed = bed;
  const report = await bed.pointsman.runJob({ task: 'Look.', workspace: bed.workspace, approve: 'all' });
  expect(await bed.pointsman.jobDiff(report.jobId)).toBe('');
  expect(await bed.pointsman.undoJob(report.jobId)).toEqual([]);
});

describe('a rejected attempt', () => {
  const CHECK = "process.exit(require('node:fs').readFileSync('value.txt', 'utf8') === 'wrong' ? 1 : 0)";
  const files = {
    'package.json': JSON.stringify({ name: 'w', scripts: { test: 'node check.cjs' } }),
    'check.cjs': CHECK,
    'value.txt': 'right',
    'mine.txt': 'mine',
    'litter.cjs': "require('node:fs').writeFileSync('litter.txt', 'litter')",
  };
  const write = (name: string, content: string): Calls[number] => file('write_file', { path: name, content });
  async function rejectedThen(words: (asked: AskedStep, bed: TestBed) => Calls): Promise<TestBed> {
    const bed = await openTestBed({
      words: fine,
      tools: true,
      files,
      pool: ['claude-opus-5-5', 'claude-haiku-4-5', 'gpt-6-luna'],
    });
    testBed = bed;
    bed.say((asked) => {
      if (asked.text.includes('ReflectResult')) return json({ action: 'finish', why: 'It is good enough.' });
      if (asked.kind !== 'code' || asked.turn > 0) return fine(asked, [{ ...planned('one', 'code'), check: 'tests' }]);
      return { toolCalls: words(asked, bed) };
    });
    await bed.pointsman.runJob({ task: 'Change it.', workspace: bed.workspace, approve: 'all' });
    return bed;
  }

  test('leaves the next one the files as they were, what its commands made included', async () => {
    const seen: string[] = [];
    const bed = await rejectedThen((asked, { workspace }) => {
      if (!asked.rejected) return [write('value.txt', 'wrong'), write('extra/more.txt', 'more'), node('litter.cjs')];
      seen.push(...Object.keys(everything(workspace)));
      seen.push(readFileSync(path.join(workspace, 'value.txt'), 'utf8'));
      return [write('value.txt', 'better')];
    });
    expect(seen).toEqual([...Object.keys(files).sort(), 'right']);
    expect(readFileSync(path.join(bed.workspace, 'value.txt'), 'utf8')).toBe('better');
    const [job] = await bed.pointsman.jobs();
    expect(job === undefined ? '' : await bed.pointsman.jobDiff(job.jobId)).not.toContain('wrong');
  });

  test('does not take the user’s own work with it', async () => {
    const bed = await rejectedThen((asked, { workspace }) => {
      if (asked.rejected) return [write('value.txt', 'better')];
      writeFileSync(path.join(workspace, 'mine.txt'), 'mine, changed meanwhile');
      return [write('value.txt', 'wrong')];
    });
    expect(readFileSync(path.join(bed.workspace, 'mine.txt'), 'utf8')).toBe('mine, changed meanwhile');
  });

  test('is taken back also where no other follows', async () => {
    const bed = await rejectedThen(() => [write('value.txt', 'wrong')]);
    expect(readFileSync(path.join(bed.workspace, 'value.txt'), 'utf8')).toBe('right');
  });
});

test('what is not kept any more is said so, and nothing is done', async () => {
  testBed = await openTestBed({
    tools: true,
    files: { 'a.txt': 'old\n' },
    words: (asked) =>
      asked.kind === 'code'
        ? [{ toolCalls: [file('write_file', { path: 'a.txt', content: 'new\n' })] }, fine(asked)]
        : fine(asked, [planned('one', 'code')]),
  });
  const { pointsman, workspace, store } = testBed;
  const { jobId } = await pointsman.runJob({ task: 'Change it.', workspace });
  expect(readFileSync(path.join(workspace, 'a.txt'), 'utf8')).toBe('new\n');
  rmSync(path.join(store, 'trees'), { recursive: true });
  await expect(pointsman.jobDiff(jobId)).rejects.toMatchObject({ code: 'not-found' });
  await expect(pointsman.undoJob(jobId)).rejects.toMatchObject({ code: 'not-found' });
  expect(readFileSync(path.join(workspace, 'a.txt'), 'utf8')).toBe('new\n');
});
