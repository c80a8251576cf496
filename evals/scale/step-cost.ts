import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figures } from '../../src/domain/figure.ts';
import { openMeasuredJobs, runMeasuredJob, STEPS } from '../bench/orchestrator.bench.ts';
import { middleOf } from './middle-of.ts';
import type { StorePlace } from './store-place.ts';

/** Jobs before the first that counts: the compiler has then seen every path. */
const WARM_UP = 5;

/**
 * What a step takes beside its model on PostgreSQL, by the clock, as its round trips are what it waits for; in turns with the same on a
 * folder, in one run. Beside it the CPU time of the process that runs the job.
 */
export async function stepFigures(store: StorePlace, runCount: number): Promise<Figures> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-scale-'));
  const onPostgres = await openMeasuredJobs(folder, store.freshDirectAddress());
  const embedded = await openMeasuredJobs(folder);
  try {
    const samples: { readonly postgres: Cost; readonly folder: Cost }[] = [];
    for (let index = 0; index < WARM_UP + runCount; index += 1) {
      const sample = {
        postgres: await costOf(() => runMeasuredJob(onPostgres, folder)),
        folder: await costOf(() => runMeasuredJob(embedded, folder)),
      };
      if (index >= WARM_UP) samples.push(sample);
    }
    const of = (pick: (sample: (typeof samples)[number]) => number): ReturnType<typeof middleOf> =>
      middleOf(samples.map(pick));
    const shared = { unit: 'ms', n: runCount * STEPS, label: 'measured' } as const;
    return {
      'scale.step.pg.ms': { ...of((one) => one.postgres.ms), against: of((one) => one.folder.ms).value, ...shared },
      'scale.step.pg.cpu.ms': {
        ...of((one) => one.postgres.cpuMs),
        against: of((one) => one.folder.cpuMs).value,
        ...shared,
      },
    };
  } finally {
    await onPostgres.close();
    await embedded.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
}

async function costOf(act: () => Promise<void>): Promise<Cost> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  await act();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: (performance.now() - began) / STEPS, cpuMs: (user + system) / 1000 / STEPS };
}
