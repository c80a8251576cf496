import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { shippedModels } from '../../src/catalog/load-catalog.ts';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { hashedVector } from '../../src/predict/embedding/hashed-embedder.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import { loadEncoder } from '../../src/predict/onnx/encoder-file.ts';
import { createOnnxEmbedder } from '../../src/predict/onnx/onnx-embedder.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { publishedCopy } from './published-copy.ts';

const cacheFolder = path.join(os.homedir(), '.cache', 'pointsman');
const REQUEST =
  'The importer drops rows whose last field is empty; keep them, and say in the log how many there were. ';
const WARM_UP = 20;
const ROUNDS = 200;
const PIECES = 104;

/**
 * One whole prediction from a text of about 100 pieces: features, encoder in its worker, head, eight models. Beside it the
 * floor, round by round: the bare run of the encoder on as many pieces, which no code of ours can go below.
 */
export async function run(): Promise<Figures> {
  const warm = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder });
  await warm.close();
  const startedAt = performance.now();
  const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder });
  const loadMs = performance.now() - startedAt;
  const predictor = createLearnedPredictor(shippedArtifact(), { openEmbedder: () => Promise.resolve(embedder) });
  const models = shippedModels().slice(0, 8);
  const floor = await openFloor();
  const startedCpu = process.cpuUsage();
  const [times = [], floors = []] = await timed(async (index) => {
    const text = `${index} hmm: ${REQUEST.repeat(4)}`;
    const message = { role: 'user', content: [{ type: 'text', text }] } as const;
    const features = createStepFeatures({ messages: [message], tools: [], transcriptTokens: 0 });
    await predictor.quality({ ...features, kindConfidenceRatio: 0.3 }, models);
  }, floor);
  const cpu = process.cpuUsage(startedCpu);
  const [long = []] = await timed(async (index) => {
    await embedder.embed([`${index} ${REQUEST.repeat(200)}`]);
  });
  const [hashed = []] = await timed((index) => Promise.resolve(hashedVector(`${index} ${REQUEST.repeat(4)}`)));
  const texts = Array.from({ length: 32 }, (_, index) => `${index} ${REQUEST}`);
  const single = await repeated(async () => {
    for (const text of texts) await embedder.embed([text]);
  });
  const batch = await repeated(() => embedder.embed(texts));
  await embedder.close();
  const rss = childRssMb();
  return {
    'predict.step.best.ms': figure(quantile(times, 0), 'ms', ROUNDS),
    'predict.step.p50.ms': { ...figure(quantile(times, 0.5), 'ms', ROUNDS), against: quantile(floors, 0.5) },
    'predict.step.p99.ms': { ...figure(quantile(times, 0.99), 'ms', ROUNDS), against: quantile(floors, 0.99) },
    'predict.step_and_floor.cpu.ms': figure((cpu.user + cpu.system) / 1000 / (WARM_UP + ROUNDS), 'ms', ROUNDS),
    'predict.long.p99.ms': figure(quantile(long, 0.99), 'ms', ROUNDS),
    'predict.hashed.p50.ms': figure(quantile(hashed, 0.5), 'ms', ROUNDS),
    'predict.load.ms': figure(loadMs, 'ms', 1),
    'predict.batch32.ms': { ...figure(batch, 'ms', 5), against: single },
    'predict.rss.mb': { ...figure(rss.loaded, 'MB', 1), against: rss.empty },
  };
}

function figure(value: number, unit: string, n: number): Figure {
  return { value, unit, n, label: 'measured' };
}

/** Milliseconds of each act, sorted; the acts take turns, so that what disturbs one disturbs the others as well. */
async function timed(
  ...acts: readonly ((index: number) => Promise<unknown>)[]
): Promise<readonly (readonly number[])[]> {
  const times = acts.map((): number[] => []);
  for (let index = 0; index < WARM_UP + ROUNDS; index += 1) {
    for (const [which, act] of acts.entries()) {
      const startedAt = performance.now();
      await act(index);
      if (index >= WARM_UP) times[which]?.push(performance.now() - startedAt);
    }
  }
  return times.map((list) => list.toSorted((a, b) => a - b));
}

/** The encoder without tokenizer, worker or head. */
async function openFloor(): Promise<() => Promise<unknown>> {
  const model = await loadEncoder(cacheFolder);
  if (typeof model !== 'string') throw new Error(`The folder ${cacheFolder} cannot be written`);
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const ids = BigInt64Array.from({ length: PIECES }, (_, index) => BigInt(10 + index * 37));
  return () => session.run({ ids: new ort.Tensor('int64', ids, [PIECES]) });
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

/** Memory of a fresh process with the encoder in use, beside one with nothing; from JavaScript, as it is published. */
function childRssMb(): { readonly loaded: number; readonly empty: number } {
  const folder = publishedCopy();
  const main = path.join(folder, 'main.js');
  writeFileSync(
    main,
    `const empty = process.memoryUsage.rss();
    const { createOnnxEmbedder } = await import('./src/predict/onnx/onnx-embedder.js');
    const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: ${JSON.stringify(cacheFolder)} });
    for (let index = 0; index < 200; index += 1) await embedder.embed([index + ${JSON.stringify(REQUEST.repeat(4))}]);
    console.log(JSON.stringify({ loaded: process.memoryUsage.rss() / 1e6, empty: empty / 1e6 }));
    process.exit(0);`,
  );
  const child = spawnSync(process.execPath, [main], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`The child for the memory figure failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as { readonly loaded: number; readonly empty: number };
}
