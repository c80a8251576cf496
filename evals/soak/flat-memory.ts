import { parseArgs } from 'node:util';
import { benchBody, cpuSeconds, rssMb, runLoad } from '../bench/gateway-load.ts';
import { startService, stopServices } from '../bench/gateway-service.ts';

/**
 * Whether memory stays flat: `node evals/soak/flat-memory.ts --requests 100000` sends that many as fast as it goes, in ten
 * parts, one decision and one new session per eight calls, to the gateway and then to the bare proxy. Fails when a request
 * failed, when the gateway ends above 200 MB, or more than a tenth above where it was half-way.
 */
const { values } = parseArgs({ options: { requests: { type: 'string', default: '100000' } } });
const PARTS = 10;
const LIMIT_MB = 200;
const TOLERANCE = 1.1;

interface Part {
  readonly rssMb: number;
  readonly failureCount: number;
}

const upstream = await startService('gateway-upstream.ts');
const gateway = await startService('gateway-server.ts', upstream.url, 'openai-chat');
const floor = await startService('gateway-floor.ts', upstream.url);
const seen = await parts('gateway', gateway);
await parts('floor', floor);
stopServices(gateway, floor, upstream);

const [middle, last] = [seen[PARTS / 2 - 1], seen.at(-1)];
const failures = seen.reduce((sum, part) => sum + part.failureCount, 0);
const isFlat =
  middle !== undefined &&
  last !== undefined &&
  failures === 0 &&
  last.rssMb <= LIMIT_MB &&
  last.rssMb <= middle.rssMb * TOLERANCE;
process.stdout.write(isFlat ? 'flat\n' : `not flat, or above ${LIMIT_MB} MB, or ${failures} failed\n`);
process.exitCode = isFlat ? 0 : 1;

async function parts(name: string, service: Awaited<ReturnType<typeof startService>>): Promise<readonly Part[]> {
  const measured: Part[] = [];
  const pid = service.child.pid ?? 0;
  for (let index = 0; index < PARTS; index++) {
    const cpu = cpuSeconds(pid);
    const result = await runLoad({
      url: `${service.url}/v1/chat/completions`,
      headers: {},
      body: benchBody('openai-chat', 'small', { model: 'auto', stream: false }),
      connections: 32,
      seconds: 3600,
      maxRequests: Number(values.requests) / PARTS,
      callsPerSession: 8,
    });
    const part = { rssMb: rssMb(pid), failureCount: result.failureCount };
    const cpuMs = ((cpuSeconds(pid) - cpu) / result.requestCount) * 1000;
    measured.push(part);
    process.stdout.write(
      `${name} ${index + 1}/${PARTS}  ${result.perSecond.toFixed(0)}/s  RSS ${part.rssMb.toFixed(0)} MB  CPU ${cpuMs.toFixed(3)} ms  failed ${part.failureCount}\n`,
    );
  }
  return measured;
}
