import { DIFFICULTIES, NEED_PARTS, NEED_SIZES, STAKES, type NeedLabel } from '../../domain/need.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { featuresOfLabel } from '../../predict/asking/need-label.ts';
import type { NeedFeatures } from '../../predict/need/feature-sink.ts';
import { needVersion, packHashes, unpackTables, type NeedArtifact } from '../../predict/need/need-artifact.ts';
import { openNeedHead, type NeedHead, type NeedRatios } from '../../predict/need/need-head.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES, softmaxParts } from '../../predict/need/need-outputs.ts';
import { mean } from '../../stats/mean.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { fitLinear, scoresOf, type Example, type LinearNeed } from './fit-need.ts';
import { targetsOf } from './need-targets.ts';
import { packNeedWeights } from './pack-weights.ts';

/** What labels of a user's own steps make of a reader. */
export interface DistilledNeed {
  /** The reader with what was learned on top. `undefined`: the gate is shut, and the reader stays as it is. */
  readonly artifact: Omit<NeedArtifact, 'sha256'> | undefined;
  readonly rowCount: number;
  /** Mean log loss of the four parts together, of the labels as read before and, out of fold, after. */
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** Standard error of the difference. */
  readonly errorOfGain: number;
  readonly why: string;
}

export interface DistilOptions {
  readonly name: string;
  readonly asOf: string;
}

const FOLDS = 5;
/** Fewer labels than this teach nothing that can be judged. */
const LEAST_LABELS = 40;
/** Features of fewer labels than this say nothing that comes again. */
const LEAST_ROWS = 3;
/** The gain must be more than this many standard errors, and than this share of the loss. */
const LEAST_ERRORS = 1;
const LEAST_GAIN: Ratio = 0.005;
/** How fast a part is learned. */
const RATES = [0.01, 0.03] as const;
const FIT = { epochs: 4, firstSquare: 1e-3, pull: 1e-3, dropRatio: 0.25, withIntercepts: false, seed: 1 } as const;
/** No reading is taken as surer than this, so that a label can still correct it. */
const LEAST_RATIO = 2e-3;
const PARTS = OUTPUT_RANGES.flatMap((range) => (range.part === 'language' ? [] : [{ ...range, part: range.part }]));
const STEPS = 120;
const QUICK = 5;

/**
 * Teaches a reader what a model of the user's pool has said of the user's own steps: a head of its own on top of what stands, fitted on what
 * the reader missed, which acts where it helps out of fold. The result is a reader of the same form. Deterministic.
 */
export function distilNeed(labels: readonly NeedLabel[], base: NeedArtifact, options: DistilOptions): DistilledNeed {
  const steps = labels.flatMap((label) => {
    const features = featuresOfLabel(label);
    return features === undefined ? [] : [{ label, features }];
  });
  const columns = columnsOf(steps.map(({ features }) => features));
  const standing = { columns, base, head: openNeedHead(base) };
  const examples = steps.map(({ label, features }) => toExample(label, features, standing));
  const folds = steps.map(({ label }) => foldOf(label.hashes, FOLDS));
  const plain = examples.map((example) => lossesOf(example, undefined));
  if (steps.length < LEAST_LABELS) {
    const why = `${steps.length} labelled steps; ${LEAST_LABELS} are needed`;
    const lossBefore = mean(plain.map(sumOf));
    return { artifact: undefined, rowCount: steps.length, lossBefore, lossAfter: lossBefore, errorOfGain: 0, why };
  }
  const tried = RATES.map((rate) => outOfFold(examples, folds, { columnCount: columns.size, rates: evenly(rate) }));
  const best = PARTS.map((_, part) => bestRate(plain, tried, part));
  const losses = plain.map((own, at) =>
    own.map((loss, part) => ([plain, ...tried][best[part] ?? 0] ?? plain)[at]?.[part] ?? loss),
  );
  const gains = plain.map((own, at) => sumOf(own) - sumOf(losses[at] ?? own));
  const judged = {
    rowCount: steps.length,
    lossBefore: mean(plain.map(sumOf)),
    lossAfter: mean(losses.map(sumOf)),
    errorOfGain: errorOfMean(gains),
  };
  const why =
    `log loss ${judged.lossBefore.toFixed(3)} → ${judged.lossAfter.toFixed(3)} of ${steps.length} labelled steps out of fold, ` +
    `±${judged.errorOfGain.toFixed(3)}`;
  const least = Math.max(LEAST_ERRORS * judged.errorOfGain, LEAST_GAIN * judged.lossBefore);
  if (mean(gains) <= least) return { artifact: undefined, ...judged, why };
  const rates = ratesPerOutput(best.map((choice) => (choice === 0 ? 0 : (RATES[choice - 1] ?? 0))));
  const learned = fitLinear(examples, { ...FIT, columnCount: columns.size, rates });
  return { artifact: withHead(base, { columns, learned, rowCount: steps.length }, options), ...judged, why };
}

const evenly = (rate: number): Float32Array => ratesPerOutput(PARTS.map(() => rate));

/** A rate per output, by part; what says the language learns nothing. */
function ratesPerOutput(rates: readonly number[]): Float32Array {
  const all = new Float32Array(OUTPUT_COUNT);
  for (const [part, { start, count }] of PARTS.entries()) all.fill(rates[part] ?? 0, start, start + count);
  return all;
}

/**
 * The rate that is best out of fold, counted from 1; 0 where even that reads new steps worse beyond noise. Where it does neither, the part is
 * learned all the same: a stream's own steps come again.
 */
function bestRate(plain: Losses, tried: readonly Losses[], part: number): number {
  const means = tried.map((losses) => meanOf(losses, part));
  const best = means.indexOf(Math.min(...means));
  const harm = plain.map((own, at) => (tried[best]?.[at]?.[part] ?? 0) - (own[part] ?? 0));
  return mean(harm) > errorOfMean(harm) ? 0 : best + 1;
}

/** Of each example, by part. */
type Losses = readonly (readonly number[])[];

const sumOf = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss, 0);
const meanOf = (rows: Losses, part: number): number => mean(rows.map((row) => row[part] ?? 0));

/** Features that enough steps have, and the column of each, in the order of the hashes taken without a sign. */
function columnsOf(rows: readonly NeedFeatures[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { hashes } of rows) for (const hash of new Set(hashes)) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const kept = [...counts].filter(([, count]) => count >= LEAST_ROWS).map(([hash]) => hash);
  return new Map(kept.sort((a, b) => (a >>> 0) - (b >>> 0)).map((hash, column) => [hash, column]));
}

/** The reader that is taught, and the columns of what it is taught on. */
interface TaughtReader {
  readonly columns: ReadonlyMap<number, number>;
  readonly base: NeedArtifact;
  readonly head: NeedHead;
}

/** A labelled step as numbers: its columns, each as much as the reader weighs it, and what the reader said of it as scores. */
function toExample(label: NeedLabel, features: NeedFeatures, { columns, base, head }: TaughtReader): Example {
  const { hashes, ends } = features;
  const at: number[] = [];
  const amounts: number[] = [];
  let start = 0;
  for (const [group, end] of ends.entries()) {
    const amount = (base.groupWeights[group] ?? 1) / Math.sqrt(Math.max(1, end - start));
    for (; start < end; start += 1) {
      const column = columns.get(hashes[start] ?? 0);
      if (column === undefined) continue;
      at.push(column);
      amounts.push(amount);
    }
  }
  const { kind, size, difficulty, stakes } = label.said;
  const labels = [
    STEP_KINDS.indexOf(kind),
    NEED_SIZES.indexOf(size),
    DIFFICULTIES.indexOf(difficulty),
    STAKES.indexOf(stakes),
  ];
  return {
    columns: Uint32Array.from(at),
    amounts: Float32Array.from(amounts),
    targets: targetsOf(labels),
    offset: scoresFrom(ratiosBy(label, features, { base, head })),
  };
}

/** What the reader that is taught says of a labelled step itself: what it said then with its encoder, whose words are gone, otherwise what its head says of the features. */
function ratiosBy(
  { local, by, reader }: NeedLabel,
  features: NeedFeatures,
  { base, head }: Pick<TaughtReader, 'base' | 'head'>,
): NeedRatios {
  const ratios = head.toRatios(head.score(features).scores, 'head');
  if (by !== 'local-encoder' || reader !== needVersion(base)) return ratios;
  // Somebody declared what is certain, and no reader said it.
  const said = NEED_PARTS.map((part) => [part, local[part].includes(1) ? ratios[part] : local[part]]);
  return Object.fromEntries(said) as NeedRatios;
}

function scoresFrom(local: NeedRatios): Float64Array {
  const scores = new Float64Array(OUTPUT_COUNT);
  for (const { part, start, count } of PARTS)
    for (let value = 0; value < count; value += 1)
      scores[start + value] = Math.log(Math.max(LEAST_RATIO, local[part][value] ?? 0));
  return scores;
}

/** Log loss of each part of an example. */
function lossesOf(example: Example, model: LinearNeed | undefined): readonly number[] {
  const scores = model === undefined ? new Float64Array(OUTPUT_COUNT) : scoresOf(model, example);
  const ratios = softmaxParts(scores.map((score, at) => score + (example.offset?.[at] ?? 0)));
  return PARTS.map(({ start, count }) => {
    let loss = 0;
    for (let at = start; at < start + count; at += 1)
      loss -= (example.targets[at] ?? 0) * Math.log(Math.max(1e-9, ratios[at] ?? 0));
    return loss;
  });
}

/** Losses of each example by part, under what the other folds taught. */
function outOfFold(
  examples: readonly Example[],
  folds: readonly number[],
  of: { readonly columnCount: number; readonly rates: Float32Array },
): Losses {
  const losses: (readonly number[])[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const rest = examples.filter((_, index) => folds[index] !== fold);
    const model = fitLinear(rest, { ...FIT, ...of });
    for (const [index, example] of examples.entries())
      if (folds[index] === fold) losses[index] = lossesOf(example, model);
  }
  return losses;
}

/** The base with what was learned added to its own weights; features that only the user's steps have come beside them. */
function withHead(
  base: NeedArtifact,
  own: { readonly columns: ReadonlyMap<number, number>; readonly learned: LinearNeed; readonly rowCount: number },
  { name, asOf }: DistilOptions,
): Omit<NeedArtifact, 'sha256'> {
  const { sha256: _, ...rest } = base;
  const { hashes: known, rows } = unpackTables(base);
  const rowOf = new Map([...known].map((hash, row) => [hash, row]));
  const all = [...new Set([...known, ...own.columns.keys()])].sort((a, b) => (a >>> 0) - (b >>> 0));
  const sharpness = sharpnessPerOutput(base);
  const weights = new Float32Array(all.length * OUTPUT_COUNT);
  for (const [column, hash] of all.entries()) {
    const row = rowOf.get(hash);
    const ownColumn = own.columns.get(hash);
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      const stands = row === undefined ? 0 : (rows[row * OUTPUT_COUNT + output] ?? 0) * (base.head.scales[output] ?? 0);
      const more = ownColumn === undefined ? 0 : (own.learned.weights[ownColumn * OUTPUT_COUNT + output] ?? 0);
      weights[column * OUTPUT_COUNT + output] = stands + more / (sharpness[output] ?? 1);
    }
  }
  return {
    ...rest,
    name,
    asOf,
    rowCount: base.rowCount + own.rowCount,
    head: {
      ...base.head,
      ...packNeedWeights(weights, STEPS, QUICK),
      hashes: packHashes(Uint32Array.from(all)),
    },
  };
}

/** The reader multiplies its scores before they become probabilities; what was learned is in units of the product. */
function sharpnessPerOutput({ head }: NeedArtifact): readonly number[] {
  return OUTPUT_RANGES.flatMap(({ count }, range) => Array.from({ length: count }, () => head.sharpness[range] ?? 1));
}

function errorOfMean(values: readonly number[]): number {
  const middle = mean(values);
  const square = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1);
  return Math.sqrt(square / Math.max(1, values.length));
}
