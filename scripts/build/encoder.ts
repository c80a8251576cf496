import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { loadEncoder } from '../../src/predict/onnx/encoder-file.ts';
import { useLiteFolder, VOCABULARY_FILE } from '../../src/predict/onnx/use-lite-weights.ts';

/**
 * Makes the int8 encoder and its vocabulary in a folder of the package (7 MB, where the weights that it is made of are 28).
 * Returns a file of the package that they come from, for its licence.
 */
export async function writeEncoder(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await loadEncoder(folder);
  const source = path.join(useLiteFolder(), VOCABULARY_FILE);
  cpSync(source, path.join(folder, VOCABULARY_FILE));
  return source;
}
