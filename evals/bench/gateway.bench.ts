import type { Figure, Figures } from '../../src/domain/figure.ts';
import { benchBody, canMeasureProcesses, cpuSeconds, rssMb, runLoad, type LoadResult } from './gateway-load.ts';
import { startService, stopServices, type Service } from './gateway-service.ts';

/** Seconds per measured case; `POINTSMAN_BENCH_SECONDS` makes it longer on a quiet machine. */
const SECONDS = Number(process.env['POINTSMAN_BENCH_SECONDS'] ?? 3);
const RSS_REQUESTS = Number(process.env['POINTSMAN_BENCH_RSS_REQUESTS'] ?? 30_000);
const WIRE = 'openai-chat';
const CALL_PATH = '/v1/chat/completions';
/** Agent sessions make about this many calls per step; one of them is decided. */
const CALLS_PER_STEP = 8;

/**
 * The gateway against the least that a Node proxy can do, in one run on one machine: an instant upstream, both proxies and
 * the load client share the processors, so compare with `against` rather than in absolute terms.
 */
export async function run(): Promise<Figures> {
  const upstream = await startService('gateway-upstream.ts');
  const floor = await startService('gateway-floor.ts', upstream.url);
  const gateway = await startService('gateway-server.ts', upstream.url, WIRE);
  try {
    return { ...(await measure(upstream, floor, gateway)), ...(await decidedOver(upstream, floor)) };
  } finally {
    stopServices(gateway, floor, upstream);
  }
}

/** Keys of one vendor, of two, of all, mostly translated: each call starts a session and is decided, or one in eight. */
const POOLS = ['8', '19', '71'] as const;

async function decidedOver(upstream: Service, floor: Service): Promise<Figures> {
  const figures: Record<string, Figure> = {};
  const options = { stream: false, connections: 32, callsPerSession: 1 };
  const least = await measured(floor, 'small', options);
  for (const pool of POOLS) {
    const gateway = await startService('gateway-server.ts', upstream.url, 'own', pool);
    try {
      const { cpuMs, result } = await measured(gateway, 'small', options);
      figures[`gateway.decided.${pool}.cpu.ms`] = figure(cpuMs, 'ms', least.cpuMs, result.requestCount);
      const eighth = await measured(gateway, 'small', { ...options, callsPerSession: CALLS_PER_STEP });
      const n = eighth.result.requestCount;
      figures[`gateway.eighth.${pool}.cpu.ms`] = figure(eighth.cpuMs, 'ms', least.cpuMs, n);
      figures[`gateway.eighth.${pool}.rps`] = figure(eighth.result.perSecond, '1/s', least.result.perSecond, n);
    } finally {
      stopServices(gateway);
    }
  }
  return figures;
}

async function measure(upstream: Service, floor: Service, gateway: Service): Promise<Figures> {
  const figures: Record<string, Figure> = {};
  const direct = await load(upstream, 'small', { stream: false, connections: 1 });
  const directStream = await load(upstream, 'small', { stream: true, connections: 1 });
  const cases = { floor, gateway };
  const small = await both(cases, async (service) => ({
    one: await load(service, 'small', { stream: false, connections: 1 }),
    many: await measured(service, 'small', { stream: false, connections: 32 }),
  }));
  const n = small.gateway.many.result.requestCount;
  figures['gateway.small.cpu.ms'] = figure(small.gateway.many.cpuMs, 'ms', small.floor.many.cpuMs, n);
  figures['gateway.small.rps'] = figure(
    small.gateway.many.result.perSecond,
    '1/s',
    small.floor.many.result.perSecond,
    n,
  );
  figures['gateway.small.added_p50.ms'] = figure(
    small.gateway.one.p50Ms - direct.p50Ms,
    'ms',
    small.floor.one.p50Ms - direct.p50Ms,
    small.gateway.one.requestCount,
  );
  const decided = await measured(gateway, 'small', { stream: false, connections: 32, callsPerSession: 1 });
  figures['gateway.small.decided.cpu.ms'] = figure(
    decided.cpuMs,
    'ms',
    small.floor.many.cpuMs,
    decided.result.requestCount,
  );
  const stream = await both(cases, async (service) => load(service, 'small', { stream: true, connections: 1 }));
  figures['gateway.sse.added_ttfb.ms'] = figure(
    stream.gateway.firstByteP50Ms - directStream.firstByteP50Ms,
    'ms',
    stream.floor.firstByteP50Ms - directStream.firstByteP50Ms,
    stream.gateway.requestCount,
  );
  const streams = await both(cases, async (service) => measured(service, 'small', { stream: true, connections: 32 }));
  figures['gateway.sse.cpu.ms'] = figure(
    streams.gateway.cpuMs,
    'ms',
    streams.floor.cpuMs,
    streams.gateway.result.requestCount,
  );
  const agent = await both(cases, async (service) => measured(service, 'agent', { stream: false, connections: 32 }));
  figures['gateway.agent.cpu.ms'] = figure(
    agent.gateway.cpuMs,
    'ms',
    agent.floor.cpuMs,
    agent.gateway.result.requestCount,
  );
  const before = memoryOf(gateway);
  await load(gateway, 'small', { stream: false, connections: 32, requests: RSS_REQUESTS });
  figures['gateway.rss.mb'] = figure(memoryOf(gateway), 'MB', memoryOf(floor), RSS_REQUESTS);
  figures['gateway.rss.growth.mb'] = figure(memoryOf(gateway) - before, 'MB', undefined, RSS_REQUESTS);
  return figures;
}

interface LoadCase {
  readonly stream: boolean;
  readonly connections: number;
  readonly requests?: number;
  readonly callsPerSession?: number;
}

async function load(service: Service, size: 'small' | 'agent', options: LoadCase): Promise<LoadResult> {
  const result = await runLoad({
    url: service.url + CALL_PATH,
    headers: {},
    body: benchBody(WIRE, size, { model: 'auto', stream: options.stream }),
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

async function measured(service: Service, size: 'small' | 'agent', options: LoadCase): Promise<Measured> {
  await load(service, size, { ...options, requests: 500 });
  const before = cpuOf(service);
  const result = await load(service, size, options);
  // Records are written behind the answers: their cost belongs to the calls.
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  return { result, cpuMs: ((cpuOf(service) - before) / result.requestCount) * 1000 };
}

async function both<Result>(
  services: { readonly floor: Service; readonly gateway: Service },
  act: (service: Service) => Promise<Result>,
): Promise<{ readonly floor: Result; readonly gateway: Result }> {
  return { floor: await act(services.floor), gateway: await act(services.gateway) };
}

function figure(value: number, unit: string, against: number | undefined, n: number): Figure {
  return { value, unit, n, label: 'measured', ...(against === undefined ? {} : { against }) };
}

function cpuOf({ child }: Service): number {
  return canMeasureProcesses() && child.pid !== undefined ? cpuSeconds(child.pid) : Number.NaN;
}

function memoryOf({ child }: Service): number {
  return canMeasureProcesses() && child.pid !== undefined ? rssMb(child.pid) : Number.NaN;
}
