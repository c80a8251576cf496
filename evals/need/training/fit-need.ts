import { OUTPUT_COUNT, softmaxParts } from '../../../src/predict/need/need-outputs.ts';
import { seededRandom } from '../../../src/stats/seeded-random.ts';

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
  readonly rate: number;
  /** Pull towards nothing, per example in which a column occurs. */
  readonly pull: number;
  readonly seed: number;
  /** Whether each output has a number of its own beside the columns. */
  readonly withIntercepts: boolean;
}

/**
 * Softmax regression of all outputs at once by AdaGrad, an example at a time in seeded order; the mean of the models after
 * each epoch of the second half. Deterministic.
 */
export function fitLinear(examples: readonly Example[], options: FitOptions): LinearNeed {
  const fit = new Fit(options);
  const random = seededRandom(options.seed);
  const order = [...examples.keys()];
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, random);
    for (const index of order) {
      const example = examples[index];
      if (example !== undefined) fit.learn(example);
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
  readonly #interceptSquares = new Float32Array(OUTPUT_COUNT).fill(0.01);
  readonly #interceptSums = new Float32Array(OUTPUT_COUNT);
  readonly #scores = new Float64Array(OUTPUT_COUNT);
  #kept = 0;

  constructor(options: FitOptions) {
    const size = options.columnCount * OUTPUT_COUNT;
    this.#options = options;
    this.#weights = new Float32Array(size);
    this.#squares = new Float32Array(size).fill(0.01);
    this.#sums = new Float32Array(size);
  }

  learn(example: Example): void {
    const scores = this.#scores;
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      scores[output] = (this.#intercepts[output] ?? 0) + (example.offset?.[output] ?? 0);
    }
    addScores(scores, this.#weights, example);
    softmaxParts(scores);
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      scores[output] = (scores[output] ?? 0) - (example.targets[output] ?? 0);
    }
    this.#descend(example, scores);
  }

  /** One step down the slope; `slopes` are of the scores. */
  #descend({ columns, amounts }: Example, slopes: Float64Array): void {
    const { rate, pull } = this.#options;
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
        weights[at] = (weights[at] ?? 0) - (rate * slope) / Math.sqrt(square);
      }
    }
    if (!this.#options.withIntercepts) return;
    for (let output = 0; output < OUTPUT_COUNT; output += 1) {
      const slope = slopes[output] ?? 0;
      const square = (this.#interceptSquares[output] ?? 0) + slope * slope;
      this.#interceptSquares[output] = square;
      this.#intercepts[output] = (this.#intercepts[output] ?? 0) - (rate * slope) / Math.sqrt(square);
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
