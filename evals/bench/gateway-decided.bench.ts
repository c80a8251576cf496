import type { Figure, Figures } from '../../src/domain/figure.ts';
import { startService, stopServices } from './gateway-service.ts';
import { CALLS_PER_STEP, figure, measured } from './measure-gateway.ts';

/** Keys of one vendor, of two, of all. */
const POOLS = ['8', '19', '71'] as const;

/**
 * What deciding costs over the catalogue as `serve` opens it, mostly translated: each call starts a session and is decided, or one
 * in eight, beside the bare proxy; and how much more it costs among all models than among those of one vendor.
 */
export async function run(): Promise<Figures> {
  const upstream = await startService('gateway-upstream.ts');
  const floor = await startService('gateway-floor.ts', upstream.url);
  const figures: Record<string, Figure> = {};
  const options = { stream: false, connections: 32, callsPerSession: 1 };
  try {
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
  } finally {
    stopServices(floor, upstream);
  }
  const [one, all] = [figures['gateway.decided.8.cpu.ms'], figures['gateway.decided.71.cpu.ms']];
  if (one === undefined || all === undefined) return figures;
  return { ...figures, 'gateway.decided.growth.ms': figure(all.value, 'ms', one.value, all.n ?? 0) };
}
