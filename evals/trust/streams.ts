import { setTimeout as sleep } from 'node:timers/promises';
import { ask, openTestBed, openVendor } from './test-bed.ts';

/** Valid first calls, all at once at a gateway that has just started, that were not let in. */
export async function falseRefusals(callCount: number): Promise<number> {
  const vendor = await openVendor({ tokensPerCall: 1, pauseMs: 1, reportsUsage: () => true });
  const bed = openTestBed(vendor.url);
  try {
    const token = await bed.key();
    const { url } = await bed.serve('--port', '0');
    const statuses = await Promise.all(
      Array.from({ length: callCount }, async () => {
        const response = await ask(url, token);
        await response.arrayBuffer();
        return response.status;
      }),
    );
    return statuses.filter((status) => status !== 200).length;
  } finally {
    bed.close();
    await vendor.close();
  }
}

/** Streams under way when the gateway is told to stop that did not come to their end, inside the limit. */
export async function cutStreams(streamCount: number): Promise<number> {
  const vendor = await openVendor({ tokensPerCall: 1500, pauseMs: 60, reportsUsage: () => true });
  const bed = openTestBed(vendor.url);
  try {
    const token = await bed.key();
    const { url, child, ended } = await bed.serve('--port', '0', '--drain-minutes', '1');
    const streams = await Promise.all(Array.from({ length: streamCount }, async () => ask(url, token)));
    await sleep(100);
    child.kill('SIGTERM');
    const texts = await Promise.all(streams.map(async (stream) => stream.text().catch(() => '')));
    await ended;
    return texts.filter((text) => !text.includes('[DONE]')).length;
  } finally {
    bed.close();
    await vendor.close();
  }
}

export interface StormRun {
  readonly lostRatio: number;
  readonly taskCount: number;
}

const TRIES = 8;

/** Tasks of clients that retry as the official ones do, through a vendor half of whose answers are faults. */
export async function lostTasks(options: {
  readonly taskCount: number;
  readonly faultRatio: number;
}): Promise<StormRun> {
  const faults = [500, 503, 529, 502, 429, 'reset'] as const;
  const vendor = await openVendor({
    tokensPerCall: 20,
    pauseMs: 2,
    reportsUsage: () => true,
    // A fixed mixture, so that a run can be repeated: a multiplicative hash of the call's number.
    faultOf: (call) =>
      ((call * 2_654_435_761) % 4_294_967_296) / 4_294_967_296 < options.faultRatio
        ? faults[call % faults.length]
        : undefined,
  });
  const bed = openTestBed(vendor.url);
  try {
    const token = await bed.key();
    const { url } = await bed.serve('--port', '0');
    let next = 0;
    let lostCount = 0;
    const client = async (): Promise<void> => {
      while (next < options.taskCount) {
        next += 1;
        if (!(await isDone(url, token))) lostCount += 1;
      }
    };
    await Promise.all(Array.from({ length: 24 }, client));
    return { lostRatio: lostCount / options.taskCount, taskCount: options.taskCount };
  } finally {
    bed.close();
    await vendor.close();
  }
}

/** One task: tried again after what the answer says, or a pause that doubles. */
async function isDone(url: string, token: string): Promise<boolean> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const response = await ask(url, token).catch(() => undefined);
    const text = await response?.text().catch(() => '');
    if (response?.status === 200 && text?.includes('[DONE]') === true) return true;
    if (response?.headers.get('x-should-retry') === 'false') return false;
    const askedMs = Number(response?.headers.get('retry-after-ms') ?? Number.NaN);
    await sleep(Number.isFinite(askedMs) ? Math.min(askedMs, 8000) : Math.min(8000, 500 * 2 ** attempt));
  }
  return false;
}
