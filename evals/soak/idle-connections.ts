import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { benchBody, rssMb, runLoad } from '../bench/gateway-load.ts';
import { startService, stopServices } from '../bench/gateway-service.ts';

/**
 * Many connections that say nothing: `node evals/soak/idle-connections.ts --connections 10000 --rounds 6`. Half of them
 * never send a byte, half have had one answer and are kept alive; meanwhile others work. Then all leave at once, and the next
 * round comes. Fails when a connection was refused, a working caller failed, or memory after the last round is more than a
 * tenth above that half-way: the first rounds find out how large the heap must be, a leak would go on. Needs as many open files for itself and for the gateway (`ulimit -n`).
 */
const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '10' },
  },
});
const CONNECTIONS = Number(values.connections);
const ROUNDS = Number(values.rounds);
const AT_ONCE = 200;
const TOLERANCE = 1.1;

const upstream = await startService('gateway-upstream.ts');
const gateway = await startService('gateway-server.ts', upstream.url, 'openai-chat');
const { hostname, port } = new URL(gateway.url);
const pid = gateway.child.pid ?? 0;
const load = {
  url: `${gateway.url}/v1/chat/completions`,
  headers: {},
  body: benchBody('openai-chat', 'small', { model: 'auto', stream: true }),
  connections: 8,
  callsPerSession: 8,
  perSecond: 100,
};
await runLoad({ ...load, seconds: 3 });

let lostCount = 0;
let failureCount = 0;
const afterMb: number[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const sockets = await openAll();
  const result = await runLoad({ ...load, seconds: Number(values.seconds) });
  const open = sockets.filter((socket) => !socket.destroyed).length;
  const heldMb = rssMb(pid);
  for (const socket of sockets) socket.destroy();
  await sleep(2000);
  // Old memory is given back by the next collections, and those come with work.
  failureCount += result.failureCount + (await runLoad({ ...load, seconds: 3 })).failureCount;
  lostCount += CONNECTIONS - open;
  afterMb.push(rssMb(pid));
  process.stdout.write(
    `${round}/${ROUNDS}  open ${open}  RSS ${heldMb.toFixed(0)} MB, ${rssMb(pid).toFixed(0)} MB after  p99 ${result.p99Ms.toFixed(1)} ms  failed ${result.failureCount}\n`,
  );
}
const isAlive = gateway.child.exitCode === null && (await fetch(`${gateway.url}/healthz`)).ok;
stopServices(gateway, upstream);
const [middle = Number.NaN, last = Number.NaN] = [afterMb[Math.floor(ROUNDS / 2) - 1], afterMb.at(-1)];
const isFine = isAlive && lostCount === 0 && failureCount === 0 && last <= middle * TOLERANCE;
process.stdout.write(isFine ? 'held\n' : `not held: ${lostCount} connections lost, ${failureCount} requests failed\n`);
process.exitCode = isFine ? 0 : 1;

async function openAll(): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (let from = 0; from < CONNECTIONS; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, CONNECTIONS - from);
    sockets.push(...(await Promise.all(Array.from({ length: count }, (_, index) => openOne(index % 2 === 0)))));
  }
  return sockets;
}

async function openOne(asksOnce: boolean): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  if (asksOnce && !socket.destroyed) {
    socket.write(`GET /healthz HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  }
  socket.resume();
  return socket;
}
