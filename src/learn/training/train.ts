import { STEP_KINDS } from '../../domain/step.ts';
import { abilityKey, type PredictorArtifact, type TextEffect } from '../../predict/artifact.ts';
import type { Embedder } from '../../predict/embedding/embedder.ts';
import { HASHED_VERSION, hashedVector } from '../../predict/embedding/hashed-embedder.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { bootstrapInterval } from '../../stats/bootstrap.ts';
import type { Interval } from '../../stats/interval.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { fitAbilities, OWN_SOURCE } from './fit-abilities.ts';
import { fitForecast } from './fit-forecast.ts';
import { fitStruggle, type FittedStruggle } from './fit-struggle.ts';
import { fitTextEffect } from './fit-text-effect.ts';
import { judgeChoice, type ChoiceCurve } from './judge-choice.ts';
import { areaUnderCurve, brierScore, calibrationError } from './metrics-probability.ts';
import { rounded } from './rounded.ts';
import { textGate } from './text-gate.ts';
import { trainHead, type TrainedHead } from './train-head.ts';
import type { TrainingSet } from './training-set.ts';

export interface TrainOptions {
  readonly name: string;
  /** Date of the data, as ISO day; part of the file, so that the same data gives the same bytes on any day. */
  readonly asOf: string;
  readonly seed: number;
  /** Absent: heads for hashed features only. */
  readonly embedder: Embedder | undefined;
  readonly sessions: readonly SessionTrace[];
  readonly progress: (text: string) => void;
}

/** What training made: the artifact without its checksum, and what a model card needs besides. */
export interface TrainResult {
  readonly artifact: Omit<PredictorArtifact, 'sha256'>;
  readonly heads: Readonly<Record<string, TrainedHead>>;
  /** Of figures of the artifact, by their name. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** Absent: the rows have no costs, or nothing to choose by. */
  readonly choice: ChoiceCurve | undefined;
}

/** Fewer rows with a text than this cannot open a gate. */
const LEAST_GATE_ROWS = 60;
/** A struggle classifier that tells failing sessions from others less well than this is not shipped: the rules hold. */
const LEAST_STRUGGLE_AUC = 0.6;

function showsStruggle({ auc, withinTaskAuc }: FittedStruggle): boolean {
  return auc >= LEAST_STRUGGLE_AUC && (Number.isNaN(withinTaskAuc) || withinTaskAuc >= LEAST_STRUGGLE_AUC);
}

function struggleGate(struggle: FittedStruggle | undefined): PredictorArtifact['gates'] {
  if (struggle === undefined) return {};
  const within = Number.isNaN(struggle.withinTaskAuc) ? '' : `, ${struggle.withinTaskAuc.toFixed(3)} within a task`;
  const why = `AUC ${struggle.auc.toFixed(3)} on tasks not fitted on${within}; ${LEAST_STRUGGLE_AUC} is needed`;
  return { struggle: { open: showsStruggle(struggle), why } };
}

/** Learns everything the data allows; parts without data are left to the prior. The same input gives the same bytes. */
export async function train(set: TrainingSet, options: TrainOptions): Promise<TrainResult> {
  const { progress } = options;
  const figures: Record<string, number> = {};
  progress(`abilities from ${set.outcomes.length} tasks`);
  const abilities = fitAbilities(set.outcomes);
  const judged = judgeAbilities(set, options.seed);
  Object.assign(figures, judged.figures);
  const intervals: Record<string, Interval> = { ...judged.intervals };
  if (set.outcomes.some((row) => row.source !== OWN_SOURCE)) progress('choice by kind of task');
  const choice = judgeChoice(set.outcomes, options.seed);
  const trained = await trainHeads(set, options);
  for (const [version, head] of Object.entries(trained)) {
    const name = `kind.${version}`;
    figures[`${name}.accuracy`] = rounded(head.accuracyRatio);
    figures[`${name}.auc`] = rounded(head.auc);
    figures[`${name}.log_loss`] = rounded(head.logLoss);
    intervals[`${name}.accuracy`] = head.intervals.accuracyRatio;
    intervals[`${name}.auc`] = head.intervals.auc;
    intervals[`${name}.log_loss`] = head.intervals.logLoss;
  }
  if (set.endings.length > 0) progress(`struggle from ${set.endings.length} sessions`);
  const struggle = set.endings.length >= 50 ? fitStruggle(set.endings) : undefined;
  if (struggle !== undefined) {
    figures['struggle.auc'] = rounded(struggle.auc);
    if (!Number.isNaN(struggle.withinTaskAuc)) figures['struggle.within_task.auc'] = rounded(struggle.withinTaskAuc);
  }
  if (set.outcomes.some((row) => row.prompt !== undefined)) progress('do-no-harm gate of the text');
  const words = textGates(set, options);
  const gates = { ...words.gates, ...struggleGate(struggle) };
  const artifact: TrainResult['artifact'] = {
    format: 'pointsman-predictor',
    v: 1,
    name: options.name,
    asOf: options.asOf,
    seed: options.seed,
    sources: set.sources,
    abilities,
    heads: Object.fromEntries(Object.entries(trained).map(([version, { head }]) => [version, { kind: head }])),
    ...(struggle !== undefined && showsStruggle(struggle) ? { struggle: struggle.model } : {}),
    gates,
    ...(words.texts === undefined ? {} : { texts: words.texts }),
    ...(options.sessions.length === 0 ? {} : { forecast: fitForecast(options.sessions) }),
    figures,
  };
  const heads = Object.fromEntries(Object.entries(trained).map(([version, head]) => [`kind.${version}`, head]));
  return { artifact, heads, intervals, choice };
}

/** Heads that tell kinds from texts, by the vectors that they read. */
async function trainHeads(
  { kindTexts }: TrainingSet,
  { embedder, progress }: TrainOptions,
): Promise<Readonly<Record<string, TrainedHead>>> {
  if (kindTexts.length < 50 || new Set(kindTexts.map((row) => row.label)).size < 2) return {};
  const unique = [...new Map(kindTexts.map((row) => [row.text, row])).values()];
  progress(`kind from ${unique.length} texts, hashed`);
  const hashed = unique.map((row) => ({ vector: hashedVector(row.text), label: row.label, group: row.text }));
  const trained = { [HASHED_VERSION]: trainHead(STEP_KINDS, hashed) };
  if (embedder === undefined) return trained;
  progress(`kind from ${unique.length} texts, with the encoder`);
  const vectors = await embedder.embed(unique.map((row) => row.text));
  const both = hashed.map((row, index) => ({
    ...row,
    vector: joined(vectors[index] ?? new Float32Array(), row.vector),
  }));
  return { ...trained, [embedder.version]: trainHead(STEP_KINDS, both) };
}

/** Abilities judged out of fold: each task is predicted by what the other folds taught. Intervals are over tasks. */
function judgeAbilities(
  set: TrainingSet,
  seed: number,
): { readonly figures: Readonly<Record<string, number>>; readonly intervals: Readonly<Record<string, Interval>> } {
  const predicted: number[] = [];
  const actual: number[] = [];
  const tasks: number[][] = [];
  for (let fold = 0; fold < 5; fold += 1) {
    const rest = set.outcomes.filter((row) => foldOf(row.id.slice(row.id.indexOf('/') + 1), 5) !== fold);
    const known = new Set(rest);
    const rates = new Map<string, { sum: number; count: number }>();
    for (const row of rest) {
      for (const [model, { score }] of Object.entries(row.outcomes)) {
        const key = `${row.source} ${abilityKey(model)}`;
        const cell = rates.get(key) ?? { sum: 0, count: 0 };
        rates.set(key, { sum: cell.sum + score, count: cell.count + 1 });
      }
    }
    for (const row of set.outcomes.filter((candidate) => !known.has(candidate))) {
      const own: number[] = [];
      for (const [model, { score }] of Object.entries(row.outcomes)) {
        const cell = rates.get(`${row.source} ${abilityKey(model)}`);
        if (cell === undefined) continue;
        own.push(predicted.length);
        predicted.push((cell.sum + 2) / (cell.count + 4));
        actual.push(score);
      }
      tasks.push(own);
    }
  }
  if (predicted.length === 0) return { figures: {}, intervals: {} };
  const judges = {
    'abilities.auc': areaUnderCurve,
    'abilities.brier': brierScore,
    'abilities.ece': (said: readonly number[], was: readonly number[]) => calibrationError(said, was),
  };
  const entries = Object.entries(judges).map(([name, judge]) => {
    const over = (rows: readonly number[]): number =>
      judge(
        rows.map((row) => predicted[row] ?? 0),
        rows.map((row) => actual[row] ?? 0),
      );
    return { name, value: rounded(judge(predicted, actual)), interval: bootstrapInterval(tasks, over, seed) };
  });
  return {
    figures: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    intervals: Object.fromEntries(entries.map(({ name, interval }) => [name, interval])),
  };
}

/** For each source whose texts were tried: may they act, and where they may, what they say. Judged on the vectors that decisions read. */
function textGates(set: TrainingSet, { seed }: TrainOptions): Pick<PredictorArtifact, 'gates' | 'texts'> {
  const gates: Record<string, { readonly open: boolean; readonly why: string }> = {};
  const texts: Record<string, TextEffect> = {};
  for (const source of [...new Set(set.outcomes.map((row) => row.source))].sort()) {
    const rows = set.outcomes.filter((row) => row.source === source && row.prompt !== undefined);
    if (rows.length < LEAST_GATE_ROWS) continue;
    const vectors = rows.map((row) => hashedVector(row.prompt ?? ''));
    const verdict = textGate(rows, vectors, seed);
    if (verdict === undefined) continue;
    gates[source] = { open: verdict.open, why: verdict.why };
    if (verdict.open) texts[source] = fitTextEffect(rows, vectors);
  }
  return { gates, ...(Object.keys(texts).length === 0 ? {} : { texts }) };
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a, 0);
  both.set(b, a.length);
  return both;
}
