import type { Figure } from '../../src/domain/figure.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { encodeStep } from '../../src/predict/need/encode-step.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import type { NeedArtifact } from '../../src/predict/need/need-artifact.ts';
import { needFeatures } from '../../src/predict/need/need-features.ts';
import { openNeedHead } from '../../src/predict/need/need-head.ts';
import type { NeedRow } from './training/need-row.ts';

const ROUNDS = 9;

/** What reading costs: the head alone, the full reader beside the bare encoder on the same steps, and all threads' time. */
export async function readerSpeed(
  artifact: NeedArtifact,
  rows: readonly NeedRow[],
  embedder: Embedder | undefined,
): Promise<Readonly<Record<string, Figure>>> {
  const head = openNeedHead(artifact);
  const readAll = (): void => {
    for (const row of rows) head.toRatios(head.score(needFeatures(row)).scores, 'head');
  };
  readAll();
  const headUs = (1000 * leastOf(ROUNDS, readAll)) / rows.length;
  const figure = (value: number, unit: string, against?: number): Figure => ({
    value,
    unit,
    n: rows.length,
    label: 'measured',
    ...(against === undefined ? {} : { against }),
  });
  if (embedder === undefined) return { 'need.reader.head.us': figure(headUs, 'µs a step') };
  const bare = await timesOf(rows, (row) => encodeStep(embedder, row));
  const reader = createLocalNeedReader(artifact, {
    openEmbedder: () => Promise.resolve(embedder),
    waitMs: Number.POSITIVE_INFINITY,
  });
  const cpu = process.cpuUsage();
  const full = await timesOf(rows, (row) => reader.read({ ...row, origin: 'person' }));
  const { user, system } = process.cpuUsage(cpu);
  return {
    'need.reader.head.us': figure(headUs, 'µs a step'),
    'need.reader.full.p50.ms': figure(quantile(full, 0.5), 'ms', quantile(bare, 0.5)),
    'need.reader.full.p99.ms': figure(quantile(full, 0.99), 'ms', quantile(bare, 0.99)),
    'need.reader.cpu.ms': figure((user + system) / 1000 / rows.length, 'ms of all threads a step'),
  };
}

/** Milliseconds of the fastest of so many rounds: whatever others took of the machine in the rest is not the reader's. */
function leastOf(rounds: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const begun = performance.now();
    run();
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

async function timesOf(rows: readonly NeedRow[], run: (row: NeedRow) => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (const row of rows) {
    const begun = performance.now();
    await run(row);
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;
}
