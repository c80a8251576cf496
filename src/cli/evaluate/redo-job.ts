import { mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPointsman } from '../../app/create-pointsman.ts';
import { serverListFor } from '../../app/server-list.ts';
import type { Config } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import { usdFromNano, type NanoUsd } from '../../domain/money.ts';
import type { Difficulty } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { BillEntry } from '../../evaluate/journal.ts';
import type { OtherResult } from '../../evaluate/run-evaluation.ts';
import { VERIFIER_PRIORS } from '../../learn/beliefs/verifier-priors.ts';
import { findChecks } from '../../orchestrator/checks/commands/find-checks.ts';
import { readTestReport } from '../../orchestrator/checks/read-test-report.ts';
import type { JobReport } from '../../orchestrator/model/job-report.ts';
import { commandEnv } from '../../tools/command-runner/command-env.ts';
import { isSuccess } from '../../tools/command-runner/command-report.ts';
import { findProgram } from '../../tools/command-runner/find-program.ts';
import { runProcess } from '../../tools/command-runner/run-process.ts';
import { runInside } from '../../tools/command-runner/start-inside.ts';
import { openSandbox } from '../../tools/sandbox/sandbox.ts';
import { serverEnv } from '../../tools/server-env.ts';
import { toolchainEnv } from '../../tools/toolchain-env.ts';
import { runGit } from '../../tools/work-tree/git-process.ts';
import { openJobTrees, type JobTree } from '../../tools/work-tree/job-trees.ts';
import { gitProgram } from '../../tools/work-tree/work-tree.ts';
import { createFolderGate } from '../../trust/folder-gate.ts';
import { userConfigDir, userDataDir } from '../../trust/user-folders.ts';
import type { CommandIo } from '../input/command.ts';
import { noteBills, type BillNotes } from './note-bills.ts';
import type { ResolvedModel } from './resolve-model.ts';

/** A job of the user's own that may be done again. */
export interface OwnJob {
  readonly id: string;
  readonly task: string;
  readonly workspace: string;
  readonly kind: StepKind;
  readonly difficulty: Difficulty;
  /** What it did to files. */
  readonly patch: string;
}

export interface RedoOptions {
  readonly signal: AbortSignal;
  readonly budgetNanoUsd: NanoUsd | undefined;
  /** Told what it bills while it works. */
  readonly onBill: (entry: BillEntry) => void;
  readonly resolved: ResolvedModel;
  readonly io: CommandIo;
}

const MAX_OUTPUT_BYTES = 1_000_000;

/**
 * Does a job again in a copy of its folder from which its change was taken, and grades it by the folder's own tests. They are
 * tried before: one is red without the change and green with it, or nothing can be told and no model is asked. Nothing in the user's folder is
 * touched.
 */
export async function redoJob(job: OwnJob, options: RedoOptions): Promise<OtherResult> {
  const { resolved, io } = options;
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-own-')));
  try {
    const opened = await openCopy(job, dir, options);
    if (typeof opened === 'string') return { kind: 'unsuitable', why: opened };
    const tests: Testing = { tree: opened, config: resolved.config, io, signal: options.signal };
    const beside = await redBeside(job, tests);
    if (typeof beside === 'string') return { kind: 'unsuitable', why: beside };
    const { isPriced } = resolved;
    const notes = noteBills({ ...options, isPriced });
    const report = await redo(job, path.join(dir, 'store'), { ...options, tree: opened, onEvent: notes.onEvent });
    notes.end();
    const bill = { ...billOf(report, isPriced), callId: notes.callId };
    return await graded(job, report, { tests, beside, bill });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The copy, or why there is none. */
async function openCopy(
  { id, workspace }: OwnJob,
  dir: string,
  { resolved, io }: RedoOptions,
): Promise<JobTree | string> {
  if (statSync(workspace, { throwIfNoEntry: false })?.isDirectory() !== true) return 'its folder is gone';
  const gate = createFolderGate({ env: io.env });
  if (serverListFor(workspace, resolved.config, gate) !== undefined) return 'its folder has tool servers of its own';
  const trees = openJobTrees({
    dir: path.join(dir, 'trees'),
    env: io.env,
    closed: ownPlaces(resolved.config, io),
    now: Date.now,
  });
  const opened = await trees.open(id, realpathSync(workspace));
  return opened.kind === 'tree' ? opened.tree : `its folder cannot be copied: ${opened.why}`;
}

function ownPlaces({ store }: Config, { env }: CommandIo): readonly string[] {
  const places = [store.kind === 'sqlite' ? store.dir : undefined, userDataDir(env), userConfigDir(env)];
  return places.filter((place) => place !== undefined);
}

interface Testing {
  readonly tree: JobTree;
  readonly config: Config;
  readonly io: CommandIo;
  readonly signal: AbortSignal;
}

/** Tests that fail although the job was done, or a text that says why nothing can be told; leaves the copy as before the job. */
async function redBeside({ patch }: OwnJob, tests: Testing): Promise<ReadonlySet<string> | string> {
  const { tree, io, signal } = tests;
  const done = await failing(tests);
  if (typeof done === 'string') return done;
  const git = gitProgram(tree.folder, io.env['PATH'] ?? '');
  const input = Buffer.from(patch);
  const undo = ['apply', '-R', '--whitespace=nowarn', '-'];
  const env = environmentOf(tests);
  const undone =
    git === undefined ? undefined : await runGit(undo, { git, cwd: tree.folder, env, input, limitMs: MINUTE_MS });
  signal.throwIfAborted();
  if (undone === undefined) return 'its files have been changed since';
  const before = await failing(tests);
  if (typeof before === 'string') return before;
  return [...before].some((name) => !done.has(name)) ? done : 'no test is red without its change and green with it';
}

/** No key of the user's is in it: it is what tool servers see. */
function environmentOf({ tree, io }: Testing): Record<string, string> {
  return commandEnv(tree.folder, serverEnv(io.env, toolchainEnv(io.env)));
}

/** A suite that fails and names no test. */
const ALL = '(all of them)';

/** Names of the tests of the copy that fail; a text says why nobody knows. */
async function failing(tests: Testing): Promise<ReadonlySet<string> | string> {
  const { tree, config, io, signal } = tests;
  const { folder, readable } = tree;
  const all = findChecks(folder, { said: config.tools.check, home: io.env['HOME'] });
  const commands = all.filter(({ role }) => role === 'tests');
  if (commands.length === 0) return 'nothing says how its tests are run';
  const network = config.tools.network ?? false;
  const sandbox = openSandbox({ workspace: folder, env: io.env, closed: ownPlaces(config, io), network, readable });
  const names = new Set<string>();
  try {
    if (sandbox.kind === 'none' && config.tools.sandbox !== 'off') return 'nothing on this machine can hold its tests';
    for (const { program, args, cwd } of commands) {
      const file = findProgram(folder, program, io.env['PATH'] ?? '');
      const report = await runInside(sandbox, { file, args, cwd: path.join(folder, cwd) }, async (inside) =>
        runProcess({
          ...inside,
          env: environmentOf(tests),
          timeoutMs: config.tools.testTimeoutMs,
          maxOutputBytes: MAX_OUTPUT_BYTES,
          signal,
        }),
      );
      signal.throwIfAborted();
      if (report.failure !== undefined || report.ended !== undefined) return 'its tests did not come to an end';
      if (isSuccess(report)) continue;
      const named = readTestReport(`${report.stdout}\n${report.stderr}`).failing;
      for (const name of named.length === 0 ? [ALL] : named) names.add(`${cwd} ${name}`);
    }
    return names;
  } finally {
    sandbox.close();
  }
}

/** The job, as its user asked for it, with this one model and a store of its own. */
async function redo(
  job: OwnJob,
  store: string,
  {
    resolved,
    io,
    budgetNanoUsd,
    signal,
    tree,
    onEvent,
  }: RedoOptions & { readonly tree: JobTree; readonly onEvent: BillNotes['onEvent'] },
): Promise<JobReport> {
  const { model, config } = resolved;
  const isTrusted = createFolderGate({ env: io.env }).admit(job.workspace).isTrusted;
  const pointsman = await createPointsman({
    cwd: tree.folder,
    env: io.env,
    // It brings what its user's folder brings, to which they have said yes or not.
    gate: createFolderGate(isTrusted ? { env: io.env, accept: 'all' } : { env: io.env }),
    config: withOnly(model, config),
    store: { dir: store },
    pings: false,
  });
  try {
    return await pointsman.runJob(
      {
        task: job.task,
        workspace: tree.folder,
        model: model.id,
        approve: 'all',
        inPlace: true,
        ...(budgetNanoUsd === undefined ? {} : { budgetUsd: usdFromNano(budgetNanoUsd) }),
      },
      { signal, onEvent },
    );
  } finally {
    await pointsman.close();
  }
}

function withOnly(model: Model, config: Config): Config {
  const models = [...config.models.filter(({ id }) => id !== model.id), model];
  const { pool: _pool, ...rest } = config;
  return { ...rest, models, pool: [model.id], hands: 'own', shadowPolicyIds: [], learn: undefined };
}

interface Grading {
  readonly tests: Testing;
  /** Tests that may fail: they do with the user's own change, too. */
  readonly beside: ReadonlySet<string>;
  readonly bill: BillEntry;
}

/** What its tests say now, whatever the model says of itself. */
async function graded(job: OwnJob, report: JobReport, { tests, beside, bill }: Grading): Promise<OtherResult> {
  const error = faultOf(report, tests.signal);
  // Whoever was not asked has answered nothing.
  if (error === undefined && report.steps.every(({ callCount }) => callCount === 0))
    return { kind: 'unsuitable', why: report.failure?.message ?? report.pause?.question ?? 'no model was asked' };
  if (error !== undefined) return { kind: 'failed', error, bill };
  const now = await failing(tests);
  const { sensitivity, falseAlarm } = VERIFIER_PRIORS['named-tests'];
  return {
    kind: 'graded',
    bill,
    entry: {
      v: 1,
      what: 'task',
      id: job.id,
      kind: job.kind,
      difficulty: job.difficulty,
      isRight: typeof now !== 'string' && [...now].every((name) => beside.has(name)),
      passesWrong: sensitivity.no / (sensitivity.yes + sensitivity.no),
      failsRight: falseAlarm.yes / (falseAlarm.yes + falseAlarm.no),
    },
  };
}

function billOf({ bill }: JobReport, isPriced: boolean): BillEntry {
  const most = bill.spentNanoUsd + bill.mayHaveBilledNanoUsd;
  const isKnown = isPriced && bill.unknownBillCallCount === 0;
  return {
    v: 1,
    what: 'bill',
    billNanoUsd: isKnown ? bill.spentNanoUsd : null,
    ...(isKnown ? {} : { mostNanoUsd: most }),
  };
}

/** What kept the model from its work; a job that it gave up, or did wrong, is an answer. */
function faultOf(report: JobReport, signal: AbortSignal): PointsmanError | undefined {
  if (signal.aborted) return new PointsmanError('aborted', 'The job was stopped.');
  const { pause, failure, status } = report;
  if (status === 'done') return undefined;
  if (pause?.kind === 'budget') return new PointsmanError('budget-exhausted', pause.question);
  const said = failure ?? (pause === undefined ? undefined : { code: pause.code, message: pause.question });
  return said?.code.startsWith('provider-') === true ? new PointsmanError(said.code, said.message) : undefined;
}
