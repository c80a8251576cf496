import { isPointsmanError, PointsmanError, toPointsmanError, type ErrorCode } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { At, Ms, Tokens } from '../domain/time.ts';
import type { ModelCaller } from '../providers/model-caller.ts';
import { beyondBudget, openAsk, type AskModel } from './ask-model.ts';
import { doTask } from './do-task.ts';
import { billsIn, type BillEntry, type Journal, type ProbeEntry, type TaskEntry } from './journal.ts';
import { askProbe, contextProbe, contextSizes, FIRST_PROBE, PROBES, type Probe } from './probes.ts';
import type { CodeRunner, SuiteName, Task } from './task.ts';
import { makeTasks } from './tasks/make-tasks.ts';

/** What is tried. */
export interface EvaluationPlan {
  readonly model: Model;
  /** False: nobody knows the price, and no bill is worked out. */
  readonly isPriced: boolean;
  readonly suites: readonly SuiteName[];
  readonly seed: number;
  /** Tasks of each suite. */
  readonly taskCount: number;
  readonly maxOutputTokens: Tokens;
  /** The longest prompt that is tried; `undefined`: none. */
  readonly maxContextTokens: Tokens | undefined;
  readonly budgetNanoUsd: NanoUsd | undefined;
  readonly timeoutMs: Ms;
}

/** A task of the user's own, which somebody else carries out, within what the budget leaves. */
export interface OtherTask {
  readonly id: string;
  readonly run: (options: {
    readonly signal: AbortSignal;
    readonly budgetNanoUsd: NanoUsd | undefined;
    /** Told while it works; the bill of its result stands for those of the same id. */
    readonly onBill: (entry: BillEntry) => void;
  }) => Promise<OtherResult>;
}

/** `unsuitable`: nothing can be told by it, and no model was asked. `failed`: no answer came. */
export type OtherResult =
  | { readonly kind: 'graded'; readonly entry: TaskEntry; readonly bill: BillEntry }
  | { readonly kind: 'unsuitable'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: PointsmanError; readonly bill: BillEntry };

export interface EvaluationPorts {
  readonly call: ModelCaller;
  /** `undefined`: nothing on this machine could hold what a model writes. */
  readonly run: CodeRunner | undefined;
  readonly journal: Journal;
  readonly others?: readonly OtherTask[];
  readonly now: () => At;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: EvaluationProgress) => void;
}

export interface EvaluationProgress {
  readonly doneCount: number;
  readonly allCount: number;
  readonly what: string;
}

export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface Evaluation {
  readonly tasks: readonly TaskEntry[];
  readonly probes: readonly ProbeEntry[];
  /** Tasks that no answer came to: nothing is said of the model. */
  readonly unanswered: readonly { readonly id: string; readonly code: ErrorCode; readonly message: string }[];
  readonly leftOut: readonly LeftOut[];
  /** Of the whole evaluation, what was done before included. */
  readonly spentNanoUsd: NanoUsd;
  readonly unknownBillCount: number;
  /** What ended it before its time; what was graded until then is here, and in the journal. */
  readonly stopped: PointsmanError | undefined;
}

/** Calls that fail one after the other until the server is taken for gone. */
const MOST_FAILURES = 3;
/** Codes that will not be otherwise at the next call. */
const FATAL: ReadonlySet<ErrorCode> = new Set([
  'aborted',
  'budget-exhausted',
  'provider-auth',
  'config-invalid',
  'record-unwritable',
  'internal',
]);

/** Probes and tasks, one after the other; what the journal holds already is not done again. Never throws for what the server does. */
export async function runEvaluation(plan: EvaluationPlan, ports: EvaluationPorts): Promise<Evaluation> {
  const { journal, signal } = ports;
  const work = new Work(plan, ports);
  let stopped: PointsmanError | undefined;
  try {
    await work.probe();
    await work.grade();
  } catch (thrown) {
    stopped = signal.aborted ? interrupted() : toPointsmanError(thrown);
  }
  const wanted = new Set([...work.taskIds(), ...(ports.others ?? []).map(({ id }) => id)]);
  const entries = journal.entries();
  // One that stands there twice, as two runs at once would leave it, is one answer.
  const tasks = [
    ...new Map(
      entries.flatMap((entry) => (entry.what === 'task' && wanted.has(entry.id) ? [[entry.id, entry] as const] : [])),
    ).values(),
  ];
  const bills = billsIn(journal).map(({ billNanoUsd }) => billNanoUsd);
  return {
    tasks,
    probes: [
      ...new Map(entries.flatMap((entry) => (entry.what === 'probe' ? [[entry.id, entry] as const] : []))).values(),
    ],
    unanswered: work.unanswered,
    leftOut: work.leftOut,
    spentNanoUsd: sumNanoUsd(bills.map((bill) => toNanoUsd(bill ?? 0))),
    unknownBillCount: bills.filter((bill) => bill === null).length,
    stopped,
  };
}

class Work {
  readonly unanswered: { readonly id: string; readonly code: ErrorCode; readonly message: string }[] = [];
  readonly leftOut: LeftOut[] = [];
  readonly #plan: EvaluationPlan;
  readonly #ports: EvaluationPorts;
  readonly #ask: AskModel;
  #failures = 0;

  constructor(plan: EvaluationPlan, ports: EvaluationPorts) {
    this.#plan = plan;
    this.#ports = ports;
    const { call, signal, now, journal } = ports;
    const onBill = (entry: BillEntry): void => journal.add(entry);
    this.#ask = openAsk({ ...plan, call, signal, now, spentNanoUsd: () => spentAtMost(journal), onBill });
  }

  taskIds(): readonly string[] {
    return this.#tasks().map(({ id }) => id);
  }

  async probe(): Promise<void> {
    for (const probe of PROBES) await this.#probeOnce(probe);
    const { maxContextTokens, seed } = this.#plan;
    if (maxContextTokens === undefined) return;
    for (const size of contextSizes(maxContextTokens)) {
      // A longer one will not be understood either.
      if ((await this.#probeOnce(contextProbe(size, seed)))?.state !== 'yes') return;
    }
  }

  async grade(): Promise<void> {
    const { journal, run, others = [], signal } = this.#ports;
    const isDone = new Set(journal.entries().flatMap((entry) => (entry.what === 'task' ? [entry.id] : [])));
    const tasks = this.#tasks().filter(({ id }) => !isDone.has(id) && this.#isPossible(id));
    const left = others.filter(({ id }) => !isDone.has(id));
    let doneCount = 0;
    const grade = async (id: string, make: () => Promise<TaskEntry | undefined>): Promise<void> => {
      this.#ports.onProgress({ doneCount, allCount: tasks.length + left.length, what: id });
      doneCount += 1;
      const entry = await this.#attempt(id, make);
      if (entry !== undefined) journal.add(entry);
    };
    const runner: CodeRunner = run ?? ((_source, inputs) => Promise.resolve(inputs.map(() => undefined)));
    for (const task of tasks) await grade(task.id, async () => doTask(task, { ask: this.#ask, run: runner, signal }));
    for (const other of left) await grade(other.id, async () => this.#other(other));
  }

  /** `undefined`: nothing can be told by it, which was noted. @throws PointsmanError */
  async #other({ id, run }: OtherTask): Promise<TaskEntry | undefined> {
    const { signal, journal } = this.#ports;
    const result = await run({ signal, budgetNanoUsd: this.#rest(), onBill: (entry) => journal.add(entry) });
    if (result.kind !== 'unsuitable') journal.add(result.bill);
    if (result.kind === 'failed') throw result.error;
    if (result.kind === 'graded') return result.entry;
    this.leftOut.push({ what: id, why: result.why });
    return undefined;
  }

  /** What the budget leaves. @throws PointsmanError `budget-exhausted` */
  #rest(): NanoUsd | undefined {
    const { budgetNanoUsd } = this.#plan;
    if (budgetNanoUsd === undefined) return undefined;
    const spent = spentAtMost(this.#ports.journal);
    if (spent < budgetNanoUsd) return toNanoUsd(budgetNanoUsd - spent);
    throw beyondBudget(budgetNanoUsd, spent);
  }

  #tasks(): readonly Task[] {
    const { suites, seed, taskCount } = this.#plan;
    return suites
      .filter((suite) => !this.leftOut.some(({ what }) => what === suite))
      .flatMap((suite) => makeTasks(suite, { seed, count: taskCount }));
  }

  #isPossible(id: string): boolean {
    const suite = this.#plan.suites.find((one) => id.startsWith(`${one}-`));
    const why = suite === undefined ? undefined : this.#whyNot(suite);
    if (suite === undefined || why === undefined) return true;
    if (!this.leftOut.some(({ what }) => what === suite)) this.leftOut.push({ what: suite, why });
    return false;
  }

  #whyNot(suite: SuiteName): string | undefined {
    if (suite === 'code' && this.#ports.run === undefined)
      return 'nothing on this machine can hold what a model writes: install bubblewrap';
    if (suite !== 'tools') return undefined;
    const found = this.#ports.journal.entries().find((entry) => entry.what === 'probe' && entry.id === 'tools');
    return found?.what === 'probe' && found.state === 'refused'
      ? `the server refuses tools: ${found.detail}`
      : undefined;
  }

  async #probeOnce(probe: Probe): Promise<ProbeEntry | undefined> {
    const { journal } = this.#ports;
    const known = journal.entries().find((entry) => entry.what === 'probe' && entry.id === probe.id);
    if (known?.what === 'probe') return known;
    this.#ports.onProgress({ doneCount: 0, allCount: 0, what: probe.title });
    const entry = await this.#attempt(probe.id, async () => askProbe(probe, this.#ask));
    if (entry !== undefined) journal.add(entry);
    return entry;
  }

  /** `undefined`: no answer came, which was noted. @throws PointsmanError what will not be otherwise next time */
  async #attempt<Entry>(id: string, make: () => Promise<Entry>): Promise<Entry | undefined> {
    try {
      const entry = await make();
      this.#failures = 0;
      return entry;
    } catch (thrown) {
      if (this.#ports.signal.aborted || !isPointsmanError(thrown) || FATAL.has(thrown.code)) throw thrown;
      if (id === FIRST_PROBE) throw thrown;
      this.unanswered.push({ id, code: thrown.code, message: thrown.message.slice(0, 300) });
      this.#failures += 1;
      if (this.#failures >= MOST_FAILURES) throw thrown;
      return undefined;
    }
  }
}

/** A bill that nobody knows counts as the most that it may be: a budget holds all the same. */
function spentAtMost(journal: Journal): NanoUsd {
  return sumNanoUsd(billsIn(journal).map(({ billNanoUsd, mostNanoUsd = 0 }) => toNanoUsd(billNanoUsd ?? mostNanoUsd)));
}

function interrupted(): PointsmanError {
  return new PointsmanError('aborted', 'The evaluation was stopped.', {
    hint: 'What was graded is kept: the same command goes on from there.',
  });
}
