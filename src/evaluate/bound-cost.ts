import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { At, Tokens } from '../domain/time.ts';
import { userMessage } from '../domain/transcript.ts';
import { likelyPromptTokens, mostOf, type ModelQuestion } from './ask-model.ts';
import { contextProbe, contextSizes, PROBES } from './probes.ts';
import type { EvaluationPlan } from './run-evaluation.ts';
import type { Task } from './task.ts';
import { makeTasks } from './tasks/make-tasks.ts';

/** What an evaluation takes, before it begins. */
export interface CostBound {
  /** Calls, where every tool task goes the shortest way. */
  readonly callCount: number;
  /** Tasks with tools, in which a model may go a longer way, and bill more than is said here. */
  readonly toolTaskCount: number;
  readonly promptTokens: Tokens;
  /** If every answer were as long as it may be. */
  readonly mostOutputTokens: Tokens;
  /** At the model's price, nothing cached. `undefined`: the price is not known, which is not 0. */
  readonly mostNanoUsd: NanoUsd | undefined;
}

/** Counts every call that would be made, what the journal holds left out. Pure. */
export function boundCost(plan: EvaluationPlan, isDone: (id: string) => boolean, at: At): CostBound {
  const { model, seed, taskCount: count, maxContextTokens, maxOutputTokens } = plan;
  const long =
    maxContextTokens === undefined ? [] : contextSizes(maxContextTokens).map((size) => contextProbe(size, seed));
  const probes = [...PROBES, ...long].filter(({ id }) => !isDone(id)).map(({ ask }) => ask);
  const tasks = plan.suites.flatMap((suite) => makeTasks(suite, { seed, count })).filter(({ id }) => !isDone(id));
  const asks = [...probes, ...tasks.flatMap(asksOf)].map((ask) => ({ system: '', tools: [], ...ask }));
  const bills = plan.isPriced ? asks.map((ask) => mostOf(ask, model, maxOutputTokens, at)) : [undefined];
  const known = bills.flatMap((bill) => bill ?? []);
  return {
    callCount: asks.length,
    toolTaskCount: tasks.filter(({ toolAnswer }) => toolAnswer !== undefined).length,
    promptTokens: asks.reduce((sum, ask) => sum + likelyPromptTokens(ask), 0),
    mostOutputTokens: asks.length * maxOutputTokens,
    mostNanoUsd: asks.length === 0 ? toNanoUsd(0) : known.length < bills.length ? undefined : sumNanoUsd(known),
  };
}

/** A call for each turn of the shortest way; each holds all that was said before. */
function asksOf(task: Task): readonly ModelQuestion[] {
  return task.right.map((_turn, index) => ({
    messages: [userMessage(task.prompt + JSON.stringify(task.right.slice(0, index)).repeat(2))],
    tools: task.tools ?? [],
  }));
}
