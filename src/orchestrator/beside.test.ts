import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { fine, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobReport } from './model/job-report.ts';
import type { Pointsman } from './model/pointsman.ts';

// Each job starts servers, and runs tests: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const STEPS = [{ ...planned('one', 'code'), check: 'tests' }];
const FILES = {
  'package.json': '{ "scripts": { "test": "node --test" } }\n',
  'value.js': 'module.exports = 0;\n',
  'value.test.js':
    "const test = require('node:test');\nconst value = require('./value.js');\ntest('the value', () => { if (value === 1) throw new Error('wrong'); });\n",
};
/** Who waits pays: a second of it costs more than any call. */
const WAITING = 'waitingUsdPerSecond: 5\n';

type Place = 'first' | 'beside';

interface Bed {
  readonly pointsman: Pointsman;
  readonly cache: string;
  /** Who wrote, in order. */
  readonly writes: Place[];
}

interface Play {
  /** What each of the two writes. */
  readonly values: Readonly<Record<Place, number>>;
  readonly policy?: string;
  /** Calls that fail. */
  readonly isDown?: (place: Place, asked: AskedStep) => boolean;
}

const folderIn = ({ request }: AskedStep): string => /the folder (\S+)\. Tools/u.exec(request.system)?.[1] ?? '';

async function open({ values, policy = WAITING, isDown = () => false }: Play): Promise<Bed> {
  const writes: Place[] = [];
  const bed = await openTestBed({ words: fine, tools: true, copies: true, files: FILES });
  testBed = bed;
  const balanced = readFileSync(path.join(import.meta.dirname, '../../policies/balanced.policy.yaml'), 'utf8');
  const own = balanced.replace('id: balanced', 'id: own').replace(/^examples:[\s\S]*/mu, policy);
  writeFileSync(path.join(bed.workspace, '..', 'own.policy.yaml'), own);
  let copy = '';
  bed.say((asked) => {
    if (asked.kind === 'plan') copy = folderIn(asked);
    if (asked.kind !== 'code') return fine(asked, STEPS);
    const place = folderIn(asked) === copy ? 'first' : 'beside';
    if (isDown(place, asked)) return { text: '', failure: { kind: 'refused-key' } };
    if (asked.turn > 0) return fine(asked);
    writes.push(place);
    const input = { path: 'value.js', content: `module.exports = ${values[place]};\n` };
    return { toolCalls: [{ name: 'filesystem__write_file', input }] };
  });
  const cache = path.join(bed.workspace, '..', 'cache');
  const pointsman = await bed.reopen({ env: { PATH: process.env['PATH'], XDG_CACHE_HOME: cache } });
  return { pointsman, cache, writes };
}

const runJob = ({ pointsman }: Bed): Promise<JobReport> => {
  const { workspace } = testBed!;
  const policy = path.join(workspace, '..', 'own.policy.yaml');
  return pointsman.runJob({ task: 'Set the value.', workspace, approve: 'all', policy });
};
const value = (): string => readFileSync(path.join(testBed!.workspace, 'value.js'), 'utf8');
const codeSteps = ({ steps }: JobReport): readonly string[] =>
  steps.filter(({ kind }) => kind === 'code').map(({ attempt, status }) => `${attempt} ${status}`);

function filesLeft({ cache }: Bed): readonly string[] {
  const trees = path.join(cache, 'pointsman', 'trees');
  if (!existsSync(trees)) return ['no copy was made'];
  return readdirSync(trees, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

test('where waiting is dear another family tries at the same time, in a copy of its own', async () => {
  const bed = await open({ values: { first: 2, beside: 3 } });
  const report = await runJob(bed);
  expect(report.status).toBe('done');
  expect(codeSteps(report)).toEqual(['0 accepted', '1 cancelled']);
  expect(value()).toBe('module.exports = 2;\n');
  expect(report.notes.join('\n')).toContain('at the same time in a copy of its own');
  const [first, other] = report.steps.filter(({ kind }) => kind === 'code');
  expect(first?.model?.split('-')[0]).not.toBe(other?.model?.split('-')[0]);
  expect(report.bill.spentNanoUsd).toBe(report.steps.reduce((sum, { billNanoUsd }) => sum + billNanoUsd, 0));
  expect(filesLeft(bed)).toEqual([]);
});

test('where the checks reject the first, what the other did takes its place, and is checked too', async () => {
  const bed = await open({ values: { first: 1, beside: 3 } });
  const report = await runJob(bed);
  expect(report.status).toBe('done');
  expect(codeSteps(report)).toEqual(['0 rejected', '1 accepted']);
  expect(bed.writes).toHaveLength(2);
  expect(value()).toBe('module.exports = 3;\n');
  const diff = await bed.pointsman.jobDiff(report.jobId);
  expect(diff).toContain('+module.exports = 3;');
  expect(filesLeft(bed)).toEqual([]);
});

test.each<readonly [string, string]>([
  ['waiting costs nothing, as by default', ''],
  ['the policy does not want it', `${WAITING}parallelAttempts: off\n`],
])('one family tries alone where %s', async (_what, policy) => {
  const bed = await open({ values: { first: 2, beside: 3 }, policy });
  const report = await runJob(bed);
  expect(codeSteps(report)).toEqual(['0 accepted']);
  expect(bed.writes).toEqual(['first']);
});

test('a job that was stopped in the middle of both repeats nothing of either', async () => {
  let isCut = true;
  const bed = await open({
    values: { first: 1, beside: 3 },
    isDown: (place, asked) => isCut && place === 'first' && asked.turn > 0,
  });
  const report = await runJob(bed);
  expect(report.status).toBe('failed');
  isCut = false;
  const again = await testBed!.reopen({ env: { PATH: process.env['PATH'], XDG_CACHE_HOME: bed.cache } });
  const ended = await (await again.resumeJob(report.jobId)).result;
  expect(codeSteps(ended)).toEqual(['0 rejected', '1 accepted']);
  expect(bed.writes.toSorted()).toEqual(['beside', 'first']);
  expect(value()).toBe('module.exports = 3;\n');
});

test('by the policy "fast" as it is shipped two try at once where a test says most of what is right', async () => {
  const bed = await open({ values: { first: 1, beside: 3 } });
  const { workspace } = testBed!;
  writeFileSync(path.join(workspace, 'value.test.js'), FILES['value.test.js'].replace('value === 1', 'value !== 3'));
  const task = 'The test "the value" fails. Make it pass.';
  const report = await bed.pointsman.runJob({ task, workspace, approve: 'all', policy: 'fast' });
  expect(report.notes.join('\n')).toContain('at the same time in a copy of its own');
  expect(codeSteps(report)).toEqual(['0 rejected', '1 accepted']);
  expect(value()).toBe('module.exports = 3;\n');
});
