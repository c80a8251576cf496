import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, openTestBed, openVendor, type AskOptions } from './test-bed.ts';

/** What a storm of faults costs whoever runs the gateway. */
export interface StormCost {
  /** Kilobytes on the disk for each call that got no answer. */
  readonly kilobytesPerRefused: number;
  readonly refusedCount: number;
  /** Resident memory at the end, as a share of what it was at a third of the way. */
  readonly memoryRatio: number;
  /** Calls that reached the vendor, after it was well again, until one was answered. */
  readonly probesToRecovery: number;
  /** Calls after that one that were not answered. */
  readonly refusedAfterRecovery: number;
}

const FAULTS = [500, 503, 529, 502, 429, 'reset'] as const;
const CALLERS = 24;
const AFTER_COUNT = 100;

/**
 * Clients that do not wait, each call of another session, at a gateway whose only vendor is down; in turn named models and
 * `auto`, and at the end an access key without money. Then the vendor is well again.
 */
export async function costOfStorm(options: { readonly callCount: number }): Promise<StormCost> {
  let [isDown, seenCount] = [false, 0];
  const vendor = await openVendor({
    tokensPerCall: 5,
    pauseMs: 1,
    reportsUsage: () => true,
    faultOf: (call) => {
      seenCount += 1;
      return isDown ? FAULTS[call % FAULTS.length] : undefined;
    },
  });
  const bed = openTestBed(vendor.url);
  try {
    const token = await bed.key();
    const poor = await bed.key('--budget-usd', '0.0000001');
    const first = await bed.serve('--port', '0');
    await (await ask(first.url, token)).text();
    first.child.kill('SIGTERM');
    await first.ended;
    const before = bytesIn(bed.store);
    const { url, child, ended } = await bed.serve('--port', '0');
    isDown = true;
    let refusedCount = 0;
    const memory: number[] = [];
    const refuse = async (share: number, by: string, more: AskOptions): Promise<void> => {
      const from = refusedCount;
      let next = 0;
      const caller = async (): Promise<void> => {
        while (next < options.callCount * share) {
          next += 1;
          const response = await ask(url, by, { ...more, session: `storm-${from + next}` });
          await response.arrayBuffer();
          if (response.status !== 200) refusedCount += 1;
        }
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
      memory.push(residentKb(child.pid ?? 0));
    };
    await refuse(1 / 3, token, {});
    await refuse(1 / 3, token, { model: 'auto' });
    await refuse(1 / 3, poor, {});

    isDown = false;
    seenCount = 0;
    const wasAnswered = await recover(url, token);
    const probesToRecovery = wasAnswered ? seenCount : Infinity;
    const refusedAfterRecovery = await refusedOf(url, token);
    child.kill('SIGTERM');
    await ended;
    return {
      kilobytesPerRefused: (bytesIn(bed.store) - before) / 1000 / refusedCount,
      refusedCount,
      memoryRatio: (memory.at(-1) ?? 0) / (memory[0] ?? 1),
      probesToRecovery,
      refusedAfterRecovery,
    };
  } finally {
    bed.close();
    await vendor.close();
  }
}

/** Asks, a twentieth of a second apart, until a call is answered. */
async function recover(url: string, token: string): Promise<boolean> {
  for (let turn = 0; turn < 200; turn += 1) {
    const response = await ask(url, token, { session: `well-${turn}` });
    await response.arrayBuffer();
    if (response.status === 200) return true;
    await sleep(50);
  }
  return false;
}

async function refusedOf(url: string, token: string): Promise<number> {
  const statuses = await Promise.all(
    Array.from({ length: AFTER_COUNT }, async () => {
      const response = await ask(url, token, { session: 'after' });
      await response.arrayBuffer();
      return response.status;
    }),
  );
  return statuses.filter((status) => status !== 200).length;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true })
    .map((name) => statSync(path.join(folder, String(name))))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
