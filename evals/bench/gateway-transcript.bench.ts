import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { canMeasureProcesses, cpuSeconds } from './gateway-load.ts';
import { startService, stopServices, type Service } from './gateway-service.ts';
import { growingTranscript, type GrowingTranscript } from './growing-transcript.ts';

const SMALL_BYTES = 165_000;
const LARGE_BYTES = 1_150_000;
const CALLS = Number(process.env['POINTSMAN_BENCH_CALLS'] ?? 100);
const WARM_UP = 15;
/** By name the wire stays the caller's own; the translated call goes from Messages to Chat. */
const CASES = { name: 'claude-sonnet-5', translated: 'glm-5.3' } as const;

/**
 * One session whose transcript grows by a tool call and its result with each call, beside a proxy that parses and writes each
 * body whole, in one run: what a call costs at 1.15 MB, and how much more that is than at 165 kB.
 */
export async function run(): Promise<Figures> {
  if (!canMeasureProcesses()) return {};
  const upstream = await startService('gateway-upstream.ts');
  const floor = await startService('gateway-floor.ts', upstream.url);
  const gateway = await startService('gateway-server.ts', upstream.url, 'own', '71');
  try {
    const figures: Record<string, Figure> = {};
    const least = await cpuOfCalls(floor, CASES.name, LARGE_BYTES);
    for (const [name, model] of Object.entries(CASES)) {
      const small = await cpuOfCalls(gateway, model, SMALL_BYTES);
      const large = await cpuOfCalls(gateway, model, LARGE_BYTES);
      const about = { n: CALLS, label: 'measured' } as const;
      figures[`gateway.transcript.${name}.cpu.ms`] = { value: large, unit: 'ms', against: least, ...about };
      figures[`gateway.transcript.${name}.growth.ratio`] = { value: large / small, unit: 'ratio', ...about };
    }
    return figures;
  } finally {
    stopServices(gateway, floor, upstream);
  }
}

/** CPU of the whole process per call, in milliseconds, threads included. */
async function cpuOfCalls(service: Service, model: string, bytes: number): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const transcript = growingTranscript(model, bytes);
  const session = `bench-${model}-${bytes}-${service.url.replace(/\D+/gu, '')}`;
  const { pid = 0 } = service.child;
  let before = 0;
  for (let index = 0; index < WARM_UP + CALLS; index += 1) {
    if (index === WARM_UP) before = cpuSeconds(pid);
    await call(service, agent, session, transcript);
  }
  // What is done behind the answers belongs to the calls.
  await sleep(300);
  agent.destroy();
  return ((cpuSeconds(pid) - before) / CALLS) * 1000;
}

async function call(service: Service, agent: Agent, session: string, transcript: GrowingTranscript): Promise<void> {
  const body = transcript.nextBody();
  const request = send(`${service.url}/v1/messages`, {
    method: 'POST',
    agent,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      'anthropic-version': '2023-06-01',
      'x-session-id': session,
    },
  });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`A call was answered with ${response.statusCode}`);
}
