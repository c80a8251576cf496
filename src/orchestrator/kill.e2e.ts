import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { auditJob, openKilledJobs, type KilledJobs } from '../testing/internal/killed-jobs.ts';

/** In the order of the job: at the border of every node, and inside each. `lost`: a call was in flight. */
const POINTS: readonly { readonly at: string; readonly lost?: boolean }[] = [
  { at: 'job-start' },
  { at: 'step-start plan 0' },
  { at: 'decision plan 0' },
  { at: 'call-start plan 0', lost: true },
  { at: 'text-delta plan 0', lost: true },
  { at: 'tool-call plan 0 #2' },
  { at: 'call-end plan 0' },
  { at: 'check plan 0' },
  { at: 'step-end plan 0' },
  { at: 'note' },
  { at: 'step-start mend 0' },
  { at: 'decision mend 0' },
  { at: 'call-end mend 0' },
  { at: 'tool-call mend 0 #3' },
  { at: 'tool-result mend 0 #4' },
  { at: 'check mend 0 #2' },
  { at: 'step-end mend 0' },
  { at: 'escalation mend 1' },
  { at: 'tool-result mend 1 #2' },
  { at: 'step-end mend 1' },
  { at: 'decision review 0' },
  { at: 'decision hold 0' },
  { at: 'call-end hold 0 #2' },
  { at: 'tool-result hold 0 #3' },
  { at: 'check review 0' },
  { at: 'step-end hold 0' },
  { at: 'decision summarize 0' },
  { at: 'call-end summarize 0' },
  { at: 'step-end summarize 0' },
];

let jobs: KilledJobs;
beforeEach(async () => {
  jobs = await openKilledJobs();
});
afterEach(async () => jobs.close());

test('kill -9 in every node and at every border: nothing is done twice, nothing is billed twice', async () => {
  let jobId: string | undefined;
  const reached: string[] = [];
  for (const { at } of POINTS) {
    const end = await jobs.run({ killAt: at, ...(jobId === undefined ? {} : { job: jobId }) });
    jobId ??= end.jobId;
    if (end.signal === 'SIGKILL') reached.push(at);
    else expect(end.report?.failure, end.stderr).toBeUndefined();
  }
  // A point may lie behind what was journaled when its turn came; most must not.
  expect(reached.length).toBeGreaterThan(POINTS.length * 0.7);
  const last = await jobs.run({ job: jobId ?? '' });
  const report = last.report;
  expect(report?.status, last.stderr).toBe('done');

  const audit = await auditJob(jobs, jobId ?? '');
  expect(new Set(audit.answeredSlots).size).toBe(audit.answeredSlots.length);
  const inFlight = POINTS.filter((point) => point.lost === true && reached.includes(point.at)).length;
  expect(audit.lostCount).toBeGreaterThanOrEqual(inFlight);
  expect(report?.bill.unknownBillCallCount).toBe(audit.lostCount);
  expect(new Set(audit.recordedCallIds).size).toBe(audit.answeredSlots.length);
  expect(audit.recordedBillNanoUsd).toBe(report?.bill.spentNanoUsd);
  expect(report?.steps.map((step) => `${step.stepId} ${step.attempt} ${step.status}`)).toEqual([
    'plan 0 accepted',
    'mend 0 rejected',
    'mend 1 accepted',
    'review 0 accepted',
    'hold 0 accepted',
    'summarize 0 accepted',
  ]);
  const tests = readFileSync(path.join(jobs.workspace, 'test/cart.test.js'), 'utf8');
  expect(tests.match(/nine parcels bring no discount/gu)).toHaveLength(1);
}, 600_000);

/** Of a job that gave up and is taken up again; what it is asked once is not asked for anew after a kill. */
const POINTS_AGAIN = [
  'job-start',
  'step-start mend 1',
  'decision mend 1',
  'call-start mend 1',
  'call-end mend 1',
  'tool-result mend 1',
  'check mend 1',
  'step-end mend 1',
  'decision review 0',
  'tool-result hold 0',
  'step-end hold 0',
  'call-end summarize 0',
];

test('kill -9 while a job that gave up is taken up again: it stays taken up, and nothing is done or billed twice', async () => {
  const first = await jobs.run({ pool: ['claude-haiku-4-5'] });
  const jobId = first.jobId ?? '';
  expect(first.report?.failure?.code, first.stderr).toBe('no-eligible-model');
  const reached: string[] = [];
  for (const killAt of POINTS_AGAIN) {
    const end = await jobs.run({ job: jobId, again: reached.length === 0, killAt });
    if (end.signal === 'SIGKILL') reached.push(killAt);
    else expect(end.report?.failure, end.stderr).toBeUndefined();
  }
  expect(reached.length).toBeGreaterThan(POINTS_AGAIN.length * 0.7);
  const { report, stderr } = await jobs.run({ job: jobId });
  expect(report?.status, stderr).toBe('done');

  const audit = await auditJob(jobs, jobId);
  expect(new Set(audit.answeredSlots).size).toBe(audit.answeredSlots.length);
  expect(report?.bill.unknownBillCallCount).toBe(audit.lostCount);
  expect(new Set(audit.recordedCallIds).size).toBe(audit.answeredSlots.length);
  expect(audit.recordedBillNanoUsd).toBe(report?.bill.spentNanoUsd);
  expect(report?.steps.map((step) => `${step.stepId} ${step.attempt} ${step.status}`)).toEqual([
    'plan 0 accepted',
    'mend 0 rejected',
    'reflect-1 0 rejected',
    'mend 1 accepted',
    'review 0 accepted',
    'hold 0 accepted',
    'summarize 0 accepted',
  ]);
  const tests = readFileSync(path.join(jobs.workspace, 'test/cart.test.js'), 'utf8');
  expect(tests.match(/nine parcels bring no discount/gu)).toHaveLength(1);
}, 600_000);

test('killed in its copy, a job goes on there; its user’s files are as they were until it is done', async () => {
  const own = await openKilledJobs({ copies: true });
  try {
    const text = (name: string): string => readFileSync(path.join(own.workspace, name), 'utf8');
    const before = text('test/cart.test.js');
    let jobId: string | undefined;
    for (const killAt of ['decision mend 0', 'tool-result mend 1', 'step-end hold 0']) {
      const end = await own.run({ killAt, ...(jobId === undefined ? {} : { job: jobId }) });
      jobId ??= end.jobId;
      expect(end.signal, end.stderr).toBe('SIGKILL');
      expect(text('test/cart.test.js')).toBe(before);
    }
    const { report, stderr } = await own.run({ job: jobId ?? '' });
    expect(report?.status, stderr).toBe('done');
    expect(report?.notes).toEqual([]);
    expect(text('test/cart.test.js').match(/nine parcels bring no discount/gu)).toHaveLength(1);
    const left = readdirSync(path.join(own.store, '../cache/pointsman/trees'), {
      recursive: true,
      withFileTypes: true,
    });
    expect(left.filter((entry) => !entry.isDirectory())).toEqual([]);
  } finally {
    await own.close();
  }
}, 240_000);

test('on a full disk a job stops with a code and a hint, and goes on when there is space again', async () => {
  const full = await openKilledJobs();
  try {
    const stopped = await full.run({ maxFileKb: 200 });
    expect(stopped.report?.status, stopped.stderr).toBe('failed');
    expect(stopped.report?.failure).toMatchObject({ code: 'record-unwritable' });
    expect(stopped.report?.failure?.hint).toMatch(/Free space/u);

    const { report, stderr } = await full.run({ job: stopped.jobId ?? '' });
    expect(report?.status, stderr).toBe('done');
    const audit = await auditJob(full, stopped.jobId ?? '');
    expect(new Set(audit.answeredSlots).size).toBe(audit.answeredSlots.length);
    // An answer that could not be kept was asked for again; its first bill is shown as unknown.
    expect(full.server.calls.length).toBe(audit.answeredSlots.length + audit.lostCount);
    expect(report?.bill.unknownBillCallCount).toBe(audit.lostCount);
  } finally {
    await full.close();
  }
}, 120_000);

test('killed while the tests before the job run, a job runs them again when it goes on, and only then', async () => {
  const file = (name: string): string => path.join(jobs.workspace, name);
  const manifest = readFileSync(file('package.json'), 'utf8');
  writeFileSync(file('package.json'), manifest.replace('node --test', 'node hold.cjs && node --test'));
  writeFileSync(
    file('hold.cjs'),
    "const fs = require('node:fs');\nconst first = !fs.existsSync('runs');\nfs.appendFileSync('runs', 'x');\nif (first) setTimeout(() => {}, 60_000);\n",
  );
  const killed = await jobs.run({ killAtFile: 'runs' });
  expect(killed.signal).toBe('SIGKILL');
  const { report, stderr } = await jobs.run({ job: killed.jobId ?? '' });
  expect(report?.status, stderr).toBe('done');
  // Cut off, twice more as they are red, after each attempt that they judge, again where they reject it, and twice by a model.
  const judged = report?.steps.filter((step) => step.kind === 'code' || step.kind === 'test') ?? [];
  const rejected = judged.filter((step) => step.checks.some((one) => one.verifierId.endsWith('tests') && !one.passed));
  expect(readFileSync(file('runs'), 'utf8')).toHaveLength(1 + 2 + judged.length + rejected.length + 2);
}, 180_000);

/** What the ledger has of a job. */
function spentOnJob(jobId: string): number {
  const money = new DatabaseSync(path.join(jobs.store, 'money.db'), { readOnly: true });
  const spent = money.prepare('select sum(nano_usd) as n from spent where account = ?').get(`job:${jobId}`);
  money.close();
  return Number(spent?.['n']);
}

const AMID_CALLS = ['text-delta plan 0', 'call-start mend 0', 'call-start mend 0 #2'];

test.each([0.02, 0.06, 0.15])(
  'a job of $%d that is killed in one call after the other passes its budget by no more than one call',
  async (budgetUsd) => {
    const { jobId = '' } = await jobs.run({ killAt: 'call-start plan 0', budgetUsd });
    for (const killAt of AMID_CALLS) await jobs.run({ killAt, job: jobId });
    const { report, stderr } = await jobs.run({ job: jobId });
    if (report === undefined) throw new Error(stderr);
    expect(['done', 'paused'], stderr).toContain(report.status);
    const spentNanoUsd = spentOnJob(jobId);
    const { recordedBillNanoUsd, lostCount } = await auditJob(jobs, jobId);
    const dearest = Math.max(...report.steps.map((step) => step.billNanoUsd));
    expect(spentNanoUsd).toBeGreaterThanOrEqual(recordedBillNanoUsd);
    expect(spentNanoUsd).toBe(report.bill.spentNanoUsd + report.bill.mayHaveBilledNanoUsd);
    expect(spentNanoUsd).toBeLessThanOrEqual(budgetUsd * 1e9 + dearest);
    expect(lostCount).toBeGreaterThan(0);
  },
  240_000,
);
