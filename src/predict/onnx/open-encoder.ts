import os from 'node:os';
import path from 'node:path';
import type { Embedder } from '../embedding/embedder.ts';
import { createOnnxEmbedder } from './onnx-embedder.ts';

/** What the environment may say: an own embedding model with its tokenizer, and where caches go. */
export type EncoderEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Opens the sentence encoder: the user's own when `POINTSMAN_EMBEDDING_MODEL` and `POINTSMAN_EMBEDDING_TOKENIZER` name its
 * files, otherwise the built-in one, kept under `XDG_CACHE_HOME` or `~/.cache`.
 * @throws PointsmanError `artifact-invalid`
 */
export async function openEncoder(env: EncoderEnvironment): Promise<Embedder> {
  const [modelFile, tokenizerFile] = [env['POINTSMAN_EMBEDDING_MODEL'], env['POINTSMAN_EMBEDDING_TOKENIZER']];
  if (modelFile !== undefined && tokenizerFile !== undefined) {
    return createOnnxEmbedder({ kind: 'own', modelFile, tokenizerFile });
  }
  const cacheRoot = env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  return createOnnxEmbedder({ kind: 'use-lite', cacheFolder: path.join(cacheRoot, 'pointsman') });
}
