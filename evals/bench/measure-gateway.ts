import type { Figure } from '../../src/domain/figure.ts';
import { benchBody, canMeasureProcesses, cpuSeconds, runLoad, type LoadResult } from './gateway-load.ts';
import type { Service } from './gateway-service.ts';

/** Seconds per measured case; `POINTSMAN_BENCH_SECONDS` makes it longer on a quiet machine. */
const SECONDS = Number(process.env['POINTSMAN_BENCH_SECONDS'] ?? 3);
export const BENCH_WIRE = 'openai-chat';
const CALL_PATH = '/v1/chat/completions';
/** Agent sessions make about this many calls per step; one of them is decided. */
export const CALLS_PER_STEP = 8;

interface LoadCase {
  readonly stream: boolean;
  readonly connections: number;
  readonly requests?: number;
  readonly callsPerSession?: number;
}

/** @throws Error where a request fails */
export async function load(service: Service, size: 'small' | 'agent', options: LoadCase): Promise<LoadResult> {
  const result = await runLoad({
    url: service.url + CALL_PATH,
    headers: {},
    body: benchBody(BENCH_WIRE, size, { model: 'auto', stream: options.stream }),
    connections: options.connections,
    seconds: options.requests === undefined ? SECONDS : 600,
    callsPerSession: options.callsPerSession ?? CALLS_PER_STEP,
    ...(options.requests === undefined ? {} : { maxRequests: options.requests }),
  });
  if (result.failureCount > 0) throw new Error(`${result.failureCount} requests failed`);
  return result;
}

interface Measured {
  readonly result: LoadResult;
  /** CPU of the whole process per request, threads included. */
  readonly cpuMs: number;
}

/** After a warm-up. */
export async function measured(service: Service, size: 'small' | 'agent', options: LoadCase): Promise<Measured> {
  await load(service, size, { ...options, requests: 500 });
  const before = cpuOf(service);
  const result = await load(service, size, options);
  // Records are written behind the answers: their cost belongs to the calls.
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  return { result, cpuMs: ((cpuOf(service) - before) / result.requestCount) * 1000 };
}

export function figure(value: number, unit: string, against: number | undefined, n: number): Figure {
  return { value, unit, n, label: 'measured', ...(against === undefined ? {} : { against }) };
}

function cpuOf({ child }: Service): number {
  return canMeasureProcesses() && child.pid !== undefined ? cpuSeconds(child.pid) : Number.NaN;
}
