import {
  fitLinear,
  scoresOf,
  type Example,
  type FitOptions,
  type LinearNeed,
} from '../../../src/learn/distil/fit-need.ts';
import { packNeedWeights } from '../../../src/learn/distil/pack-weights.ts';
import type { Embedder } from '../../../src/predict/embedding/embedder.ts';
import { encodeStep } from '../../../src/predict/need/encode-step.ts';
import { packHashes, type NeedArtifact } from '../../../src/predict/need/need-artifact.ts';
import { FEATURES_VERSION } from '../../../src/predict/need/need-features.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES, softmaxParts, type OutputRange } from '../../../src/predict/need/need-outputs.ts';
import type { NeedRow } from './need-row.ts';
import { GROUP_WEIGHTS, toSample, type NeedSample } from './need-sample.ts';

export interface TrainNeedOptions {
  readonly name: string;
  readonly asOf: string;
  readonly embedder?: Embedder | undefined;
  readonly figures?: Readonly<Record<string, number>>;
}

/** Features of fewer rows than this say nothing that holds elsewhere. */
const LEAST_ROWS = 3;
/** How much more a feature says that few rows have: the power of its inverse document frequency. */
const RARENESS_POWER = 0.6;
const FOLDS = 4;
/** How much longer vectors are taken than they are, so that steps of one rate fit both. */
const VECTOR_SCALE = 2;
const HEAD = {
  epochs: 12,
  // Kinds stand in single words; sizes and stakes are fitted too closely by as long steps.
  rates: ratesOf({ kind: 0.12, size: 0.03, difficulty: 0.06, stakes: 0.03, language: 0.1 }),
  firstSquare: 1e-4,
  pull: 1e-4,
  dropRatio: 0.25,
  withIntercepts: true,
} as const;
const ENCODER = {
  epochs: 8,
  rates: ratesOf({ kind: 0.03, size: 0.03, difficulty: 0.03, stakes: 0.03, language: 0.03 }),
  firstSquare: 0.01,
  pull: 1e-3,
  withIntercepts: false,
  seed: 3,
} as const;
/** The head is the mean of fits in different orders. */
const SEEDS = [1, 2] as const;

function ratesOf(parts: Readonly<Record<OutputRange['part'], number>>): Float32Array {
  return Float32Array.from(
    OUTPUT_RANGES.flatMap(({ part, count }) => Array.from({ length: count }, () => parts[part])),
  );
}

/**
 * Trains the reader of needs: the hashed head, then what a sentence encoder adds where words are English, fitted on what the
 * head says of authors that it was not fitted on. Sharpness is fitted on authors left out too. Deterministic.
 */
export async function trainNeed(
  rows: readonly NeedRow[],
  options: TrainNeedOptions,
): Promise<Omit<NeedArtifact, 'sha256'>> {
  const { embedder } = options;
  // Encoded in the worker while the head is fitted here.
  const vectors = embedder === undefined ? undefined : Promise.all(rows.map((row) => encodeStep(embedder, row)));
  const samples = rows.map(toSample);
  const kept = frequentHashes(samples);
  const rareness = rarenessOf(kept, rows.length);
  const columns = new Map([...kept.keys()].map((hash, column) => [hash, column]));
  const examples = samples.map((sample) => toExample(sample, columns, rareness));
  const pairs = pairsOf(rows).map(([harder, easier]) => [examples[harder], examples[easier]] as const);
  const fitHead = (train: readonly Example[], seeds: readonly number[]): LinearNeed => {
    const known = new Set(train);
    const within = pairs.flatMap(([harder, easier]) =>
      harder !== undefined && easier !== undefined && known.has(harder) && known.has(easier)
        ? [[harder, easier] as const]
        : [],
    );
    return meanFit(seeds.map((seed) => fitLinear(train, { ...HEAD, columnCount: kept.size, seed, pairs: within })));
  };
  const folds = foldsOf(rows);
  const leftOut = await outOfFold(examples, folds, (train) => fitHead(train, [1]));
  const head = fitHead(examples, SEEDS);
  const encoder =
    embedder === undefined || vectors === undefined
      ? undefined
      : await trainEncoder({ rows, samples, folds, leftOut, embedder, vectors: await vectors });
  const unscaled = head.weights.map((weight, at) => weight * (rareness[Math.floor(at / OUTPUT_COUNT)] ?? 1));
  const packed = packNeedWeights(unscaled, HEAD_STEPS);
  return {
    format: 'pointsman-need',
    v: 2,
    name: options.name,
    asOf: options.asOf,
    features: FEATURES_VERSION,
    rowCount: rows.length,
    groupWeights: GROUP_WEIGHTS,
    head: {
      ...packed,
      hashes: packHashes(Uint32Array.from(kept.keys())),
      intercepts: Array.from(head.intercepts, round),
      sharpness: bestSharpness(leftOut, samples, rows),
    },
    ...(encoder === undefined ? {} : { encoder }),
    figures: options.figures ?? {},
  };
}

function meanFit(fits: readonly LinearNeed[]): LinearNeed {
  const mean = (values: readonly Float32Array[]): Float32Array =>
    (values[0] ?? new Float32Array()).map(
      (_, at) => values.reduce((sum, one) => sum + (one[at] ?? 0), 0) / values.length,
    );
  return { weights: mean(fits.map((fit) => fit.weights)), intercepts: mean(fits.map((fit) => fit.intercepts)) };
}

interface EncoderInput {
  readonly rows: readonly NeedRow[];
  readonly samples: readonly NeedSample[];
  readonly folds: readonly number[];
  /** Scores of the head on authors left out. */
  readonly leftOut: readonly Float64Array[];
  readonly embedder: Embedder;
  readonly vectors: readonly Float32Array[];
}

async function trainEncoder(input: EncoderInput): Promise<NonNullable<NeedArtifact['encoder']>> {
  const { rows, samples, folds, leftOut, embedder, vectors } = input;
  const columnCount = 2 * embedder.dimensionCount + 1;
  const examples: Example[] = [];
  for (const [index] of rows.entries()) {
    const offset = leftOut[index] ?? new Float64Array(OUTPUT_COUNT);
    const englishRatio = softmaxParts(offset.slice())[ENGLISH_AT] ?? 0;
    const amounts = Float32Array.from([...(vectors[index] ?? []), 1 / VECTOR_SCALE]);
    examples.push({
      columns: Uint32Array.from({ length: columnCount }, (_, column) => column),
      amounts: amounts.map((value) => value * VECTOR_SCALE * englishRatio),
      targets: samples[index]?.targets ?? new Float32Array(),
      offset,
    });
  }
  const options: FitOptions = { ...ENCODER, columnCount };
  const scores = await outOfFold(examples, folds, (train) => fitLinear(train, options));
  const { weights } = fitLinear(examples, options);
  const bias = (columnCount - 1) * OUTPUT_COUNT;
  const scaled = weights.map((weight, at) => (at < bias ? weight * VECTOR_SCALE : weight));
  return {
    ...packNeedWeights(scaled, ENCODER_STEPS),
    version: embedder.version,
    sharpness: bestSharpness(scores, samples, rows),
  };
}

const ENGLISH_AT = OUTPUT_RANGES.find(({ part }) => part === 'language')?.start ?? 0;

/** What a model says of each example that was fitted on the other folds. */
async function outOfFold(
  examples: readonly Example[],
  folds: readonly number[],
  fit: (train: readonly Example[]) => LinearNeed,
): Promise<readonly Float64Array[]> {
  const scores: Float64Array[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const model = fit(examples.filter((_, index) => folds[index] !== fold));
    for (const [index, example] of examples.entries()) {
      if (folds[index] !== fold) continue;
      const own = scoresOf(model, example);
      const { offset } = example;
      scores[index] = offset === undefined ? own : own.map((score, at) => score + (offset[at] ?? 0));
    }
    await Promise.resolve();
  }
  return scores;
}

/** Features that enough rows have, in order, each with how many. */
function frequentHashes(samples: readonly NeedSample[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { hashes } of samples) for (const hash of new Set(hashes)) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count >= LEAST_ROWS).sort(([a], [b]) => (a >>> 0) - (b >>> 0)));
}

/** How much more or less than the mean each feature weighs, for how seldom it is. */
function rarenessOf(kept: ReadonlyMap<number, number>, rowCount: number): Float32Array {
  const rareness = Float32Array.from(kept.values(), (count) => Math.log(1 + rowCount / count) ** RARENESS_POWER);
  let [sum, total] = [0, 0];
  for (const [column, count] of [...kept.values()].entries()) {
    sum += count * (rareness[column] ?? 0);
    total += count;
  }
  return rareness.map((one) => (one * total) / sum);
}

/** Pairs of rows that differ in difficulty, by index, the harder first. */
function pairsOf(rows: readonly NeedRow[]): readonly (readonly [number, number])[] {
  const indexes = [...rows.keys()].filter((index) => rows[index]?.pair !== undefined);
  return [...Map.groupBy(indexes, (index) => rows[index]?.pair).values()].flatMap(([one, other]) => {
    if (one === undefined || other === undefined) return [];
    const difference = (rows[one]?.difficulty ?? 0) - (rows[other]?.difficulty ?? 0);
    return difference === 0 ? [] : [difference > 0 ? ([one, other] as const) : ([other, one] as const)];
  });
}

function toExample(
  { hashes, amounts, targets }: NeedSample,
  columns: ReadonlyMap<number, number>,
  rareness: Float32Array,
): Example {
  const at = [...hashes.keys()].filter((index) => columns.has(hashes[index] ?? 0));
  const columnAt = (index: number): number => columns.get(hashes[index] ?? 0) ?? 0;
  return {
    columns: Uint32Array.from(at, columnAt),
    amounts: Float32Array.from(at, (index) => (amounts[index] ?? 0) * (rareness[columnAt(index)] ?? 1)),
    targets,
  };
}

/** Authors in folds of like size, the largest first; with too few authors, rows. */
function foldsOf(rows: readonly NeedRow[]): readonly number[] {
  const authors = Map.groupBy(rows.keys(), (index) => rows[index]?.author ?? '');
  if (authors.size < FOLDS) return rows.map((_, index) => index % FOLDS);
  const sizes = Array.from({ length: FOLDS }, () => 0);
  const folds: number[] = [];
  for (const [, members] of [...authors].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))) {
    const fold = sizes.indexOf(Math.min(...sizes));
    sizes[fold] = (sizes[fold] ?? 0) + members.length;
    for (const index of members) folds[index] = fold;
  }
  return folds;
}

/**
 * Per part, what makes the log loss of the scores least, from a fixed grid. Rows of our own are left out where there are
 * others: they say plainly what they want, so that a reader that is as sure of others would be too sure.
 */
function bestSharpness(
  allScores: readonly Float64Array[],
  allSamples: readonly NeedSample[],
  rows: readonly NeedRow[],
): readonly number[] {
  const others = [...rows.keys()].filter((index) => rows[index]?.author !== 'own');
  const judged = others.length === 0 ? [...rows.keys()] : others;
  const scores = judged.map((index) => allScores[index] ?? new Float64Array(OUTPUT_COUNT));
  const samples = judged.flatMap((index) => allSamples[index] ?? []);
  const grid = Array.from({ length: 34 }, (_, step) => round(0.4 * 1.06 ** step));
  const losses = grid.map((sharp) => lossesAt(sharp, scores, samples));
  return OUTPUT_RANGES.map((_, part) => {
    const best = losses.reduce((least, next, at) => ((next[part] ?? 0) < (losses[least]?.[part] ?? 0) ? at : least), 0);
    return grid[best] ?? 1;
  });
}

function lossesAt(sharp: number, scores: readonly Float64Array[], samples: readonly NeedSample[]): readonly number[] {
  const sharpness = OUTPUT_RANGES.map(() => sharp);
  const losses = OUTPUT_RANGES.map(() => 0);
  for (const [index, row] of scores.entries()) {
    const ratios = softmaxParts(row.slice(), sharpness);
    for (const [part, { start }] of OUTPUT_RANGES.entries()) {
      const truth = ratios[start + (samples[index]?.labels[part] ?? 0)] ?? 0;
      losses[part] = (losses[part] ?? 0) - Math.log(Math.max(1e-9, truth));
    }
  }
  return losses;
}

/** Finer steps of the many hashes cost bytes and change no figure. */
const HEAD_STEPS = 24;
const ENCODER_STEPS = 120;

function round(value: number): number {
  return Number(value.toPrecision(6));
}
