import os from 'node:os';
import path from 'node:path';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createHashedEmbedder } from '../../src/predict/embedding/hashed-embedder.ts';
import { createOnnxEmbedder } from '../../src/predict/onnx/onnx-embedder.ts';

let opened: Promise<Embedder> | undefined;
const known = new Map<string, Float32Array>();

/** Embeds each text once per process; says so when the encoder is missing and hashed features stand in for it. */
export async function embedTexts(
  texts: readonly string[],
  progress: (text: string) => void,
): Promise<readonly Float32Array[]> {
  opened ??= open(progress);
  const embedder = await opened;
  const missing = [...new Set(texts)].filter((text) => !known.has(text));
  for (let start = 0; start < missing.length; start += 512) {
    const part = missing.slice(start, start + 512);
    const vectors = await embedder.embed(part);
    for (const [index, text] of part.entries())
      known.set(text, vectors[index] ?? new Float32Array(embedder.dimensionCount));
    if (missing.length > 512) progress(`embedded ${start + part.length} of ${missing.length}`);
  }
  return texts.map((text) => known.get(text) ?? new Float32Array(embedder.dimensionCount));
}

/** Version of the encoder behind `embedTexts`. */
export async function embedderVersion(progress: (text: string) => void): Promise<string> {
  opened ??= open(progress);
  return (await opened).version;
}

async function open(progress: (text: string) => void): Promise<Embedder> {
  try {
    return await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: path.join(os.homedir(), '.cache', 'pointsman') });
  } catch (thrown) {
    progress(
      `sentence encoder missing, hashed features instead: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
    return createHashedEmbedder();
  }
}
