import os from 'node:os';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import type { Embedder } from '../embedding/embedder.ts';
import { createOnnxEmbedder } from './onnx-embedder.ts';

/**
 * Opens the sentence encoder: the user's own when `POINTSMAN_EMBEDDING_MODEL` and `POINTSMAN_EMBEDDING_TOKENIZER` name its
 * files, otherwise the built-in one, kept under `XDG_CACHE_HOME` or `~/.cache`.
 * @throws PointsmanError `artifact-invalid`
 */
export async function openEncoder(env: Environment): Promise<Embedder> {
  const [modelFile, tokenizerFile] = [env['POINTSMAN_EMBEDDING_MODEL'], env['POINTSMAN_EMBEDDING_TOKENIZER']];
  if (modelFile !== undefined && tokenizerFile !== undefined) {
    return createOnnxEmbedder({ kind: 'own', modelFile, tokenizerFile });
  }
  const cacheRoot = env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  return createOnnxEmbedder({ kind: 'use-lite', cacheFolder: path.join(cacheRoot, 'pointsman') });
}
