import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataOf } from '../../testing/internal/json-data.ts';
import { auditJob } from '../../testing/internal/killed-jobs.ts';
import { fine, openTestBed, planned, type AskedStep, type TestBed } from '../../testing/internal/test-bed.ts';
import type { JobReport } from '../model/job-report.ts';

const MAIN = path.resolve(import.meta.dirname, '../../cli/main.ts');
const POLICY = path.resolve(import.meta.dirname, '../../../policies/balanced.policy.yaml');
const STEPS = [{ ...planned('one', 'code'), check: 'tests' }];
const WRONG = 1;
const FILES = {
  'package.json': '{ "scripts": { "test": "node check.cjs" } }\n',
  'check.cjs': `process.exit(require('./value.js') === ${WRONG} ? 1 : 0);\n`,
};
/** How many places of a job are tried; every one would take an hour. */
const POINT_COUNT = Number(process.env['POINTSMAN_KILL_POINTS'] ?? 3);

/** What the first of the two writes, and the one beside it. */
interface Values {
  readonly first: number;
  readonly beside: number;
}

let bed: TestBed;
let folder: string;
beforeEach(async () => {
  bed = await openTestBed({ words: fine, files: FILES });
  folder = path.join(bed.workspace, '..');
  const policy = readFileSync(POLICY, 'utf8').replace('id: balanced', 'id: own');
  writeFileSync(
    path.join(folder, 'own.policy.yaml'),
    policy.replace(/^examples:[\s\S]*/mu, 'waitingUsdPerSecond: 5\n'),
  );
  writeFileSync(path.join(folder, 'own.config.yaml'), 'pool: [claude-opus-5-5, gpt-6-luna]\n');
});
afterEach(async () => bed.close());

/** One job with a store and a cache of its own, run by the command line. */
function openJob(name: string, values: Values): Job {
  const own = path.join(folder, name);
  mkdirSync(own);
  writeFileSync(path.join(bed.workspace, 'value.js'), 'module.exports = 0;\n');
  const folderIn = ({ request }: AskedStep): string => /the folder (\S+)\. Tools/u.exec(request.system)?.[1] ?? '';
  let copy = '';
  bed.say((asked) => {
    if (asked.kind === 'plan') copy = folderIn(asked);
    if (asked.kind !== 'code' || asked.turn > 0) return fine(asked, STEPS);
    const value = folderIn(asked) === copy ? values.first : values.beside;
    const input = { path: 'value.js', content: `module.exports = ${value};\n` };
    return { toolCalls: [{ name: 'filesystem__write_file', input }] };
  });
  return { own, store: path.join(own, 'store'), callsBefore: bed.server.calls.length };
}

interface Job {
  readonly own: string;
  readonly store: string;
  readonly callsBefore: number;
}

/** Everything that the job has written down so far: what it may not do again. */
function writtenBy({ store }: Pick<Job, 'store'>): number {
  const counts: readonly (readonly [string, readonly string[]])[] = [
    ['jobs.db', ['from fact', 'from call', 'from call where ended is not null']],
    ['checkpoints.db', ['from checkpoints']],
  ];
  let written = 0;
  for (const [file, tables] of counts) {
    const name = path.join(store, file);
    if (!existsSync(name)) continue;
    try {
      const database = new DatabaseSync(name, { readOnly: true });
      for (const table of tables) written += Number(database.prepare(`select count(*) as n ${table}`).get()?.['n']);
      database.close();
    } catch {
      // It is being made.
    }
  }
  return written;
}

/** Runs the command line, and kills it once that much is written. */
async function typed(job: Job, args: readonly string[], killAt = Number.POSITIVE_INFINITY): Promise<Ended> {
  const { url } = bed.server;
  const child = spawn(process.execPath, [MAIN, ...args, '--json', '--config', path.join(folder, 'own.config.yaml')], {
    cwd: bed.workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: job.own,
      XDG_CACHE_HOME: path.join(job.own, 'cache'),
      NODE_COMPILE_CACHE: path.join(folder, 'compiled'),
      POINTSMAN_STORE: job.store,
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: url,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
      POINTSMAN_OPENAI_BASE_URL: `${url}/v1`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<string | null>((resolve) => child.on('close', (_code, signal) => resolve(signal)));
  while (child.exitCode === null && child.signalCode === null && killAt !== Number.POSITIVE_INFINITY) {
    if (writtenBy(job) >= killAt) child.kill('SIGKILL');
    await wait(2);
  }
  const signal = await ended;
  return { wasKilled: signal === 'SIGKILL', report: stdout === '' ? undefined : (dataOf(stdout) as JobReport), stderr };
}

interface Ended {
  readonly wasKilled: boolean;
  readonly report: JobReport | undefined;
  readonly stderr: string;
}

const RUN = ['run', 'Set the value.', '--yes', '--policy'];

function jobIn({ store }: Job): string | undefined {
  const database = new DatabaseSync(path.join(store, 'jobs.db'), { readOnly: true });
  try {
    const id = database.prepare('select job_id as id from job').get()?.['id'];
    return typeof id === 'string' ? id : undefined;
  } catch {
    // Killed while the tables were made.
    return undefined;
  } finally {
    database.close();
  }
}

/** What must hold of a job that was killed and resumed, wherever that was. */
async function expectWhole(job: Job, { report, stderr }: Ended, values: Values): Promise<void> {
  expect(report?.status, `${stderr}\n${JSON.stringify(report?.failure)}`).toBe('done');
  const right = values.first === WRONG ? values.beside : values.first;
  expect(readFileSync(path.join(bed.workspace, 'value.js'), 'utf8')).toBe(`module.exports = ${right};\n`);
  const audit = await auditJob(job, report?.jobId ?? '');
  expect(new Set(audit.answeredSlots).size).toBe(audit.answeredSlots.length);
  expect(new Set(audit.recordedCallIds).size).toBe(audit.recordedCallIds.length);
  expect(audit.recordedBillNanoUsd).toBe(report?.bill.spentNanoUsd);
  expect(bed.server.calls.length - job.callsBefore).toBeLessThanOrEqual(audit.answeredSlots.length + audit.lostCount);
  const accepted = report?.steps.filter(({ status }) => status === 'accepted').map(({ stepId }) => stepId);
  expect(accepted).toEqual(['plan', 'one', 'summarize']);
  const left = readdirSync(path.join(job.own, 'cache'), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile() && entry.parentPath.includes('trees')).map(({ name }) => name)).toEqual(
    [],
  );
}

test.each<readonly [string, Values]>([
  ['the first is rejected and the other takes its place', { first: WRONG, beside: 3 }],
  ['the first is accepted and the other is stopped', { first: 2, beside: 3 }],
])(
  'killed anywhere while two are at work, where %s, a job repeats nothing and bills nothing twice',
  async (_what, values) => {
    const whole = openJob('whole', values);
    const reference = await typed(whole, [...RUN, path.join(folder, 'own.policy.yaml')]);
    await expectWhole(whole, reference, values);
    expect(reference.report?.notes.join('\n')).toContain('at the same time in a copy of its own');
    const written = writtenBy(whole);

    let killed = 0;
    for (let index = 0; index < POINT_COUNT; index += 1) {
      // Evenly over all that a whole job writes down, and a second time on the way from there to its end.
      const point = Math.ceil(((index + 0.5) * written) / POINT_COUNT);
      const second = Math.ceil((point + written) / 2);
      const job = openJob(`at-${point}`, values);
      const first = await typed(job, [...RUN, path.join(folder, 'own.policy.yaml')], point);
      const jobId = jobIn(job);
      if (jobId === undefined) continue;
      let last = first;
      if (first.wasKilled) last = await typed(job, ['resume', jobId], second);
      if (last.wasKilled) last = await typed(job, ['resume', jobId]);
      killed += Number(first.wasKilled);
      await expectWhole(job, last, values);
      rmSync(job.own, { recursive: true, force: true });
    }
    // What comes last may be over before the signal has come.
    expect(killed).toBeGreaterThan(POINT_COUNT * 0.7);
  },
  1_200_000,
);
