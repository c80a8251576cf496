import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figures } from '../../src/domain/figure.ts';
import { canMeasureProcesses, cpuSeconds, quantile } from './gateway-load.ts';
import { startService, stopServices, type Service } from './gateway-service.ts';
import { growingTranscript, type GrowingTranscript } from './growing-transcript.ts';

const SMALL_BYTES = 165_000;
const LARGE_BYTES = 1_150_000;
const CALLS = Number(process.env['POINTSMAN_BENCH_CALLS'] ?? 100);
const WARM_UP = 15;
const ROUNDS = 5;
/** By name the wire stays the caller's own; the translated call goes from Messages to Chat. */
const CASES = { name: 'claude-sonnet-5', translated: 'glm-5.3' } as const;

/** A case of its own session, whose bodies go on growing. */
interface Course {
  readonly service: Service;
  readonly agent: Agent;
  readonly session: string;
  readonly transcript: GrowingTranscript;
  /** CPU of the whole process per call in each round, in milliseconds, threads included. */
  readonly roundMs: number[];
}

/**
 * Sessions whose transcripts grow by a tool call and its result with each call, beside a proxy that parses and writes each body
 * whole: what a call costs at 1.15 MB, and how much more that is than at 165 kB. All take turns in short rounds and the median of
 * the rounds counts, so that a slow minute of the machine falls on all of them alike.
 */
export async function run(): Promise<Figures> {
  if (!canMeasureProcesses()) return {};
  const upstream = await startService('gateway-upstream.ts');
  const floor = await startService('gateway-floor.ts', upstream.url);
  const gateway = await startService('gateway-server.ts', upstream.url, 'own', '71');
  const least = courseOf(floor, CASES.name, LARGE_BYTES);
  const cases = Object.entries(CASES).map(([name, model]) => ({
    name,
    small: courseOf(gateway, model, SMALL_BYTES),
    large: courseOf(gateway, model, LARGE_BYTES),
  }));
  const courses = [least, ...cases.flatMap(({ small, large }) => [small, large])];
  try {
    for (const course of courses) await callsOf(course, WARM_UP);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const course of courses) course.roundMs.push(await cpuOfCalls(course, Math.ceil(CALLS / ROUNDS)));
    }
    const about = { n: CALLS, label: 'measured' } as const;
    const figures = cases.map(({ name, small, large }): Figures => {
      const value = medianMs(large);
      return {
        [`gateway.transcript.${name}.cpu.ms`]: { value, unit: 'ms', against: medianMs(least), ...about },
        [`gateway.transcript.${name}.growth.ratio`]: { value: value / medianMs(small), unit: 'ratio', ...about },
      };
    });
    return Object.assign({}, ...figures) as Figures;
  } finally {
    for (const { agent } of courses) agent.destroy();
    stopServices(gateway, floor, upstream);
  }
}

function courseOf(service: Service, model: string, bytes: number): Course {
  const session = `bench-${model}-${bytes}-${service.url.replace(/\D+/gu, '')}`;
  const transcript = growingTranscript(model, bytes);
  return { service, agent: new Agent({ keepAlive: true }), session, transcript, roundMs: [] };
}

function medianMs({ roundMs }: Course): number {
  return quantile(roundMs, 0.5);
}

async function cpuOfCalls(course: Course, calls: number): Promise<number> {
  const { pid = 0 } = course.service.child;
  const before = cpuSeconds(pid);
  await callsOf(course, calls);
  return ((cpuSeconds(pid) - before) / calls) * 1000;
}

async function callsOf(course: Course, calls: number): Promise<void> {
  for (let index = 0; index < calls; index += 1) await call(course);
  // What is done behind the answers belongs to the calls.
  await sleep(300);
}

async function call({ service, agent, session, transcript }: Course): Promise<void> {
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
