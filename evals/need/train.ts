import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { NEED_SIZES } from '../../src/domain/need.ts';
import { STEP_KINDS } from '../../src/domain/step.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { checkNeedArtifact, writeNeedArtifact, type NeedArtifact } from '../../src/predict/need/need-artifact.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import { findDataDir } from '../run.ts';
import { needCard, type SecondLabels } from './need-card.ts';
import { ownRows } from './own-rows.ts';
import { readAll, readLabelledSteps } from './reader-figures.ts';
import { judgeNeed } from './training/judge-need.ts';
import type { NeedRow } from './training/need-row.ts';
import { trainNeed } from './training/train-need.ts';

/** Trains the reader of needs from labelled steps and our own, and writes it with its card. */
const { values } = parseArgs({
  options: { data: { type: 'string' }, out: { type: 'string' }, curve: { type: 'boolean' } },
});
const dataDir = findDataDir(values.data, process.env);
if (dataDir === undefined) throw new Error('skipped: no data (--data DIR, or POINTSMAN_DATA)');
const out = values.out ?? path.join(import.meta.dirname, '../../src/predict/artifacts');
const rows = readLabelledSteps(path.join(dataDir, 'steps_labelled.jsonl.gz'));
const train = [...rows.filter(({ split }) => split === 'train'), ...ownRows()];
const held = rows.filter(({ split }) => split === 'dev');
const about = { name: 'need-2026-11', asOf: '2026-11-29' };

const embedder = await openEncoder(process.env);
const opened = (artifact: Omit<NeedArtifact, 'sha256'>): NeedArtifact =>
  checkNeedArtifact(JSON.parse(writeNeedArtifact(artifact)), about.name);
const artifact = opened(await trainNeed(train, { ...about, embedder }));
const head = await readAll(createLocalNeedReader(artifact), held);
const reader = createLocalNeedReader(artifact, {
  openEmbedder: () => Promise.resolve(embedder),
  waitMs: Number.POSITIVE_INFINITY,
});
const full = await readAll(reader, held);
await embedder.close();

const curve: (readonly [number, Readonly<Record<string, number>>])[] = [];
for (const part of values.curve === true ? [6, 3, 2] : []) {
  const some = train.filter((_, index) => index % part === 0);
  const smaller = opened(await trainNeed(some, about));
  curve.push([some.length, judgeNeed(await readAll(createLocalNeedReader(smaller), held))]);
}
curve.push([train.length, judgeNeed(head)]);

const { sha256: _, ...unsigned } = artifact;
writeFileSync(path.join(out, 'need.json'), writeNeedArtifact(unsigned));
writeFileSync(
  path.join(out, 'NEED-CARD.md'),
  needCard({ name: about.name, trainCount: train.length, head, full, curve, second: secondLabels(dataDir, rows) }),
);
for (const [name, value] of Object.entries(judgeNeed(full))) process.stdout.write(`${name} ${value.toFixed(3)}\n`);

/** How far two labellers agree, from the rows that a second one labelled blindly. */
function secondLabels(dir: string, labelled: readonly NeedRow[]): SecondLabels | undefined {
  const file = path.join(dir, 'steps_second_labels.jsonl');
  if (!existsSync(file)) return undefined;
  const schema = z.object({
    id: z.string(),
    kind: z.enum(STEP_KINDS),
    size: z.enum(NEED_SIZES),
    difficulty: z.number(),
  });
  const byId = new Map(labelled.map((row) => [row.id, row]));
  const both = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const second = schema.parse(JSON.parse(line));
      const row = byId.get(second.id);
      return row === undefined ? [] : [{ row, second }];
    });
  const certain = both.map(({ row, second }) => ({
    row,
    said: {
      kind: STEP_KINDS.map((kind) => (kind === second.kind ? 1 : 0)),
      size: NEED_SIZES.map((size) => (size === second.size ? 1 : 0)),
      difficulty: [1, 2, 3, 4, 5].map((value) => (value === second.difficulty ? 1 : 0)),
      stakes: [1, 0, 0],
    },
  }));
  const judged = judgeNeed(certain);
  return {
    rowCount: both.length,
    kindPct: judged['need.kind.accuracy.pct'] ?? Number.NaN,
    sizePct: judged['need.size.accuracy.pct'] ?? Number.NaN,
    spearman: judged['need.difficulty.spearman.ratio'] ?? Number.NaN,
  };
}
