import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../../src/domain/figure.ts';
import { canMeasureProcesses, quantile, rssMb } from './gateway-load.ts';
import { startService, stopServices } from './gateway-service.ts';
import { growingTranscript } from './growing-transcript.ts';
import { figure } from './measure-gateway.ts';
import { familyOf, startServe, sum } from './serve-process.ts';

const SESSIONS = 100;
const BYTES = 830_000;
/** The first of a session is decided, those after it go on with its step. */
const CALLS = 4;
const LOOK_EVERY_MS = 100;
const REST_MS = 60_000;

/** A hundred long sessions at once through two workers, memory of all processes counted. Bodies are made before. */
export async function run(): Promise<Figures> {
  if (!canMeasureProcesses()) return {};
  const upstream = await startService('gateway-upstream.ts');
  const gateway = await startServe(upstream.url, 2);
  const memoryMb = (): number => sum(familyOf(gateway).map(rssMb));
  let peakMb = memoryMb();
  const timer = setInterval(() => (peakMb = Math.max(peakMb, memoryMb())), LOOK_EVERY_MS);
  try {
    const bodies = Array.from({ length: SESSIONS }, () => {
      const transcript = growingTranscript('auto', BYTES);
      return Array.from({ length: CALLS }, () => transcript.nextBody());
    });
    const begin = performance.now();
    const times = await Promise.all(bodies.map(async (own, index) => callsOf(gateway.url, own, index)));
    const seconds = (performance.now() - begin) / 1000;
    const n = SESSIONS * CALLS;
    await sleep(REST_MS);
    return {
      'gateway.large.rps': figure(n / seconds, '1/s', undefined, n),
      'gateway.large.p50.ms': figure(quantile(times.flat(), 0.5), 'ms', undefined, n),
      'gateway.large.peak.mb': figure(peakMb, 'MB', undefined, n),
      'gateway.large.rested.mb': figure(memoryMb(), 'MB', undefined, n),
    };
  } finally {
    clearInterval(timer);
    stopServices(gateway, upstream);
    if (gateway.child.exitCode === null) await once(gateway.child, 'exit');
  }
}

/** One call after the other; how long each took. */
async function callsOf(url: string, bodies: readonly Buffer[], index: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (const body of bodies) {
    const begin = performance.now();
    const request = send(`${url}/v1/messages`, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': body.length,
        'anthropic-version': '2023-06-01',
        'x-session-id': `bench-large-${index}`,
      },
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    if (response.statusCode !== 200) throw new Error(`A call was answered with ${response.statusCode}`);
    times.push(performance.now() - begin);
  }
  agent.destroy();
  return times;
}
