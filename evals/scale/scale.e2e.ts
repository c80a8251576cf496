import { expect, test } from 'vitest';
import { playChaos } from './play-chaos.ts';
import { doubledEffects, lostJobs, overrunBudgets, repeatedSteps } from './sightings.ts';
import { openStorePlace } from './store-place.ts';

const store = await openStorePlace();
if (store === undefined) process.stdout.write('skipped: no PostgreSQL; nothing was killed\n');

test.skipIf(store === undefined)(
  'workers and gateways on one store, killed at random, owe nobody anything',
  async () => {
    if (store === undefined) return;
    try {
      const run = await playChaos(store, {
        seed: 3,
        seconds: 12,
        jobCount: 3,
        callCount: 200,
        workerCount: 2,
        gatewayCount: 2,
        killEverySeconds: 2,
        stopCount: 0,
        cutSeconds: 3,
        budgetUsd: 0.005,
        progress: () => undefined,
        signal: new AbortController().signal,
      });
      const { tally, jobs, callEnds, keyBills } = run;
      expect(tally.killedWorkers + tally.killedGateways).toBeGreaterThan(2);
      expect(tally).toMatchObject({ restarts: 1, cuts: 1 });
      // The budget had a say, and effects were made.
      expect(callEnds.filter(({ kind }) => kind === 'refused').length).toBeGreaterThan(0);
      expect(run.effects.length).toBeGreaterThanOrEqual(jobs.length);
      expect(callEnds.filter(({ kind }) => kind === 'unanswered')).toEqual([]);
      expect(callEnds).toHaveLength(200);
      expect(repeatedSteps(run.jobCalls)).toEqual([]);
      expect(doubledEffects(run.effects)).toEqual([]);
      expect(overrunBudgets(keyBills)).toEqual([]);
      const asShown = new Set(jobs.filter((job) => !run.notDone.has(job)));
      expect([lostJobs(jobs, { atVendor: run.endedAtVendor, asShown }), [...run.notDone.values()]]).toEqual([[], []]);
      expect(run.surprises).toEqual([]);
    } finally {
      await store.close();
    }
  },
  600_000,
);
