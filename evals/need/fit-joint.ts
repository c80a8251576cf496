import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DIFFICULTIES, NEED_SIZES, STAKES, type StepNeed } from '../../src/domain/need.ts';
import { STEP_KINDS } from '../../src/domain/step.ts';
import { joinParts, LOCAL_TRUST, type ReadingTrust } from '../../src/predict/joint-need.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { checkNeedArtifact, writeNeedArtifact } from '../../src/predict/need/need-artifact.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { findDataDir } from '../run.ts';
import { ownRows } from './own-rows.ts';
import { readLabelledSteps } from './reader-figures.ts';
import type { NeedRow } from './training/need-row.ts';
import { trainNeed } from './training/train-need.ts';

/**
 * Counts how steps usually are, and fits how far a local reading of one is believed: readers are trained without some authors, read
 * those authors' steps, and the trust is what makes the log loss of their four labels together least. Says so, and with `--write` writes
 * `usual-steps.json`. `--rows` of the labelled steps are read, evenly over the authors: all of them take a quarter of an hour of a calm
 * machine, the usual 1,500 some minutes of a busy one.
 */
const FOLDS = 3;
/** Cells that nobody labelled get what their parts say of them, worth so many rows in all. */
const SMOOTHING = 140;
const ROUNDS = 4;
/** Of the labels. */
const AS_OF = '2026-11-29';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    rows: { type: 'string', default: '1500' },
    write: { type: 'boolean', default: false },
  },
});
const dataDir = findDataDir(values.data, process.env);
if (dataDir === undefined) throw new Error('skipped: no data (--data DIR, or POINTSMAN_DATA)');
const labelled = readLabelledSteps(path.join(dataDir, 'steps_labelled.jsonl.gz'));
const train = labelled.filter(({ split }) => split === 'train');
const shares = usualShares(train);
const trust = fitTrust(await readUnseen(evenly([...train, ...ownRows()], Number(values.rows))));
process.stdout.write(`${JSON.stringify(trust)}\n`);
const file = path.resolve(import.meta.dirname, '../../src/predict/artifacts/usual-steps.json');
if (values.write) writeFileSync(file, JSON.stringify({ asOf: AS_OF, rowCount: train.length, trust, shares }));

/** So many rows, every n-th of them. */
function evenly(rows: readonly NeedRow[], count: number): readonly NeedRow[] {
  const every = Math.max(1, rows.length / count);
  return rows.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every));
}

/** The cell of a row's labels in a joint need. */
function cellOf({ kind, difficulty, stakes, size }: NeedRow): number {
  const at = [
    STEP_KINDS.indexOf(kind),
    DIFFICULTIES.indexOf(difficulty),
    STAKES.indexOf(stakes),
    NEED_SIZES.indexOf(size),
  ];
  return at.reduce((cell, value, axis) => cell * ([7, 5, 3, 4][axis] ?? 1) + value, 0);
}

function usualShares(rows: readonly NeedRow[]): readonly number[] {
  const counts = Array.from({ length: 420 }, () => 0);
  const byRest = Array.from({ length: 60 }, () => 0.5);
  const byKind = STEP_KINDS.map(() => DIFFICULTIES.map(() => 1));
  for (const row of rows) {
    const [cell, kind] = [cellOf(row), byKind[STEP_KINDS.indexOf(row.kind)]];
    counts[cell] = (counts[cell] ?? 0) + 1;
    byRest[cell % 60] = (byRest[cell % 60] ?? 0) + 1;
    if (kind !== undefined) kind[row.difficulty - 1] = (kind[row.difficulty - 1] ?? 0) + 1;
  }
  const restSum = byRest.reduce((sum, one) => sum + one, 0);
  const smooth = counts.map((count, cell) => {
    const difficulty = Math.floor(cell / 12) % 5;
    const ofDifficulty = byKind.reduce((sum, kind) => sum + (kind[difficulty] ?? 0), 0);
    const ofKind = (byKind[Math.floor(cell / 60)]?.[difficulty] ?? 0) / ofDifficulty;
    return count + (SMOOTHING * ofKind * (byRest[cell % 60] ?? 0)) / restSum;
  });
  const sum = smooth.reduce((total, one) => total + one, 0);
  return smooth.map((one) => Number((one / sum).toPrecision(4)));
}

/** Every row with what a reader says of it that has not seen its author. */
async function readUnseen(rows: readonly NeedRow[]): Promise<readonly (readonly [StepNeed, number])[]> {
  const embedder = await openEncoder(process.env);
  const authors = [...Map.groupBy(rows, (row) => row.author ?? '')].sort(([, a], [, b]) => b.length - a.length);
  const folds = Array.from({ length: FOLDS }, (): NeedRow[] => []);
  for (const [, own] of authors) folds.toSorted((a, b) => a.length - b.length)[0]?.push(...own);
  const read: (readonly [StepNeed, number])[] = [];
  for (const held of folds) {
    const others = folds.filter((fold) => fold !== held).flat();
    const artifact = await trainNeed(others, { name: 'unseen', asOf: AS_OF, embedder });
    const reader = createLocalNeedReader(checkNeedArtifact(JSON.parse(writeNeedArtifact(artifact)), 'unseen'), {
      openEmbedder: () => Promise.resolve(embedder),
      waitMs: Number.POSITIVE_INFINITY,
    });
    for (const row of held) {
      const { text, before } = row;
      read.push([await reader.read({ text, before, origin: text === '' ? 'agent' : 'person' }), cellOf(row)]);
    }
    process.stdout.write(`read ${held.length} steps of authors that ${others.length} others do not hold\n`);
  }
  await embedder.close();
  return read;
}

/** One number at a time, by halving steps, until none gets better. */
function fitTrust(read: readonly (readonly [StepNeed, number])[]): ReadingTrust {
  const lossOf = (trust: ReadingTrust): number =>
    -read.reduce((sum, [need, cell]) => sum + Math.log(joinParts(need, trust)[cell] ?? 0), 0) / read.length;
  let best = LOCAL_TRUST;
  let least = lossOf(best);
  for (let step = 0.2, round = 0; round < ROUNDS; round += 1, step /= 2) {
    for (const move of movesOf(step)) {
      for (const next of [move(best, 1 + step), move(best, 1 / (1 + step))]) {
        const loss = lossOf(next);
        if (loss < least) [best, least] = [next, loss];
      }
    }
    process.stdout.write(`log loss ${least.toFixed(4)}\n`);
  }
  return best;
}

type Move = (trust: ReadingTrust, factor: number) => ReadingTrust;

function movesOf(step: number): readonly Move[] {
  const round = (value: number): number =>
    Number(Math.min(2, Math.max(0.02, value)).toPrecision(2 + (step < 0.1 ? 1 : 0)));
  const parts = (['kind', 'difficulty', 'stakes', 'size'] as const).flatMap((part) =>
    (['sharpness', 'missRatio'] as const).map((name): Move => (trust, factor) => ({
      ...trust,
      parts: { ...trust.parts, [part]: { ...trust.parts[part], [name]: round(trust.parts[part][name] * factor) } },
    })),
  );
  return [...parts, (trust, factor) => ({ ...trust, missRatio: round(trust.missRatio * factor) })];
}
