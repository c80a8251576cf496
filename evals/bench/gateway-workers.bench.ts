import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { benchBody, canMeasureProcesses, cpuSeconds, rssMb, runLoad } from './gateway-load.ts';
import { startService, stopServices, type Service } from './gateway-service.ts';
import { CALLS_PER_STEP, figure } from './measure-gateway.ts';
import { familyOf, startServe, sum } from './serve-process.ts';

const SECONDS = Number(process.env['POINTSMAN_BENCH_SECONDS'] ?? 3);
const ROUNDS = 3;
const WARM_UP_CALLS = 2000;

/**
 * What a call costs where several workers share the work, beside one process: calls per second of CPU, all processes counted, with one call
 * in eight decided. Rounds take turns, so that what else the machine does meets both.
 */
export async function run(): Promise<Figures> {
  if (!canMeasureProcesses()) return {};
  const upstream = await startService('gateway-upstream.ts');
  const [one, two] = [await startServe(upstream.url, 1), await startServe(upstream.url, 2)];
  try {
    const costs: { readonly one: number[]; readonly two: number[] } = { one: [], two: [] };
    let n = 0;
    // Each process compiles what it runs often for itself: as many calls for each of them.
    await callsPerCpuSecond(one, WARM_UP_CALLS);
    await callsPerCpuSecond(two, 2 * WARM_UP_CALLS);
    for (let round = 0; round < ROUNDS; round += 1) {
      costs.one.push((await callsPerCpuSecond(one)).perCpuSecond);
      const { perCpuSecond, requestCount } = await callsPerCpuSecond(two);
      costs.two.push(perCpuSecond);
      n += requestCount;
    }
    const [alone, shared] = [median(costs.one), median(costs.two)];
    const figures: Record<string, Figure> = {
      'gateway.workers.calls_per_cpu_s': figure(shared, '1/s', alone, n),
      'gateway.workers.efficiency.ratio': figure(shared / alone, '', undefined, n),
      'gateway.workers.rss.mb': figure(sum(familyOf(two).map(rssMb)), 'MB', sum(familyOf(one).map(rssMb)), n),
    };
    return figures;
  } finally {
    stopServices(one, two, upstream);
    await Promise.all([one, two].map(async ({ child }) => (child.exitCode === null ? once(child, 'exit') : undefined)));
  }
}

async function callsPerCpuSecond(
  service: Service,
  maxRequests?: number,
): Promise<{ readonly perCpuSecond: number; readonly requestCount: number }> {
  const before = sum(familyOf(service).map(cpuSeconds));
  const result = await runLoad({
    url: `${service.url}/v1/messages`,
    headers: {},
    body: benchBody('anthropic-messages', 'small', { model: 'auto', stream: false }),
    connections: 32,
    seconds: maxRequests === undefined ? SECONDS : 600,
    ...(maxRequests === undefined ? {} : { maxRequests }),
    callsPerSession: CALLS_PER_STEP,
  });
  if (result.failureCount > 0) throw new Error(`${result.failureCount} requests failed`);
  // Records are written behind the answers: their cost belongs to the calls.
  await setTimeout(300);
  const { requestCount } = result;
  return { perCpuSecond: requestCount / (sum(familyOf(service).map(cpuSeconds)) - before), requestCount };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
