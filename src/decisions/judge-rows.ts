import type { Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { Ratio } from '../domain/time.ts';
import type { JudgedRow, RowOutcome } from '../learn/certificate/certify-thrift.ts';
import { kindOfTask } from '../learn/training/fit-abilities.ts';
import type { Outcome, OutcomeRow } from '../learn/training/outcome-row.ts';
import { abilityKey } from '../predict/artifact.ts';
import { decideAtEachNotch, taskFeatures } from './decide-rows.ts';
import type { Decide } from './pool-dial.ts';
import { readStep, type StepReaders } from './read-step.ts';

/** Tasks whose outcomes are known of several models, decided as the product decides them. */
export interface JudgedRows {
  readonly rows: readonly JudgedRow[];
  /** Rows that say nothing here: of no kind of step, without the reference, with nobody else to choose, or a task that came before. */
  readonly leftOutCount: number;
}

export interface RowJudge {
  readonly policy: RouterPolicy;
  readonly models: readonly Model[];
  /** The model that is always asked where nobody thinks of the bill. */
  readonly reference: Model;
  readonly readers: StepReaders;
  readonly decide: Decide;
  readonly onRow?: (doneCount: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Models that a row tells something of can be chosen for it, and no other. A task that the policy refuses is not solved. One that comes
 * again, by its name or word for word, is no further evidence.
 */
export async function judgeRows(rows: readonly OutcomeRow[], judge: RowJudge): Promise<JudgedRows> {
  const judged: JudgedRow[] = [];
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    judge.signal?.throwIfAborted();
    const names = namesOf(row);
    const one = names.some((name) => seen.has(name)) ? undefined : await judgeRow(row, judge);
    if (one !== undefined) {
      judged.push(one);
      for (const name of names) seen.add(name);
    }
    judge.onRow?.(index + 1);
  }
  return { rows: judged, leftOutCount: rows.length - judged.length };
}

function namesOf({ id, source, taskType, prompt = '' }: OutcomeRow): readonly string[] {
  const words = prompt.trim();
  return [JSON.stringify([source, id]), ...(words === '' ? [] : [JSON.stringify([kindOfTask(taskType), words, ''])])];
}

async function judgeRow(row: OutcomeRow, judge: RowJudge): Promise<JudgedRow | undefined> {
  const kind = kindOfTask(row.taskType);
  const outcomes = new Map(Object.entries(row.outcomes).map(([name, outcome]) => [abilityKey(name), outcome]));
  const outcomeOf = (model: Model): Outcome | undefined => outcomes.get(abilityKey(model.id));
  const reference = outcomeOf(judge.reference);
  const models = judge.models.filter((model) => outcomeOf(model) !== undefined);
  if (kind === undefined || reference === undefined || models.length < 2) return undefined;
  const task = { id: row.id, kind, text: row.prompt ?? '' };
  const choices = await decideAtEachNotch(task, judge.policy, models, judge);
  return {
    id: row.id,
    kind,
    reference: toRowOutcome(reference),
    notches: choices.map((choice) => toRowOutcome(choice === undefined ? undefined : outcomeOf(choice))),
  };
}

/** Fewer rows than this share, and a model is no reference for them. */
const LEAST_COVERAGE: Ratio = 0.9;

/** Models of a pool that most rows know, at one host each; the order is the pool's. */
export function modelsInRows(rows: readonly OutcomeRow[], pool: readonly Model[]): readonly Model[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const key of new Set(Object.keys(row.outcomes).map(abilityKey))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const known = pool.filter(({ id }) => (counts.get(abilityKey(id)) ?? 0) >= rows.length * LEAST_COVERAGE);
  return [...new Map(known.toReversed().map((model) => [abilityKey(model.id), model])).values()].toReversed();
}

/**
 * The ablest of these by what is expected of them, over the kinds of the rows as often as they occur: who is asked where nobody thinks of
 * the bill. What the rows themselves say of it is not looked at, or the promise would be about the luckiest.
 */
export async function ablestFor(
  rows: readonly OutcomeRow[],
  models: readonly Model[],
  { readers, policy }: Pick<RowJudge, 'readers' | 'policy'>,
): Promise<Model | undefined> {
  const kinds = Map.groupBy(rows, ({ taskType }) => kindOfTask(taskType));
  const expected = new Map<string, number>();
  for (const [kind, { length }] of kinds) {
    if (kind === undefined) continue;
    const features = taskFeatures({ id: kind, kind, text: '' });
    const { quality } = await readStep(readers, features, { models, policy });
    for (const { model, successRatio } of quality)
      expected.set(model, (expected.get(model) ?? 0) + successRatio * length);
  }
  return models.toSorted((a, b) => (expected.get(b.id) ?? 0) - (expected.get(a.id) ?? 0))[0];
}

function toRowOutcome(outcome: Outcome | undefined): RowOutcome {
  return { score: outcome?.score ?? 0, costUsd: outcome?.costUsd };
}
