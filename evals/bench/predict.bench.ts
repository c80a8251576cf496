import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { createStepFeatures } from '../../src/predict/create-step-features.ts';
import { hashedVector } from '../../src/predict/hashed-embedder.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import { createOnnxEmbedder } from '../../src/predict/onnx/onnx-embedder.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { shippedModels } from '../../src/catalog/load-catalog.ts';

const cacheFolder = path.join(os.homedir(), '.cache', 'pointsman');
const REQUEST =
  'The importer drops rows whose last field is empty; keep them, and say in the log how many there were. ';
const WARM_UP = 20;
const ROUNDS = 200;

/** One whole prediction from a text of about 100 pieces: features, encoder in its worker, head, eight models. */
export async function run(): Promise<Figures> {
  const warm = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder });
  await warm.close();
  const startedAt = performance.now();
  const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder });
  const loadMs = performance.now() - startedAt;
  const predictor = createLearnedPredictor(shippedArtifact(), { openEmbedder: () => Promise.resolve(embedder) });
  const models = shippedModels().slice(0, 8);
  const times = await timed(async (index) => {
    const text = `${index} hmm: ${REQUEST.repeat(4)}`;
    const message = { role: 'user', content: [{ type: 'text', text }] } as const;
    const features = createStepFeatures({ messages: [message], tools: [], transcriptTokens: 0 });
    await predictor.quality({ ...features, kindConfidenceRatio: 0.3 }, models);
  });
  const long = await timed(async (index) => {
    await embedder.embed([`${index} ${REQUEST.repeat(200)}`]);
  });
  const hashed = await timed((index) => Promise.resolve(hashedVector(`${index} ${REQUEST.repeat(4)}`)));
  const texts = Array.from({ length: 32 }, (_, index) => `${index} ${REQUEST}`);
  const single = await repeated(async () => {
    for (const text of texts) await embedder.embed([text]);
  });
  const batch = await repeated(() => embedder.embed(texts));
  await embedder.close();
  const rss = childRssMb();
  return {
    'predict.step.best.ms': figure(quantile(times, 0), 'ms', ROUNDS),
    'predict.step.p50.ms': figure(quantile(times, 0.5), 'ms', ROUNDS),
    'predict.step.p99.ms': figure(quantile(times, 0.99), 'ms', ROUNDS),
    'predict.long.p99.ms': figure(quantile(long, 0.99), 'ms', ROUNDS),
    'predict.hashed.p50.ms': figure(quantile(hashed, 0.5), 'ms', ROUNDS),
    'predict.load.ms': figure(loadMs, 'ms', 1),
    'predict.batch32.ms': { ...figure(batch, 'ms', 5), against: single },
    ...(rss === undefined ? {} : { 'predict.rss.mb': { ...figure(rss.loaded, 'MB', 1), against: rss.empty } }),
  };
}

function figure(value: number, unit: string, n: number): Figure {
  return { value, unit, n, label: 'measured' };
}

async function timed(act: (index: number) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let index = 0; index < WARM_UP + ROUNDS; index += 1) {
    const startedAt = performance.now();
    await act(index);
    if (index >= WARM_UP) times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b);
}

/** The best of five runs in milliseconds: what the machine can do when nobody disturbs it. */
async function repeated(act: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now();
    await act();
    best = Math.min(best, performance.now() - startedAt);
  }
  return best;
}

function quantile(sorted: readonly number[], ratio: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * ratio))] ?? Number.NaN;
}

/** Memory of a fresh process with the encoder in use, beside one with nothing. Runs from source, so types are stripped too. */
function childRssMb(): { readonly loaded: number; readonly empty: number } | undefined {
  const module = path.join(import.meta.dirname, '../../src/predict/onnx/onnx-embedder.ts');
  const script = `const empty = process.memoryUsage.rss();
    const { createOnnxEmbedder } = await import(${JSON.stringify(module)});
    const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: ${JSON.stringify(cacheFolder)} });
    for (let index = 0; index < 50; index += 1) await embedder.embed(['keep the rows whose last field is empty ' + index]);
    console.log(JSON.stringify({ loaded: process.memoryUsage.rss() / 1e6, empty: empty / 1e6 }));
    process.exit(0);`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  if (child.status !== 0) return undefined;
  return JSON.parse(child.stdout) as { readonly loaded: number; readonly empty: number };
}
