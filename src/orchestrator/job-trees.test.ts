import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { fine, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobEvent } from './model/job-event.ts';
import type { JobReport } from './model/job-report.ts';

// Each job starts servers: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

type Calls = NonNullable<ScriptedAnswer['toolCalls']>;
const file = (name: string, input: JsonObject): Calls[number] => ({ name: `filesystem__${name}`, input });
const write = (name: string, content: string): Calls[number] => file('write_file', { path: name, content });
const run = (program: string, ...args: readonly string[]): Calls[number] => ({
  name: 'commands__run',
  input: { program, args: [...args] },
});

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@localhost', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

const GO = "require('node:fs').writeFileSync(`${process.argv[2]}.txt`, 'made');\n";
const LINES = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join('');
const FILES = { 'a.txt': LINES, '.gitignore': 'node_modules/\n.env\n', 'pkg/index.js': 'module.exports = 1;\n' };

interface Played {
  readonly bed: TestBed;
  readonly cache: string;
  readonly report: JobReport;
  /** What the model was told of each call. */
  readonly results: readonly string[];
}

/** A job of one code step that makes these calls, with what its user does before and meanwhile. */
async function play(
  calls: Calls | ((bed: TestBed) => Calls),
  { before = () => undefined, meanwhile = () => undefined, isRepository = true }: Acts = {},
): Promise<Played> {
  const bed = await openTestBed({ words: fine, tools: true, copies: true, files: FILES });
  testBed = bed;
  const cache = path.join(bed.workspace, '..', 'cache');
  if (isRepository) {
    git(bed.workspace, 'init', '-q');
    git(bed.workspace, 'add', '-A');
    git(bed.workspace, 'commit', '-qm', 'first');
  }
  before(bed.workspace);
  const results: string[] = [];
  bed.say((asked: AskedStep) => {
    if (asked.kind !== 'code') return fine(asked, [planned('one', 'code')]);
    if (asked.turn === 0) return { toolCalls: typeof calls === 'function' ? calls(bed) : calls };
    const last = asked.request.messages.at(-1);
    for (const part of last?.content ?? []) {
      if (part.type === 'tool-result')
        results.push(part.content.map((one) => (one.type === 'text' ? one.text : '')).join(''));
    }
    meanwhile(bed.workspace);
    return fine(asked);
  });
  const pointsman = await bed.reopen({ env: { PATH: process.env['PATH'], XDG_CACHE_HOME: cache } });
  const report = await pointsman.runJob({ task: 'Change it.', workspace: bed.workspace, approve: 'all' });
  return { bed, cache, report, results };
}

interface Acts {
  readonly before?: (workspace: string) => void;
  readonly meanwhile?: (workspace: string) => void;
  readonly isRepository?: boolean;
}

/** Files of copies that are left. */
function leftIn(cache: string): readonly string[] {
  const trees = path.join(cache, 'pointsman', 'trees');
  if (!existsSync(trees)) return ['no copy was made'];
  return readdirSync(trees, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => entry.name);
}

const read = (workspace: string, name: string): string => readFileSync(path.join(workspace, name), 'utf8');

test.each([
  ['a repository', true],
  ['a folder without one', false],
])('a job works in a copy of %s, and what it did comes back when it is done', async (_what, isRepository) => {
  const seen: string[] = [];
  const { bed, cache, report } = await play([write('a.txt', 'new\n'), write('made/b.txt', 'b\n')], {
    isRepository,
    meanwhile: (workspace) => seen.push(read(workspace, 'a.txt'), String(existsSync(path.join(workspace, 'made')))),
  });
  expect(report.status).toBe('done');
  expect(report.notes).toEqual([]);
  expect(report.place).toEqual({ kind: 'copy' });
  expect(seen).toEqual([LINES, 'false']);
  expect([read(bed.workspace, 'a.txt'), read(bed.workspace, 'made/b.txt')]).toEqual(['new\n', 'b\n']);
  expect(leftIn(cache)).toEqual([]);
  await bed.pointsman.undoJob(report.jobId);
  expect(read(bed.workspace, 'a.txt')).toBe(LINES);
});

test('it begins with what its user sees, and the repository knows nothing of it', async () => {
  const { bed, results } = await play(
    ({ workspace }) => [
      file('read_text_file', { path: 'a.txt' }),
      file('read_text_file', { path: path.join(workspace, 'mine.txt') }),
      file('read_text_file', { path: '.env' }),
      { name: 'commands__look', input: { program: 'git', args: ['status', '--short'] } },
      run('node', 'show.cjs'),
      file('edit_file', { path: path.join(workspace, 'mine.txt'), edits: [{ oldText: 'mine', newText: 'ours' }] }),
    ],
    {
      before: (workspace) => {
        appendFileSync(path.join(workspace, 'a.txt'), 'not committed\n');
        writeFileSync(path.join(workspace, 'mine.txt'), 'mine\r\n');
        writeFileSync(path.join(workspace, '.env'), 'KEY=1\n');
        mkdirSync(path.join(workspace, 'node_modules/far'), { recursive: true });
        writeFileSync(path.join(workspace, 'node_modules/far/index.js'), "module.exports = 'far';\n");
        symlinkSync('../pkg', path.join(workspace, 'node_modules/near'));
        writeFileSync(path.join(workspace, 'pkg/index.js'), "module.exports = __dirname.includes('trees');\n");
        writeFileSync(
          path.join(workspace, 'show.cjs'),
          "console.log(require('far'), require('near')); require('node:fs').writeFileSync('node_modules/mark', '');\n",
        );
      },
    },
  );
  const [dirty = '', mine, env, status = '', shown] = results;
  expect(dirty).toContain('not committed');
  expect(mine).toContain('mine');
  expect(env).toContain('KEY=');
  expect(status).toMatch(/ M a\.txt\n[\s\S]*\?\? mine\.txt/u);
  // Packages are those of the user, and the parts of the repository those of the copy.
  expect(shown).toContain('far true');
  expect(existsSync(path.join(bed.workspace, 'node_modules/mark'))).toBe(false);
  expect(read(bed.workspace, 'mine.txt')).toBe('ours\r\n');
  expect(git(bed.workspace, 'worktree', 'list').trim().split('\n')).toHaveLength(1);
  expect(git(bed.workspace, 'status', '--short')).toBe(' M a.txt\n M pkg/index.js\n?? mine.txt\n?? show.cjs\n');
  expect(git(bed.workspace, 'fsck', '--connectivity-only')).toBe('');
});

describe('what its user does meanwhile', () => {
  const changed = [
    file('edit_file', { path: 'a.txt', edits: [{ oldText: 'line 1\n', newText: 'line one\n' }] }),
    write('b.txt', 'b\n'),
  ];

  test('stays, and stands beside what the job did', async () => {
    const { bed, report } = await play(changed, {
      meanwhile: (workspace) => writeFileSync(path.join(workspace, 'a.txt'), LINES.replace('line 18', 'line eighteen')),
    });
    expect(report.status).toBe('done');
    expect(read(bed.workspace, 'a.txt')).toBe(
      LINES.replace('line 1\n', 'line one\n').replace('line 18', 'line eighteen'),
    );
    expect(read(bed.workspace, 'b.txt')).toBe('b\n');
    await bed.pointsman.undoJob(report.jobId);
    expect(read(bed.workspace, 'a.txt')).toBe(LINES.replace('line 18', 'line eighteen'));
    expect(existsSync(path.join(bed.workspace, 'b.txt'))).toBe(false);
    await bed.pointsman.applyJob(report.jobId);
    expect(read(bed.workspace, 'a.txt')).toContain('line one\n');
  });

  test('stays where the two do not go together: then nothing comes back, and that is said', async () => {
    const { bed, report, cache } = await play(changed, {
      meanwhile: (workspace) => writeFileSync(path.join(workspace, 'a.txt'), LINES.replace('line 1\n', 'line uno\n')),
    });
    expect(read(bed.workspace, 'a.txt')).toContain('line uno');
    expect(existsSync(path.join(bed.workspace, 'b.txt'))).toBe(false);
    expect(report.notes.join('\n')).toMatch(
      /Nothing of this job is in your files: a\.txt \(line 2\) changed meanwhile/u,
    );
    expect(await bed.pointsman.jobDiff(report.jobId)).toContain('+line one');
    expect(leftIn(cache)).toEqual([]);
    // Its user makes room, and takes it after all.
    writeFileSync(path.join(bed.workspace, 'a.txt'), LINES);
    await bed.pointsman.applyJob(report.jobId);
    expect(read(bed.workspace, 'b.txt')).toBe('b\n');
  });
});

test('a job that is stopped goes on in the same copy, and makes it again where it is gone', async () => {
  const bed = await openTestBed({ words: fine, tools: true, copies: true, files: FILES });
  testBed = bed;
  const cache = path.join(bed.workspace, '..', 'cache');
  const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: cache };
  let isDown = true;
  bed.say((asked) => {
    if (asked.kind === 'plan') return fine(asked, [planned('one', 'code'), planned('two', 'code', ['one'])]);
    if (asked.kind !== 'code') return fine(asked);
    if (asked.title === 'two' && isDown) return { text: '', failure: { kind: 'refused-key' } };
    return asked.turn === 0 ? { toolCalls: [write(`${asked.title}.txt`, asked.title)] } : fine(asked);
  });
  const first = await bed.reopen({ env });
  const stopped = await first.runJob({ task: 'Do it.', workspace: bed.workspace, approve: 'all' });
  expect(stopped.status).toBe('failed');
  expect(stopped.notes.join('\n')).toMatch(/What this job did is not in your files/u);
  expect(existsSync(path.join(bed.workspace, 'one.txt'))).toBe(false);
  writeFileSync(path.join(bed.workspace, 'mine.txt'), 'mine');
  isDown = false;
  const again = await bed.reopen({ env });
  const done = await (await again.resumeJob(stopped.jobId)).result;
  expect(done.status).toBe('done');
  expect(['one.txt', 'two.txt', 'mine.txt'].map((name) => read(bed.workspace, name))).toEqual(['one', 'two', 'mine']);
  expect(leftIn(cache)).toEqual([]);
});

test('what could not be kept is in its copy, and the job goes on there', async () => {
  const bed = await openTestBed({ words: fine, tools: true, copies: true, files: { ...FILES, 'go.cjs': GO } });
  testBed = bed;
  const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: path.join(bed.workspace, '../cache') };
  const [own, away] = [path.join(bed.store, 'trees'), path.join(bed.store, 'away')];
  let isDown = true;
  bed.say((asked) => {
    if (asked.kind === 'plan') return fine(asked, [planned('one', 'code')]);
    if (asked.kind !== 'code' || asked.turn === 2) return fine(asked);
    if (asked.turn === 1 && isDown) {
      renameSync(own, away);
      writeFileSync(own, '');
    }
    return { toolCalls: [run('node', 'go.cjs', `${asked.turn}`)] };
  });
  const first = await bed.reopen({ env });
  const stopped = await first.runJob({ task: 'Do it.', workspace: bed.workspace, approve: 'all' });
  expect([stopped.status, stopped.failure?.code]).toEqual(['failed', 'record-unwritable']);
  expect(leftIn(env.XDG_CACHE_HOME)).toContain('0.txt');
  isDown = false;
  rmSync(own);
  renameSync(away, own);
  const again = await bed.reopen({ env });
  expect((await (await again.resumeJob(stopped.jobId)).result).status).toBe('done');
  expect(['0.txt', '1.txt'].map((name) => read(bed.workspace, name))).toEqual(['made', 'made']);
  expect(leftIn(env.XDG_CACHE_HOME)).toEqual([]);
});

test('what names the copy names the folder when it comes back', async () => {
  const { bed, report } = await play([run('node', 'show.cjs')], {
    before: (workspace) =>
      writeFileSync(
        path.join(workspace, 'show.cjs'),
        "const fs = require('node:fs'); fs.writeFileSync('where.txt', `cd ${__dirname}/pkg\\n\xe9`, 'latin1'); fs.symlinkSync(`${__dirname}/a.txt`, 'link');\n",
      ),
  });
  expect(report.status).toBe('done');
  const text = `cd ${bed.workspace}/pkg\n\xe9`;
  expect(readFileSync(path.join(bed.workspace, 'where.txt'), 'latin1')).toBe(text);
  expect(realpathSync(path.join(bed.workspace, 'link'))).toBe(path.join(bed.workspace, 'a.txt'));
  expect(await bed.pointsman.jobDiff(report.jobId)).not.toContain('/trees/');
  await bed.pointsman.undoJob(report.jobId);
  expect(existsSync(path.join(bed.workspace, 'where.txt'))).toBe(false);
});

test('checks run by the environment of the folder', async () => {
  const python =
    "#!/bin/sh\nif grep -q right sum.py; then echo '1 passed in 0.01s'; exit 0; fi\necho 'FAILED tests/test_sum.py::test_sum - assert'; echo '1 failed in 0.01s'; exit 1\n";
  const bed = await openTestBed({
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, [{ ...planned('one', 'code'), check: 'tests' }]);
      return asked.turn === 0 ? { toolCalls: [write('sum.py', 'right')] } : fine(asked);
    },
    tools: true,
    copies: true,
    files: {
      'setup.py': '',
      'tests/test_sum.py': '',
      'sum.py': 'wrong',
      '.venv/pyvenv.cfg': '',
      '.venv/bin/python': python,
    },
  });
  testBed = bed;
  chmodSync(path.join(bed.workspace, '.venv/bin/python'), 0o755);
  const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: path.join(bed.workspace, '../cache') };
  const pointsman = await bed.reopen({ env });
  const task = `Make test_sum pass. It is about ${bed.workspace}/sum.py.`;
  const events: string[] = [];
  const onEvent = (event: JobEvent): void => void events.push(JSON.stringify(event));
  const report = await pointsman.runJob({ task, workspace: bed.workspace, approve: 'all' }, { onEvent });
  expect(
    report.steps.find((step) => step.kind === 'code')?.checks.map((check) => `${check.verifierId} ${check.passed}`),
  ).toEqual(['contract true', 'tests true', 'named-tests true']);
  // Models hear of the copy alone, and people of the folder.
  const asked = bed.server.calls.map(({ request }) => JSON.stringify(request.messages)).join('\n');
  expect(asked).toMatch(/about \S+trees\S+\/sum\.py/u);
  expect(events.join('\n')).not.toContain('/trees/');
});

test('a part of a larger repository is worked on where it lies, and that is said', async () => {
  const { bed, cache, report } = await play([write('a.txt', 'new\n')], {
    isRepository: false,
    before: (workspace) => git(path.dirname(workspace), 'init', '-q'),
  });
  expect(report.status).toBe('done');
  expect(read(bed.workspace, 'a.txt')).toBe('new\n');
  expect(leftIn(cache)).toEqual([]);
  expect(lstatSync(path.join(bed.workspace, 'a.txt')).isFile()).toBe(true);
});

test('a job of a user who has no folder for copies says that it works in the folder itself, and one that had a copy does not', async () => {
  const bed = await openTestBed({ words: fine, tools: true, copies: true, files: FILES });
  testBed = bed;
  const cache = path.join(bed.workspace, '..', 'cache');
  const request = { task: 'Change it.', workspace: bed.workspace, approve: 'all' } as const;
  const notes: string[] = [];
  const { jobId, ...report } = await bed.pointsman.runJob(request, {
    onEvent: (event) => void (event.type === 'note' && notes.push(event.text)),
  });
  const why = 'neither HOME nor XDG_CACHE_HOME says where copies may lie';
  expect(notes).toContain(`works in the folder itself: ${why}`);
  expect(report.notes).toEqual([`works in the folder itself: ${why}`]);
  expect(report.place).toEqual({ kind: 'folder', why });
  expect((await bed.pointsman.jobs()).find((job) => job.jobId === jobId)?.place).toEqual({ kind: 'folder', why });
  bed.say((asked) =>
    asked.kind === 'code' ? { failure: { kind: 'refused-key' } } : fine(asked, [planned('one', 'code')]),
  );
  const withCopies = await bed.reopen({ env: { PATH: process.env['PATH'], XDG_CACHE_HOME: cache } });
  const begun = await withCopies.runJob(request);
  expect(begun.status).toBe('failed');
  await withCopies.close();
  bed.say((asked) => fine(asked));
  const again = await (await bed.reopen()).resumeJob(begun.jobId).then(({ result }) => result);
  expect(again.failure?.message).toContain('none can be made: neither HOME nor XDG_CACHE_HOME');
});
