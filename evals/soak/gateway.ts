import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { benchBody, cpuSeconds, rssMb, runLoad } from '../bench/gateway-load.ts';
import { startService, stopServices } from '../bench/gateway-service.ts';

/**
 * A steady load for a long time: `node evals/soak/gateway.ts --seconds 600 --rate 500 --idle 10000`. Fails when the last
 * window's p99 or memory is more than a tenth above the first one's, or when any request failed.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    rate: { type: 'string', default: '500' },
    /** Connections that are opened and left alone meanwhile. */
    idle: { type: 'string', default: '0' },
    windows: { type: 'string', default: '10' },
    /** Keys of one vendor (8 models), of two (19) or of all (71), each on its own wire. Absent: eight on the caller's. */
    pool: { type: 'string' },
    /** The first of so many is decided; 1: each is. */
    'calls-per-session': { type: 'string', default: '8' },
  },
});
const windows = Number(values.windows);
const secondsPerWindow = Number(values.seconds) / windows;
const CONNECTIONS = 16;
const TOLERANCE = 1.1;

const upstream = await startService('gateway-upstream.ts');
const gateway = await startService(
  'gateway-server.ts',
  upstream.url,
  ...(values.pool === undefined ? ['openai-chat'] : ['own', values.pool]),
);
const idle = await openIdle(gateway.url, Number(values.idle));
const body = benchBody('openai-chat', 'small', { model: 'auto', stream: true });
const load = {
  url: `${gateway.url}/v1/chat/completions`,
  headers: {},
  body,
  connections: CONNECTIONS,
  callsPerSession: Number(values['calls-per-session']),
};
await runLoad({ ...load, seconds: 3 });

interface Window {
  readonly p99Ms: number;
  readonly rssMb: number;
  readonly failureCount: number;
}

const seen: Window[] = [];
for (let index = 0; index < windows; index++) {
  const pid = gateway.child.pid ?? 0;
  const cpu = cpuSeconds(pid);
  const result = await runLoad({ ...load, seconds: secondsPerWindow, perSecond: Number(values.rate) });
  const window = { p99Ms: result.p99Ms, rssMb: rssMb(pid), failureCount: result.failureCount };
  seen.push(window);
  process.stdout.write(
    `${index + 1}/${windows}  ${result.perSecond.toFixed(0)}/s  p50 ${result.p50Ms.toFixed(2)} ms  p99 ${window.p99Ms.toFixed(1)} ms  RSS ${window.rssMb.toFixed(0)} MB  CPU ${(((cpuSeconds(pid) - cpu) / result.requestCount) * 1000).toFixed(3)} ms  failed ${window.failureCount}  idle ${idle.filter((socket) => !socket.destroyed).length}\n`,
  );
}
for (const socket of idle) socket.destroy();
stopServices(gateway, upstream);

const [first, last] = [seen[0], seen.at(-1)];
const failures = seen.reduce((sum, window) => sum + window.failureCount, 0);
const isSteady =
  first !== undefined &&
  last !== undefined &&
  failures === 0 &&
  last.p99Ms <= first.p99Ms * TOLERANCE &&
  last.rssMb <= first.rssMb * TOLERANCE;
process.stdout.write(isSteady ? 'steady\n' : `not steady: ${failures} failed, see the first and the last line\n`);
process.exitCode = isSteady ? 0 : 1;

async function openIdle(url: string, count: number): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index++) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    sockets.push(socket);
    if (index % 200 === 199) await once(socket, 'connect');
  }
  return sockets;
}
