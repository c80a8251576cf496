import type { Figure, Figures } from '../../src/domain/figure.ts';
import { canMeasureProcesses, rssMb } from './gateway-load.ts';
import { startService, stopServices, type Service } from './gateway-service.ts';
import { BENCH_WIRE, figure, load, measured } from './measure-gateway.ts';

const RSS_REQUESTS = Number(process.env['POINTSMAN_BENCH_RSS_REQUESTS'] ?? 30_000);

/**
 * The gateway against the least that a Node proxy can do, in one run on one machine: an instant upstream, both proxies and
 * the load client share the processors, so compare with `against` rather than in absolute terms.
 */
export async function run(): Promise<Figures> {
  const upstream = await startService('gateway-upstream.ts');
  const floor = await startService('gateway-floor.ts', upstream.url);
  const gateway = await startService('gateway-server.ts', upstream.url, BENCH_WIRE);
  try {
    return await measure(upstream, floor, gateway);
  } finally {
    stopServices(gateway, floor, upstream);
  }
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

async function both<Result>(
  services: { readonly floor: Service; readonly gateway: Service },
  act: (service: Service) => Promise<Result>,
): Promise<{ readonly floor: Result; readonly gateway: Result }> {
  return { floor: await act(services.floor), gateway: await act(services.gateway) };
}

function memoryOf({ child }: Service): number {
  return canMeasureProcesses() && child.pid !== undefined ? rssMb(child.pid) : Number.NaN;
}
