import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { demoWords } from '../../cli/demo/demo-words.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { AS_STORED } from '../../domain/live-values.ts';
import { promptTokens } from '../../domain/usage.ts';
import { openSqliteJournal } from '../../orchestrator/journal/sqlite/sqlite-journal.ts';
import type { JobReport } from '../../orchestrator/model/job-report.ts';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';

const SRC = path.resolve(import.meta.dirname, '../..');
/** Models that have the words of the demo. */
export const DEMO_POOL: readonly string[] = [
  'claude-opus-5-5',
  'claude-sonnet-5',
  'claude-haiku-4-5',
  'gpt-5.4-mini',
  'gpt-6-luna',
];

/** Runs or resumes one job, and kills its own process with SIGKILL at the event named in KILL_AT. */
const CHILD = `
const { createPointsman } = await import(process.env.SRC + '/app/create-pointsman.ts');
const { loadConfig } = await import(process.env.SRC + '/config/load-config.ts');
const { createPriorPredictor } = await import(process.env.SRC + '/predict/prior-predictor.ts');
const { KILL_AT, JOB, AGAIN, WORKSPACE, STORE, POOL, TASK, BUDGET, IN_PLACE } = process.env;
const config = { ...loadConfig({ cwd: WORKSPACE, env: process.env }), pool: POOL.split(','), policyId: 'balanced' };
const predictor = createPriorPredictor();
const pointsman = await createPointsman({ config, env: process.env, ...(STORE.includes('://') ? {} : { store: { dir: STORE } }), scripted: true, predictor });
const seen = new Map();
const onEvent = (event) => {
  if (event.type === 'job-start') process.stdout.write('job ' + event.jobId + '\\n');
  const point = [event.type, event.stepId, event.attempt].filter((part) => part !== undefined).join(' ');
  seen.set(point, (seen.get(point) ?? 0) + 1);
  if (KILL_AT === point || KILL_AT === point + ' #' + seen.get(point)) process.kill(process.pid, 'SIGKILL');
};
const report = JOB
  ? await (await pointsman.resumeJob(JOB, { onEvent, ...(AGAIN === 'yes' ? { again: true } : {}) })).result
  : await pointsman.runJob({ task: TASK, workspace: WORKSPACE, approve: 'all', inPlace: IN_PLACE === 'yes', ...(BUDGET ? { budgetUsd: Number(BUDGET) } : {}) }, { onEvent });
await pointsman.close();
process.stdout.write('report ' + JSON.stringify(report) + '\\n');
`;

/** A workspace, a store and a model server that outlive the processes of a job. */
export interface KilledJobs {
  readonly workspace: string;
  readonly store: string;
  readonly server: ScriptedServer;
  /** Runs until the point, or to the end. The point is `event step attempt`, with ` #n` for the n-th of its kind in a process. */
  readonly run: (options: {
    readonly job?: string | undefined;
    readonly killAt?: string;
    /** A job that gave up is taken up again. */
    readonly again?: boolean;
    /** Models that may be asked; those of the demo unless said. */
    readonly pool?: readonly string[];
    readonly maxFileKb?: number;
    /** Kills the process once this file of the workspace is there. */
    readonly killAtFile?: string;
    /** Another store than that of the others. */
    readonly at?: string;
    /** Of a job that is begun. */
    readonly budgetUsd?: number;
  }) => Promise<ChildEnd>;
  readonly close: () => Promise<void>;
}

interface ChildEnd {
  readonly signal: string | null;
  readonly jobId: string | undefined;
  readonly report: JobReport | undefined;
  readonly stderr: string;
}

/**
 * @param copies let jobs work in copies of the workspace, as they do unless told otherwise
 * @param address of a PostgreSQL store, in place of a folder
 */
export async function openKilledJobs({
  copies = false,
  address,
}: { readonly copies?: boolean; readonly address?: string } = {}): Promise<KilledJobs> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-kill-')));
  const workspace = path.join(folder, 'workspace');
  const store = path.join(folder, 'store');
  cpSync(path.join(SRC, '../fixtures/demo-workspace'), workspace, { recursive: true });
  const models = DEMO_POOL.flatMap((id) => loadCatalog().get(id) ?? []);
  const server = await createScriptedServer({ script: demoWords, models, strict: true });
  return {
    workspace,
    store,
    server,
    run: (options) =>
      runChild({ ...options, copies, workspace, folder, store: options.at ?? address ?? store, url: server.url }),
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface ChildOptions {
  readonly job?: string | undefined;
  readonly killAt?: string;
  readonly again?: boolean;
  readonly pool?: readonly string[];
  /** No file may grow beyond this: writing then fails as on a full disk. */
  readonly maxFileKb?: number;
  readonly killAtFile?: string;
  readonly budgetUsd?: number;
  readonly copies: boolean;
  readonly workspace: string;
  /** Of all that it needs beside the store. */
  readonly folder: string;
  readonly store: string;
  readonly url: string;
}

async function runChild({
  job,
  killAt,
  again,
  pool = DEMO_POOL,
  killAtFile,
  maxFileKb,
  budgetUsd,
  copies,
  workspace,
  folder,
  store,
  url,
}: ChildOptions): Promise<ChildEnd> {
  const node = [process.execPath, '--input-type=module', '-e', CHILD];
  const limit = maxFileKb === undefined ? '' : `trap '' XFSZ; ulimit -f ${maxFileKb}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$@"`, 'bash', ...node], {
    env: {
      PATH: process.env['PATH'],
      SRC,
      // Each process loads the same files: what one has compiled, the next need not.
      NODE_COMPILE_CACHE: path.join(folder, 'compiled'),
      JOB: job ?? '',
      BUDGET: budgetUsd === undefined ? '' : String(budgetUsd),
      KILL_AT: killAt ?? '',
      AGAIN: again === true ? 'yes' : '',
      IN_PLACE: copies ? '' : 'yes',
      XDG_CACHE_HOME: path.join(folder, 'cache'),
      WORKSPACE: workspace,
      HOME: folder,
      STORE: store,
      ...(store.includes('://') ? { POINTSMAN_STORE: store } : {}),
      POOL: pool.join(','),
      TASK: 'Mend the failing tests.',
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: url,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0001',
      POINTSMAN_OPENAI_BASE_URL: `${url}/v1`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const watch = setInterval(() => {
    if (killAtFile !== undefined && existsSync(path.join(workspace, killAtFile))) child.kill('SIGKILL');
  }, 20);
  const signal = await new Promise<string | null>((resolve) => {
    child.on('close', (_code, ended) => resolve(ended));
  });
  clearInterval(watch);
  const report = /^report (.*)$/mu.exec(stdout)?.[1];
  return {
    signal,
    jobId: /^job (\S+)$/mu.exec(stdout)?.[1],
    report: report === undefined ? undefined : (JSON.parse(report) as JobReport),
    stderr,
  };
}

/** What the journal and the server say of a job that was killed and resumed. */
export interface JobAudit {
  /** `step/attempt/callIndex` of every answered call. */
  readonly answeredSlots: readonly string[];
  /** Calls that the process did not live to see the end of. */
  readonly lostCount: number;
  /** Prompt tokens of all answered calls, as billed. */
  readonly billedTokens: number;
  readonly recordedCallIds: readonly string[];
  readonly recordedBillNanoUsd: number;
}

/** Reads the store of a job that no process runs any more. */
export async function auditJob(jobs: Pick<KilledJobs, 'store'>, jobId: string): Promise<JobAudit> {
  const journal = openSqliteJournal(path.join(jobs.store, 'jobs.db'), AS_STORED);
  const recorder = openSqliteRecorder({ file: path.join(jobs.store, 'records.db'), onWriteError: () => undefined });
  const id = asId<JobId>(jobId);
  const calls = await journal.calls(id);
  const answered = calls.filter((call) => call.end?.kind === 'answered');
  const records = await recorder.calls(id);
  await journal.close();
  await recorder.close();
  return {
    answeredSlots: answered.map((call) => `${call.stepId}/${call.attempt}/${call.callIndex}`),
    lostCount: calls.length - answered.length,
    billedTokens: answered.reduce((sum, { end }) => sum + (end?.usage === undefined ? 0 : promptTokens(end.usage)), 0),
    recordedCallIds: records.map((record) => record.callId),
    recordedBillNanoUsd: records.reduce((sum, record) => sum + (record.billNanoUsd ?? 0), 0),
  };
}
