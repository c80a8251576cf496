import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fine, openTestBed, planned, type TestBed } from '../../testing/internal/test-bed.ts';
import type { JobReport } from '../model/job-report.ts';

// Each job starts servers and programs: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
let cache = '';
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'build-check-'));
});
afterEach(async () => {
  rmSync(cache, { recursive: true, force: true });
  await testBed?.close();
  testBed = undefined;
});

/** Two builds of one source leave what they made beside it; one that finds what an earlier one left says so. */
const BUILD = `const fs = require('node:fs');
if (fs.existsSync('out.js')) { console.log('error: out.js is in the way'); process.exitCode = 1; }
const source = fs.readFileSync('a.txt', 'utf8');
if (source.includes('broken')) { console.log('a.txt:1: error: broken'); process.exitCode = 1; }
fs.writeFileSync('out.js', source);
fs.writeFileSync('b.txt', 'built');
`;
const FILES = {
  'package.json': JSON.stringify({ scripts: { test: 'node --test', build: 'node build.cjs' } }),
  'build.cjs': BUILD,
  'a.txt': 'first\n',
  'b.txt': 'mine\n',
  'test/a.test.js': "require('node:test').test('a', () => {});\n",
};

async function jobWith(copies: boolean): Promise<JobReport> {
  testBed = await openTestBed({
    tools: true,
    copies,
    options: { env: { PATH: process.env['PATH'], XDG_CACHE_HOME: cache } },
    files: FILES,
    words: (asked) =>
      asked.kind === 'code' && asked.turn === 0
        ? {
            toolCalls: [
              {
                name: 'filesystem__write_file',
                input: { path: 'a.txt', content: asked.rejected ? 'right\n' : 'broken\n' },
              },
            ],
          }
        : fine(asked, [{ ...planned('one', 'code'), check: 'tests' }]),
  });
  return testBed.pointsman.runJob({ task: 'Change a.txt.', workspace: testBed.workspace, approve: 'all' });
}

const read = (name: string): string => readFileSync(path.join(testBed?.workspace ?? '', name), 'utf8');
const builds = (report: JobReport): readonly string[] =>
  report.steps.flatMap(({ status, checks }) =>
    checks.filter(({ verifierId }) => verifierId === 'build').map(({ passed }) => `${status} ${passed ? '+' : '-'}`),
  );

test('a build that was green and is red rejects a change, and leaves nothing in it', async () => {
  const report = await jobWith(true);
  expect(report.status).toBe('done');
  expect(builds(report)).toEqual(['rejected -', 'accepted +']);
  expect([read('a.txt'), read('b.txt')]).toEqual(['right\n', 'mine\n']);
  expect(existsSync(path.join(testBed?.workspace ?? '', 'out.js'))).toBe(false);
  const said = report.steps.flatMap(({ checks }) => checks).find(({ passed }) => !passed);
  expect(said?.summary).toBe('build was green before the job: a.txt:1: error: broken');
});

test("in the user's own folder nothing is built", async () => {
  const report = await jobWith(false);
  expect(builds(report)).toEqual([]);
  expect([read('a.txt'), read('b.txt')]).toEqual(['broken\n', 'mine\n']);
});
