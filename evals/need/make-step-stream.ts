import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { NEED_PARTS, type NeedPartName, type StepNeed } from '../../src/domain/need.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { readLabelledSteps } from './reader-figures.ts';
import { readSteps } from './route-figures.ts';

/** One step of the stream: a probability per value of each part. */
type StreamStep = Readonly<Record<NeedPartName, readonly number[]>>;

/**
 * Needs of steps that a reader was trained on, blurred until they are as doubtful as what it says of steps that it has not seen:
 * each part to the power at which its mean entropy is that of `unseen`. The stream that a dial is measured on. Pure.
 */
function toStepStream(trained: readonly StepNeed[], unseen: readonly StepNeed[]): readonly StreamStep[] {
  const parts = NEED_PARTS.map((part) => {
    const of = (needs: readonly StepNeed[]): readonly (readonly number[])[] => needs.map((need) => need[part].ratios);
    const power = powerFor(of(trained), meanEntropy(of(unseen)));
    return [
      part,
      of(trained).map((ratios) => blurred(ratios, power).map((ratio) => Number(ratio.toFixed(3)))),
    ] as const;
  });
  const columns: Partial<Record<NeedPartName, readonly (readonly number[])[]>> = Object.fromEntries(parts);
  return trained.map((_, at) => ({
    kind: columns.kind?.[at] ?? [],
    size: columns.size?.[at] ?? [],
    difficulty: columns.difficulty?.[at] ?? [],
    stakes: columns.stakes?.[at] ?? [],
  }));
}

function powerFor(rows: readonly (readonly number[])[], entropy: number): number {
  let [low, high] = [0.05, 1];
  for (let round = 0; round < 30; round += 1) {
    const middle = (low + high) / 2;
    if (meanEntropy(rows.map((ratios) => blurred(ratios, middle))) > entropy) low = middle;
    else high = middle;
  }
  return high;
}

function blurred(ratios: readonly number[], power: number): readonly number[] {
  const powers = ratios.map((ratio) => Math.max(1e-6, ratio) ** power);
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
}

function meanEntropy(rows: readonly (readonly number[])[]): number {
  const of = (ratios: readonly number[]): number =>
    -ratios.reduce((sum, ratio) => sum + (ratio > 0 ? ratio * Math.log(ratio) : 0), 0);
  return rows.reduce((sum, ratios) => sum + of(ratios), 0) / Math.max(1, rows.length);
}

const STREAM_LENGTH = 160;
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('Say where the labelled steps are: make-step-stream.ts DIR');
const rows = readLabelledSteps(path.join(dataDir, 'steps_labelled.jsonl.gz'));
const embedder = await openEncoder(process.env);
const trained = rows.filter(({ split }) => split === 'train');
const every = Math.floor(trained.length / STREAM_LENGTH);
const picked = trained.filter((_, at) => at % every === 0).slice(0, STREAM_LENGTH);
const needsOf = async (some: typeof rows): Promise<readonly StepNeed[]> =>
  (await readSteps(some, embedder)).map(({ need }) => need);
const steps = toStepStream(await needsOf(picked), await needsOf(rows.filter(({ split }) => split === 'dev')));
const file = path.resolve(import.meta.dirname, '../../src/predict/artifacts/step-stream.json');
writeFileSync(file, JSON.stringify({ asOf: '2026-11-29', steps }));
await embedder.close();
