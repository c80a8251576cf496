import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Figure } from '../../src/domain/figure.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import type { NeedReader } from '../../src/predict/need/need-reader.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import { readerSpeed } from './reader-speed.ts';
import { judgeNeed, type ReadRow } from './training/judge-need.ts';
import { parseNeedRows, type NeedRow } from './training/need-row.ts';

/** Labelled steps of a gzipped file. */
export function readLabelledSteps(file: string): readonly NeedRow[] {
  return parseNeedRows(gunzipSync(readFileSync(file)).toString('utf8'));
}

/**
 * Figures of the shipped reader on rows that it was not fitted on, read one by one through the port that every door uses,
 * with the sentence encoder where it can be had.
 */
export async function readerFigures(
  rows: readonly NeedRow[],
  embedder: Embedder | undefined,
): Promise<Readonly<Record<string, Figure>>> {
  const artifact = shippedNeed();
  const reader = createLocalNeedReader(artifact, {
    ...(embedder === undefined ? {} : { openEmbedder: () => Promise.resolve(embedder) }),
    waitMs: Number.POSITIVE_INFINITY,
  });
  const judged = judgeNeed(await readAll(reader, rows));
  const figures = Object.entries(judged)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]): [string, Figure] => [
      name,
      {
        value: Number(value.toFixed(name.endsWith('.pct') ? 1 : 4)),
        unit: name.endsWith('.pct') ? 'percent of rows' : 'ratio',
        n: rows.length,
        label: 'measured',
      },
    ]);
  return { ...Object.fromEntries(figures), ...(await readerSpeed(artifact, rows, embedder)) };
}

/** What a reader says of each row. */
export async function readAll(reader: NeedReader, rows: readonly NeedRow[]): Promise<readonly ReadRow[]> {
  const read: ReadRow[] = [];
  for (const row of rows) {
    const need = await reader.read({
      text: row.text,
      before: row.before,
      origin: row.text === '' ? 'agent' : 'person',
    });
    const { kind, size, difficulty, stakes } = need;
    const said = { kind: kind.ratios, size: size.ratios, difficulty: difficulty.ratios, stakes: stakes.ratios };
    read.push({ row, said });
  }
  return read;
}
