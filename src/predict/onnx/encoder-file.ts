import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Vocabulary } from '../embedding/unigram-tokenizer.ts';
import { USE_LITE_VERSION } from './embedding-protocol.ts';
import {
  readUseLiteVocabulary,
  readUseLiteWeights,
  USE_LITE_NOTICE,
  useLiteFolder,
  VOCABULARY_FILE,
} from './use-lite-weights.ts';

/** Form of the files, which may change where the vectors do not. */
const FORM = 2;
const MODEL_NAME = `${USE_LITE_VERSION}.${FORM}.onnx`;
const WEIGHTS_NAME = `${USE_LITE_VERSION}.${FORM}.weights`;

/** Where the published package has the encoder and its vocabulary; a clone builds them from the weights it is made of. */
const SHIPPED_FOLDER = path.resolve(import.meta.dirname, '../../encoder');

/**
 * The int8 encoder: as it was shipped, or from the cache folder when its checksum is right, otherwise built from the npm
 * package's weights (about a third of a second, once) and kept there beside its licence notice, the weights in a file that
 * the runtime maps. A folder that cannot be written only costs the building again: then the model's bytes are returned.
 * @throws PointsmanError `artifact-invalid` when the package is not installed or has other weights.
 */
export async function loadEncoder(cacheFolder: string): Promise<string | Uint8Array> {
  const kept = [SHIPPED_FOLDER, cacheFolder].find(isKept);
  if (kept !== undefined) return path.join(kept, MODEL_NAME);
  const { buildUseLite, buildUseLiteFiles } = await import('./use-lite-graph.ts');
  const weights = readUseLiteWeights(useLiteFolder());
  const built = buildUseLiteFiles(weights, 'int8', WEIGHTS_NAME);
  try {
    mkdirSync(cacheFolder, { recursive: true });
    put(cacheFolder, WEIGHTS_NAME, built.weights);
    put(cacheFolder, MODEL_NAME, built.model);
    put(cacheFolder, `${MODEL_NAME}.NOTICE`, `${USE_LITE_NOTICE}\n`);
    put(cacheFolder, `${MODEL_NAME}.sha256`, `${checksumOf(cacheFolder)}\n`);
  } catch {
    // The folder cannot be written: the check below says so.
  }
  return isKept(cacheFolder) ? path.join(cacheFolder, MODEL_NAME) : buildUseLite(weights, 'int8');
}

export function loadVocabulary(): Vocabulary {
  const isShipped = existsSync(path.join(SHIPPED_FOLDER, VOCABULARY_FILE));
  return readUseLiteVocabulary(isShipped ? SHIPPED_FOLDER : useLiteFolder());
}

function isKept(folder: string): boolean {
  try {
    return readFileSync(path.join(folder, `${MODEL_NAME}.sha256`), 'utf8').trim() === checksumOf(folder);
  } catch {
    return false;
  }
}

function checksumOf(folder: string): string {
  return [WEIGHTS_NAME, MODEL_NAME].map((name) => sha256OfFile(path.join(folder, name))).join(' ');
}

/** Written beside and renamed, so that two processes that start together never read half a file. */
function put(folder: string, name: string, content: Uint8Array | string): void {
  const partial = path.join(folder, `${name}.${randomUUID()}`);
  try {
    writeFileSync(partial, content);
    renameSync(partial, path.join(folder, name));
  } finally {
    rmSync(partial, { force: true });
  }
}

/** In pieces, so that checking seven megabytes does not keep seven megabytes. */
function sha256OfFile(file: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(65_536);
  const descriptor = openSync(file, 'r');
  try {
    for (let size = readSync(descriptor, piece); size > 0; size = readSync(descriptor, piece))
      hash.update(piece.subarray(0, size));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
