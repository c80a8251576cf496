import type { Embedder } from '../../../src/predict/embedding/embedder.ts';
import { encodeStep } from '../../../src/predict/need/encode-step.ts';
import { packBytes, type NeedArtifact } from '../../../src/predict/need/need-artifact.ts';
import { FEATURES_VERSION } from '../../../src/predict/need/need-features.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES, softmaxParts } from '../../../src/predict/need/need-outputs.ts';
import { fitLinear, scoresOf, type Example, type FitOptions, type LinearNeed } from './fit-need.ts';
import type { NeedRow } from './need-row.ts';
import { GROUP_WEIGHTS, toSample, type NeedSample } from './need-sample.ts';

export interface TrainNeedOptions {
  readonly name: string;
  readonly asOf: string;
  readonly embedder?: Embedder | undefined;
  readonly figures?: Readonly<Record<string, number>>;
}

/** Features of fewer rows than this say nothing that holds elsewhere. */
const LEAST_ROWS = 5;
const FOLDS = 4;
/** How much longer vectors are taken than they are, so that steps of one rate fit both. */
const VECTOR_SCALE = 2;
const HEAD = { epochs: 12, rate: 0.1, pull: 1e-4, withIntercepts: true } as const;
const ENCODER = { epochs: 8, rate: 0.03, pull: 1e-3, withIntercepts: false, seed: 3 } as const;
/** The head is the mean of fits in different orders. */
const SEEDS = [1, 2, 3] as const;

/**
 * Trains the reader of needs: the hashed head, then what a sentence encoder adds where words are English, fitted on what the
 * head says of authors that it was not fitted on. Sharpness is fitted on authors left out too. Deterministic.
 */
export async function trainNeed(
  rows: readonly NeedRow[],
  options: TrainNeedOptions,
): Promise<Omit<NeedArtifact, 'sha256'>> {
  const samples = rows.map(toSample);
  const kept = frequentHashes(samples);
  const examples = samples.map((sample) => toExample(sample, kept));
  // What tells two rows apart that share most of their words is worth seeing twice.
  const paired = new Set(examples.filter((_, index) => rows[index]?.pair !== undefined));
  const twice = (train: readonly Example[]): readonly Example[] => [
    ...train,
    ...train.filter((one) => paired.has(one)),
  ];
  const folds = foldsOf(rows);
  const leftOut = await outOfFold(examples, folds, (train) => fitHead(twice(train), kept.size, [1]));
  const head = fitHead(twice(examples), kept.size, SEEDS);
  const { embedder } = options;
  const encoder = embedder === undefined ? undefined : await trainEncoder({ rows, samples, folds, leftOut, embedder });
  const packed = pack(head.weights);
  return {
    format: 'pointsman-need',
    v: 1,
    name: options.name,
    asOf: options.asOf,
    features: FEATURES_VERSION,
    rowCount: rows.length,
    groupWeights: GROUP_WEIGHTS,
    head: {
      ...packed,
      hashes: packBytes(Int32Array.from(kept.keys())),
      intercepts: Array.from(head.intercepts, round),
      sharpness: bestSharpness(leftOut, samples),
    },
    ...(encoder === undefined ? {} : { encoder }),
    figures: options.figures ?? {},
  };
}

function fitHead(examples: readonly Example[], columnCount: number, seeds: readonly number[]): LinearNeed {
  const fits = seeds.map((seed) => fitLinear(examples, { ...HEAD, columnCount, seed }));
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
}

async function trainEncoder(input: EncoderInput): Promise<NonNullable<NeedArtifact['encoder']>> {
  const { rows, samples, folds, leftOut, embedder } = input;
  const columnCount = 2 * embedder.dimensionCount + 1;
  const examples: Example[] = [];
  for (const [index, row] of rows.entries()) {
    const offset = leftOut[index] ?? new Float64Array(OUTPUT_COUNT);
    const englishRatio = softmaxParts(offset.slice())[ENGLISH_AT] ?? 0;
    const amounts = Float32Array.from([...(await encodeStep(embedder, row)), 1 / VECTOR_SCALE]);
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
  return { ...pack(scaled), version: embedder.version, sharpness: bestSharpness(scores, samples) };
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

/** Features by how many rows have them; the number of each is its row of weights. */
function frequentHashes(samples: readonly NeedSample[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { hashes } of samples) for (const hash of new Set(hashes)) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts].filter(([, count]) => count >= LEAST_ROWS).map(([hash]) => hash);
  return new Map(kept.sort((a, b) => a - b).map((hash, index) => [hash, index]));
}

function toExample({ hashes, amounts, targets }: NeedSample, kept: ReadonlyMap<number, number>): Example {
  const at = [...hashes.keys()].filter((index) => kept.has(hashes[index] ?? 0));
  return {
    columns: Uint32Array.from(at, (index) => kept.get(hashes[index] ?? 0) ?? 0),
    amounts: Float32Array.from(at, (index) => amounts[index] ?? 0),
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

/** Per part, what makes the log loss of the scores least, from a fixed grid. */
function bestSharpness(scores: readonly Float64Array[], samples: readonly NeedSample[]): readonly number[] {
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

/** Int8 in units of a hundred-and-twenty-seventh of each output's largest weight. */
function pack(weights: Float32Array): { readonly rows: string; readonly scales: readonly number[] } {
  const scales = Array.from({ length: OUTPUT_COUNT }, () => 0);
  for (const [at, weight] of weights.entries()) {
    const output = at % OUTPUT_COUNT;
    scales[output] = Math.max(scales[output] ?? 0, Math.abs(weight) / 127);
  }
  const units = scales.map((scale) => Number(Math.max(1e-9, scale).toPrecision(6)));
  const rows = Int8Array.from(weights, (weight, at) =>
    Math.max(-127, Math.min(127, Math.round(weight / (units[at % OUTPUT_COUNT] ?? 1)))),
  );
  return { rows: packBytes(rows), scales: units };
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
