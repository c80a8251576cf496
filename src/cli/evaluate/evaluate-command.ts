import { createHash } from 'node:crypto';
import path from 'node:path';
import { stringify } from 'yaml';
import { openProviders } from '../../app/open-providers.ts';
import type { OwnModelRow } from '../../catalog/model-row.ts';
import { isLoopback } from '../../config/endpoints.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { boundCost } from '../../evaluate/bound-cost.ts';
import { openJournal, type Journal } from '../../evaluate/journal.ts';
import { openCodeRoom } from '../../evaluate/run-code.ts';
import { runEvaluation, type Evaluation, type EvaluationPlan, type OtherTask } from '../../evaluate/run-evaluation.ts';
import { TASKS_VERSION } from '../../evaluate/tasks/make-tasks.ts';
import { toReport, toEvaluatedRow, type EvaluationReport } from '../../evaluate/to-report.ts';
import { capabilitiesFor } from '../../predict/prior-predictor.ts';
import { KIND_ITEMS } from '../../predict/success/ability-dimensions.ts';
import { priorAbilities } from '../../predict/success/ability-prior.ts';
import { kindAbility } from '../../predict/success/item-response.ts';
import { createModelCaller } from '../../providers/model-caller.ts';
import { shownLine } from '../../trust/shown.ts';
import { userDataDir } from '../../trust/user-folders.ts';
import { whileLockedAsync } from '../../trust/user-lock.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { jsonText } from '../text/json-text.ts';
import { shownDiff } from '../text/shown-diff.ts';
import { parseEvaluateArguments, type EvaluateAsked } from './evaluate-arguments.ts';
import { costText, evaluationText } from './evaluate-text.ts';
import { resolveModel, type ResolvedModel } from './resolve-model.ts';
import { rowChange, writeRow, type RowChange } from './write-row.ts';

const FACTS = `Suites: code (functions, run in a sandbox), tools, maths, review, test, follow and schema; "own" does jobs of yours again whose
  change turned red tests green, in copies of their folders. Without --suite: all but own.
Cost: said before it begins. A budget is never gone beyond; a price that nobody has stated is not taken for 0.
Ctrl-C: what was graded is kept, and the same command goes on from there; --fresh begins anew, as after another training.
Row: written into your configuration after you have seen it and said yes; --dry-run asks the model all the same, and writes nothing.`;

export const command: CliCommand = {
  name: 'evaluate',
  usage:
    'MODEL [--suite NAME,…] [--tasks N] [--seed N] [--url URL] [--endpoint NAME] [--wire FORMAT] [--key-name VARIABLE] [--price IN/OUT] [--context TOKENS] [--max-output TOKENS] [--timeout SECONDS] [--budget USD] [--fresh] [--dry-run] [--yes] [--json] [--config FILE]',
  facts: FACTS,
  run,
};

/** The longest prompt that is tried where nobody asks for more. */
const USUAL_PROBE = 32_768;

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const asked = parseEvaluateArguments(args);
  const settings = await loadSettings(io, asked.config);
  const resolved = resolveModel(asked, settings.config, settings.catalog, io.env);
  const plan = planOf(asked, resolved);
  const file = journalFile(plan, resolved, io);
  // Two at once would ask everything twice, and each hold a budget of its own.
  const evaluation = await whileLockedAsync(path.dirname(file), `${path.basename(file)}.lock`, async () => {
    const journal = openJournal(file, { fresh: asked.fresh });
    const others = asked.suites.includes('own') ? await ownTasks(asked, resolved, io) : [];
    await agree(plan, { asked, resolved, journal, io, ownCount: others.length });
    return evaluate(plan, { resolved, journal, others, io });
  });
  const prior = priorAbilities(capabilitiesFor({ ...resolved.model }));
  const report = toReport(evaluation, (kind) => kindAbility(prior, KIND_ITEMS[kind]));
  return finish({ asked, settings, resolved, evaluation, report, io });
}

function planOf(asked: EvaluateAsked, { model, isPriced, statedContextTokens }: ResolvedModel): EvaluationPlan {
  const { seed, taskCount, maxOutputTokens, budgetNanoUsd, timeoutMs } = asked;
  if (budgetNanoUsd !== undefined && !isPriced) {
    throw new PointsmanError('request-invalid', 'A budget cannot be held without a price.', {
      hint: 'Say what its tokens cost: --price INPUT/OUTPUT, in USD per million.',
    });
  }
  return {
    model,
    isPriced,
    suites: asked.suites.filter((suite) => suite !== 'own'),
    seed,
    taskCount,
    maxOutputTokens: Math.min(maxOutputTokens, model.maxOutputTokens),
    maxContextTokens: asked.contextTokens ?? Math.min(USUAL_PROBE, statedContextTokens ?? USUAL_PROBE),
    budgetNanoUsd,
    timeoutMs,
  };
}

/** One file for one model at one address, and one way of asking it. */
function journalFile(plan: EvaluationPlan, { model, config }: ResolvedModel, io: CommandIo): string {
  const dir = userDataDir(io.env) ?? path.join(io.cwd, '.pointsman');
  const { baseUrl = '' } = config.endpoints.get(model.endpoint) ?? {};
  const what = [TASKS_VERSION, model.id, model.wire, model.wireModel, baseUrl, plan.seed, plan.maxOutputTokens];
  const digest = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16);
  const name = model.id.replaceAll(/[^\w.-]+/gu, '-').slice(0, 60);
  return path.join(dir, 'evaluations', `${name}-${digest}.jsonl`);
}

interface Agreeing {
  readonly asked: EvaluateAsked;
  readonly resolved: ResolvedModel;
  readonly journal: Journal;
  readonly ownCount: number;
  readonly io: CommandIo;
}

/** Says what it costs; where it may cost something, somebody has to say yes, or has stated a budget. @throws PointsmanError */
async function agree(plan: EvaluationPlan, { asked, resolved, journal, ownCount, io }: Agreeing): Promise<void> {
  const done = new Set(journal.entries().flatMap((entry) => (entry.what === 'bill' ? [] : [entry.id])));
  const bound = boundCost(plan, (id) => done.has(id), Date.now());
  const { baseUrl = '' } = resolved.config.endpoints.get(plan.model.endpoint) ?? {};
  io.stderr(`${resolved.model.id} at ${shownLine(new URL(baseUrl).origin)}: ${costText(bound, ownCount)}`);
  if (done.size > 0) io.stderr(`${done.size} answers of before are kept, and what they billed.\n`);
  if (journal.unreadCount > 0) io.stderr(`${journal.unreadCount} lines of before could not be read.\n`);
  const isFree = bound.mostNanoUsd === 0 && ownCount === 0 && isLoopback(baseUrl);
  const isAgreed = asked.yes || asked.budgetNanoUsd !== undefined;
  if (!isFree && !isAgreed && bound.callCount + ownCount > 0) await askWhetherToBegin(io);
}

/** @throws PointsmanError `request-invalid` where nobody can be asked, `aborted` */
async function askWhetherToBegin(io: CommandIo): Promise<void> {
  if (io.ask === undefined) {
    throw new PointsmanError('request-invalid', 'Nobody is here to agree to what this may cost.', {
      hint: 'Give --budget USD, or --yes.',
    });
  }
  const answer = await io.ask('Begin? [y/N] ');
  if (!/^y(?:es)?$/iu.test(answer.trim()))
    throw new PointsmanError('aborted', 'Nothing was asked of the model, and nothing was billed.');
}

async function ownTasks(asked: EvaluateAsked, resolved: ResolvedModel, io: CommandIo): Promise<readonly OtherTask[]> {
  const { openOwnTasks } = await import('./own-tasks.ts');
  const own = await openOwnTasks(asked, resolved, io);
  if (own.length === 0)
    io.stderr('No job of yours is a task: none that is done had tests that were red before and green after.\n');
  return own;
}

interface Evaluating {
  readonly resolved: ResolvedModel;
  readonly journal: Journal;
  readonly others: readonly OtherTask[];
  readonly io: CommandIo;
}

async function evaluate(plan: EvaluationPlan, { resolved, journal, others, io }: Evaluating): Promise<Evaluation> {
  const providers = openProviders(resolved.config, { clock: Date.now, env: io.env });
  const needsRoom = plan.suites.includes('code');
  const room = needsRoom ? openCodeRoom(io.env) : undefined;
  const isHeld = room !== undefined && (room.kind !== 'none' || resolved.config.tools.sandbox === 'off');
  const { erase } = io;
  try {
    return await runEvaluation(plan, {
      call: createModelCaller({ providers, random: Math.random }),
      run: isHeld ? room.run : undefined,
      journal,
      others,
      now: Date.now,
      signal: io.signal,
      onProgress: ({ doneCount, allCount, what }) => {
        if (erase === undefined) return;
        erase('line');
        io.stderr(allCount === 0 ? `asking whether it ${what}` : `task ${doneCount + 1} of ${allCount}: ${what}`);
      },
    });
  } finally {
    erase?.('line');
    room?.close();
  }
}

interface Finished {
  readonly asked: EvaluateAsked;
  readonly settings: Settings;
  readonly resolved: ResolvedModel;
  readonly evaluation: Evaluation;
  readonly report: EvaluationReport;
  readonly io: CommandIo;
}

async function finish(finished: Finished): Promise<ExitCode> {
  const { asked, resolved, evaluation, report, io } = finished;
  const { stopped } = evaluation;
  if (stopped !== undefined && evaluation.tasks.length === 0) throw stopped;
  const row = rowOf(finished);
  const file = row === undefined || stopped !== undefined ? undefined : await offer(row, finished);
  if (asked.json) {
    const { stopped: _error, ...rest } = evaluation;
    const why = stopped === undefined ? {} : { stopped: { code: stopped.code, message: stopped.message } };
    io.stdout(jsonText('evaluate', { model: resolved.model.id, ...report, ...rest, ...why, row, writtenTo: file }));
  } else {
    io.stdout(evaluationText(evaluation, report, io.columns));
    if (row !== undefined) io.stdout(`\n${rowText(row, resolved)}`, 'verbatim');
    io.stdout(file === undefined ? `\n${whyNotWritten(finished)}\n` : `\nWritten to ${file}.\n`);
  }
  if (stopped === undefined) return EXIT.ok;
  io.stderr(
    `pointsman: ${stopped.code}: ${stopped.message}${stopped.hint === undefined ? '' : `\n  ${stopped.hint}`}\n`,
  );
  return exitCodeOf(stopped.code);
}

function rowOf({ asked, resolved, evaluation, report }: Finished): OwnModelRow | undefined {
  if (resolved.row === undefined || evaluation.tasks.length === 0) return undefined;
  const asOf = new Date().toISOString().slice(0, 10);
  return toEvaluatedRow(resolved.row, report, evaluation.probes, {
    asOf,
    seed: asked.seed,
    taskCount: evaluation.tasks.length,
  });
}

/** Where it was written. `undefined`: nowhere. */
async function offer(row: OwnModelRow, { asked, resolved, settings, io }: Finished): Promise<string | undefined> {
  if (asked.dryRun || (!resolved.isPriced && row.usdPerMTok === undefined)) return undefined;
  const change: RowChange = rowChange(settings.config, io, { row, newEndpoint: resolved.newEndpoint });
  if (change.before === change.after) return change.file;
  if (!asked.yes) {
    if (io.ask === undefined) return undefined;
    io.stderr(`${change.file}\n${shownDiff(change.before ?? '', change.after)}\n`);
    const answer = await io.ask('Write this? [y/N] ');
    if (!/^y(?:es)?$/iu.test(answer.trim())) return undefined;
  }
  writeRow(change, settings.config, await openFolderGate(io));
  return change.file;
}

function whyNotWritten({ asked, resolved, evaluation }: Finished): string {
  if (evaluation.stopped !== undefined) return 'Nothing was written: it has not come to its end.';
  if (resolved.row === undefined) return 'Nothing was written: rows of the shipped catalogue stay as they are.';
  if (!resolved.isPriced)
    return 'Nothing was written: a row needs a price where it is not on this machine. State it with --price IN/OUT; what was graded is kept.';
  return asked.dryRun ? 'Nothing was written (--dry-run).' : 'Nothing was written; --yes writes it.';
}

function rowText(row: OwnModelRow, { newEndpoint }: ResolvedModel): string {
  const endpoints: JsonObject = newEndpoint === undefined ? {} : { endpoints: Object.fromEntries([newEndpoint]) };
  return stringify({ ...endpoints, models: [row] });
}
