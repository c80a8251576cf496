import type { NeedPartName } from '../../domain/need.ts';
import type { Ratio } from '../../domain/time.ts';
import { indexFeatures } from './feature-index.ts';
import type { NeedFeatures } from './feature-sink.ts';
import { unpackTables, type NeedArtifact } from './need-artifact.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES, softmaxParts, type OutputRange } from './need-outputs.ts';
import { openWeightRows } from './weight-rows.ts';

/** Probabilities of each part, in the order of its values. */
export type NeedRatios = Readonly<Record<NeedPartName, readonly Ratio[]>>;

export interface NeedHead {
  /** What the hashed features say, and how English the words are. Some ten microseconds; pure. */
  score(features: NeedFeatures): { readonly scores: Float64Array; readonly englishRatio: Ratio };
  /** The same with a sentence encoder's vector of the words and of what came before, joined. Pure. */
  addVectors(scores: Float64Array, vectors: Float32Array, englishRatio: Ratio): Float64Array;
  toRatios(scores: Float64Array, by: 'head' | 'encoder'): NeedRatios;
}

const ENGLISH_AT = OUTPUT_RANGES.find(({ part }) => part === 'language')?.start ?? 0;

type Outputs = Pick<OutputRange, 'start' | 'count'>;

const rangeOf = (part: NeedPartName): Outputs =>
  OUTPUT_RANGES.find((range) => range.part === part) ?? { start: 0, count: 0 };
const RANGES: Readonly<Record<NeedPartName, Outputs>> = {
  kind: rangeOf('kind'),
  size: rangeOf('size'),
  difficulty: rangeOf('difficulty'),
  stakes: rangeOf('stakes'),
};

function partOf(ratios: Float64Array, { start, count }: Outputs): readonly Ratio[] {
  const part: Ratio[] = [];
  for (let at = start; at < start + count; at += 1) part.push(Math.round(1e4 * (ratios[at] ?? 0)) / 1e4);
  return part;
}

/** Opens an artifact for use. @throws PointsmanError `artifact-invalid` */
export function openNeedHead(artifact: NeedArtifact): NeedHead {
  const { head, encoder } = artifact;
  const { hashes: known, rows, columns } = unpackTables(artifact);
  const rowOf = indexFeatures(known);
  const sumRows = openWeightRows(rows, OUTPUT_COUNT);
  const weighed = new WeakMap<Float32Array, Float64Array>();
  return {
    score: ({ hashes, ends }) => {
      const scores = new Float64Array(OUTPUT_COUNT);
      const found = new Int32Array(hashes.length);
      let start = 0;
      for (const [group, end] of ends.entries()) {
        let count = 0;
        for (let at = start; at < end; at += 1) {
          const row = rowOf(hashes[at] ?? 0);
          if (row >= 0) found[count++] = row;
        }
        const sums = sumRows(found, count);
        const factor = (artifact.groupWeights[group] ?? 1) / Math.sqrt(Math.max(1, end - start));
        for (let output = 0; output < OUTPUT_COUNT; output += 1) {
          scores[output] = (scores[output] ?? 0) + factor * (sums[output] ?? 0) * (head.scales[output] ?? 0);
        }
        start = end;
      }
      for (let output = 0; output < OUTPUT_COUNT; output += 1) {
        scores[output] = (scores[output] ?? 0) + (head.intercepts[output] ?? 0);
      }
      const language = softmaxParts(scores.slice());
      return { scores, englishRatio: language[ENGLISH_AT] ?? 0 };
    },
    addVectors: (before, vectors, englishRatio) => {
      if (encoder === undefined || columns === undefined) return before.slice();
      // The same vectors come back with each decision of their step.
      let said = weighed.get(vectors);
      if (said === undefined) weighed.set(vectors, (said = weigh(vectors, columns, encoder.scales)));
      return before.map((score, output) => score + englishRatio * (said[output] ?? 0));
    },
    toRatios: (scores, by) => {
      const sharpness = by === 'encoder' ? encoder?.sharpness : head.sharpness;
      const ratios = softmaxParts(scores.slice(), sharpness);
      return {
        kind: partOf(ratios, RANGES.kind),
        size: partOf(ratios, RANGES.size),
        difficulty: partOf(ratios, RANGES.difficulty),
        stakes: partOf(ratios, RANGES.stakes),
      };
    },
  };
}

/** What an encoder's vectors, and the constant behind them, say of each output. */
function weigh(vectors: Float32Array, columns: Int8Array, scales: readonly number[]): Float64Array {
  const said = new Float64Array(OUTPUT_COUNT);
  let at = 0;
  for (let column = 0; column <= vectors.length; column += 1) {
    const amount = column === vectors.length ? 1 : (vectors[column] ?? 0);
    for (let output = 0; output < OUTPUT_COUNT; output += 1, at += 1) {
      said[output] = (said[output] ?? 0) + amount * (columns[at] ?? 0);
    }
  }
  return said.map((sum, output) => sum * (scales[output] ?? 0));
}
