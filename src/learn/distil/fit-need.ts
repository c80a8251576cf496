import type { Ratio } from '../../domain/time.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES, softmaxParts } from '../../predict/need/need-outputs.ts';
import { seededRandom } from '../../stats/seeded-random.ts';

/** One linear model with all outputs side by side. */
export interface LinearNeed {
  /** One row of outputs per column. */
  readonly weights: Float32Array;
  readonly intercepts: Float32Array;
}

/** What is fitted on: columns with amounts, what is to be said, and scores that stand already. */
export interface Example {
  readonly columns: Uint32Array;
  readonly amounts: Float32Array;
  readonly targets: Float32Array;
  readonly offset?: Float64Array | undefined;
}

export interface FitOptions {
  readonly columnCount: number;
  readonly epochs: number;
  /** Length of a step, per output. */
  readonly rates: Float32Array;
  /** Squared slope that each weight starts with: the smaller, the more a column that few rows have may say. */
  readonly firstSquare: number;
  /** Pull towards nothing, per example in which a column occurs. */
  readonly pull: number;
  readonly seed: number;
  /** Whether each output has a number of its own beside the columns. */
  readonly withIntercepts: boolean;
  /** Share of an example's columns that are left out each time that it is seen, so that none is relied on alone. */
  readonly dropRatio?: Ratio;
  /** Pairs of examples, the harder first, that are to be told apart by what they do not share. */
  readonly pairs?: readonly (readonly [harder: Example, easier: Example])[];
}

/** How sharply a pair's expected difficulties are held apart, per step of difficulty. */
const PAIR_SLOPE = 2;
const DIFFICULTY = OUTPUT_RANGES.find(({ part }) => part === 'difficulty') ?? { start: 0, count: 0 };

/**
 * Softmax regression of all outputs at once by AdaGrad, an example at a time in seeded order; the mean of the models after
 * each epoch of the second half. Deterministic.
 */
export function fitLinear(examples: readonly Example[], options: FitOptions): LinearNeed {
  const fit = new Fit(options);
  const random = seededRandom(options.seed);
  const { pairs = [] } = options;
  const order = Array.from({ length: examples.length + pairs.length }, (_, index) => index);
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, random);
    for (const index of order) {
      const example = examples[index];
      const pair = pairs[index - examples.length];
      if (example !== undefined) fit.learn(thinned(example, options.dropRatio, random));
      else if (pair !== undefined) fit.rank(pair);
    }
    if (2 * epoch >= options.epochs) fit.keep();
  }
  return fit.mean();
}

/** Scores of a row of hashed features or vectors. */
export function scoresOf({ weights, intercepts }: LinearNeed, row: Pick<Example, 'columns' | 'amounts'>): Float64Array {
  const scores = Float64Array.from(intercepts);
  addScores(scores, weights, row);
  return scores;
}

class Fit {
  readonly #options: FitOptions;
  readonly #weights: Float32Array;
  readonly #squares: Float32Array;
  readonly #sums: Float32Array;
  readonly #intercepts = new Float32Array(OUTPUT_COUNT);
  readonly #interceptSquares: Float32Array;
  readonly #interceptSums = new Float32Array(OUTPUT_COUNT);
  readonly #scores = new Float64Array(OUTPUT_COUNT);
  #kept = 0;

  constructor(options: FitOptions) {
    const size = options.columnCount * OUTPUT_COUNT;
    this.#options = options;
    this.#weights = new Float32Array(size);
    this.#squares = new Float32Array(size).fill(options.firstSquare);
    this.#interceptSquares = new Float32Array(OUTPUT_COUNT).fill(options.firstSquare);
    this.#sums = new Float32Array(size);
  }

  learn(example: Example): void {
    const slopes = this.#ratiosOf(example, this.#scores);
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      slopes[output] = (slopes[output] ?? 0) - (example.targets[output] ?? 0);
    }
    this.#descend(example, slopes);
  }

  /** Logistic loss of a pair's order: only what the two do not share learns from it. */
  rank([harder, easier]: readonly [Example, Example]): void {
    const high = this.#ratiosOf(harder, new Float64Array(OUTPUT_COUNT));
    const low = this.#ratiosOf(easier, new Float64Array(OUTPUT_COUNT));
    const [above, below] = [expectedDifficulty(high), expectedDifficulty(low)];
    const slope = -PAIR_SLOPE / (1 + Math.exp(PAIR_SLOPE * (above - below)));
    this.#descend(harder, difficultySlopes(high, above, slope));
    this.#descend(easier, difficultySlopes(low, below, -slope));
  }

  #ratiosOf(example: Example, scores: Float64Array): Float64Array {
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      scores[output] = (this.#intercepts[output] ?? 0) + (example.offset?.[output] ?? 0);
    }
    addScores(scores, this.#weights, example);
    return softmaxParts(scores);
  }

  /** One step down the slope; `slopes` are of the scores. */
  #descend({ columns, amounts }: Example, slopes: Float64Array): void {
    const { rates, pull } = this.#options;
    const weights = this.#weights;
    const squares = this.#squares;
    for (let index = 0; index < columns.length; index += 1) {
      const base = (columns[index] ?? 0) * OUTPUT_COUNT;
      const amount = amounts[index] ?? 0;
      for (let output = 0; output < OUTPUT_COUNT; output += 1) {
        const at = base + output;
        const slope = (slopes[output] ?? 0) * amount + pull * (weights[at] ?? 0);
        const square = (squares[at] ?? 0) + slope * slope;
        squares[at] = square;
        weights[at] = (weights[at] ?? 0) - ((rates[output] ?? 0) * slope) / Math.sqrt(square);
      }
    }
    if (this.#options.withIntercepts) this.#descendIntercepts(slopes);
  }

  #descendIntercepts(slopes: Float64Array): void {
    const { rates } = this.#options;
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      const slope = slopes[output] ?? 0;
      const square = (this.#interceptSquares[output] ?? 0) + slope * slope;
      this.#interceptSquares[output] = square;
      this.#intercepts[output] = (this.#intercepts[output] ?? 0) - ((rates[output] ?? 0) * slope) / Math.sqrt(square);
    }
  }

  keep(): void {
    this.#kept += 1;
    addTo(this.#sums, this.#weights);
    addTo(this.#interceptSums, this.#intercepts);
  }

  mean(): LinearNeed {
    const count = Math.max(1, this.#kept);
    return {
      weights: this.#sums.map((sum) => sum / count),
      intercepts: this.#interceptSums.map((sum) => sum / count),
    };
  }
}

function addScores(
  scores: Float64Array,
  weights: Float32Array,
  { columns, amounts }: Pick<Example, 'columns' | 'amounts'>,
): void {
  for (let index = 0; index < columns.length; index += 1) {
    const base = (columns[index] ?? 0) * OUTPUT_COUNT;
    const amount = amounts[index] ?? 0;
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      scores[output] = (scores[output] ?? 0) + (weights[base + output] ?? 0) * amount;
    }
  }
}

/** An example without a random share of its columns, the rest weighing as much more. */
function thinned(example: Example, dropRatio: Ratio | undefined, random: () => number): Example {
  if (dropRatio === undefined) return example;
  const kept = [...example.columns.keys()].filter(() => random() >= dropRatio);
  return {
    ...example,
    columns: Uint32Array.from(kept, (index) => example.columns[index] ?? 0),
    amounts: Float32Array.from(kept, (index) => (example.amounts[index] ?? 0) / (1 - dropRatio)),
  };
}

/** Expected difficulty, in steps above the least. */
function expectedDifficulty(ratios: Float64Array): number {
  let sum = 0;
  for (let step = 0; step < DIFFICULTY.count; step += 1) sum += step * (ratios[DIFFICULTY.start + step] ?? 0);
  return sum;
}

/** What a slope of the expected difficulty means for each score. */
function difficultySlopes(ratios: Float64Array, expected: number, slope: number): Float64Array {
  const slopes = new Float64Array(OUTPUT_COUNT);
  for (let step = 0; step < DIFFICULTY.count; step += 1) {
    const at = DIFFICULTY.start + step;
    slopes[at] = slope * (ratios[at] ?? 0) * (step - expected);
  }
  return slopes;
}

function addTo(sums: Float32Array, values: Float32Array): void {
  for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] ?? 0) + (values[at] ?? 0);
}

function shuffle(order: number[], random: () => number): void {
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    const kept = order[index] ?? 0;
    order[index] = order[other] ?? 0;
    order[other] = kept;
  }
}
