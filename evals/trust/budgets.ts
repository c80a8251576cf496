import { setTimeout as sleep } from 'node:timers/promises';
import { ask, openTestBed, openVendor, type Served } from './test-bed.ts';

export interface BudgetRun {
  /** What the key was billed above its budget, in calls: 1 is the error of one reservation. */
  readonly overrunRatio: number;
  readonly billedUsd: number;
  readonly budgetUsd: number;
  readonly answeredCount: number;
  readonly refusedCount: number;
  /** Calls that had been answered or refused when the gateways were killed, of each burst. */
  readonly statusesPerBurst: readonly number[];
}

/**
 * Bursts of parallel calls through two gateways on one folder, both killed in the middle of each, once a growing share of its
 * calls has been answered or refused; streams that tell their usage and streams that do not, callers that stay and callers that
 * hang up. Then whoever is left spends the rest.
 */
export async function overrunOfBudget(options: {
  readonly callCount: number;
  readonly burstCount: number;
  readonly budgetUsd: number;
}): Promise<BudgetRun> {
  const vendor = await openVendor({ tokensPerCall: 2000, pauseMs: 20, reportsUsage: (call) => call % 2 === 0 });
  const bed = openTestBed(vendor.url);
  let [answeredCount, refusedCount] = [0, 0];
  let statusCount = 0;
  const statusesPerBurst: number[] = [];
  const one = async (gateway: Served, index: number, token: string): Promise<void> => {
    const signal = index % 3 === 0 ? AbortSignal.timeout(40 + (index % 7) * 60) : undefined;
    try {
      const response = await ask(gateway.url, token, signal === undefined ? {} : { signal });
      statusCount += 1;
      if (response.status === 200) answeredCount += 1;
      else refusedCount += 1;
      await response.arrayBuffer();
    } catch {
      // It hung up, or the gateway was killed under it.
    }
  };
  try {
    const token = await bed.key('--budget-usd', String(options.budgetUsd));
    for (let burst = 0; burst < options.burstCount; burst += 1) {
      const gateways = await Promise.all([bed.serve('--port', '0'), bed.serve('--port', '0')]);
      const calls = Array.from({ length: options.callCount }, async (_none, index) => {
        const gateway = gateways[index % 2];
        if (gateway !== undefined) await one(gateway, index, token);
      });
      const before = statusCount;
      const enough = before + (options.callCount * (burst + 1)) / (options.burstCount + 1);
      const hasEnough = (): boolean => statusCount >= enough;
      for (let turn = 0; turn < 400 && !hasEnough(); turn += 1) await sleep(10);
      statusesPerBurst.push(statusCount - before);
      for (const { child } of gateways) child.kill('SIGKILL');
      await Promise.all([...calls, ...gateways.map(async ({ ended }) => ended)]);
    }
    const last = await bed.serve('--port', '0');
    for (let round = 0; round < 40; round += 1) {
      const before = answeredCount;
      await Promise.all(Array.from({ length: 8 }, async (_none, index) => one(last, index + 1, token)));
      if (answeredCount === before) break;
    }
    last.child.kill('SIGTERM');
    await last.ended;
    const billedUsd = vendor.billedUsd();
    const overUsd = Math.max(0, billedUsd - options.budgetUsd);
    return {
      overrunRatio: overUsd / vendor.dearestUsd(),
      billedUsd,
      budgetUsd: options.budgetUsd,
      answeredCount,
      refusedCount,
      statusesPerBurst,
    };
  } finally {
    bed.close();
    await vendor.close();
  }
}
