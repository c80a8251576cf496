import { readFileSync, readdirSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A closed loop of requests over kept-alive connections. */
export interface LoadOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly connections: number;
  readonly seconds: number;
  readonly maxRequests?: number;
  /** An even rate instead of as fast as it goes. */
  readonly perSecond?: number;
  /** Requests that share a session before the next one begins; the first of them is decided and recorded as a step. */
  readonly callsPerSession: number;
}

export interface LoadResult {
  readonly requestCount: number;
  readonly failureCount: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Time to the first byte of the body. */
  readonly firstByteP50Ms: number;
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const url = new URL(options.url);
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const totals: number[] = [];
  const firsts: number[] = [];
  let failures = 0;
  let started = 0;
  const begin = performance.now();
  const end = begin + options.seconds * 1000;
  const limit = options.maxRequests ?? Number.POSITIVE_INFINITY;
  await Promise.all(
    Array.from({ length: options.connections }, async () => {
      while (performance.now() < end && started < limit) {
        const turn = started++;
        if (options.perSecond !== undefined) {
          const wait = begin + (turn / options.perSecond) * 1000 - performance.now();
          if (wait > 1) await sleep(wait);
        }
        const one = await sendOne(url, agent, options);
        if (one === undefined) failures++;
        else {
          totals.push(one.totalMs);
          firsts.push(one.firstByteMs);
        }
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  agent.destroy();
  return {
    requestCount: totals.length,
    failureCount: failures,
    perSecond: totals.length / seconds,
    p50Ms: quantile(totals, 0.5),
    p99Ms: quantile(totals, 0.99),
    firstByteP50Ms: quantile(firsts, 0.5),
  };
}

interface Timing {
  readonly totalMs: number;
  readonly firstByteMs: number;
}

const boot = Date.now().toString(36);
let callCount = 0;

function sessionName(callsPerSession: number): string {
  return `bench-${boot}-${callsPerSession}-${Math.floor(callCount++ / callsPerSession)}`;
}

async function sendOne(url: URL, agent: Agent, options: LoadOptions): Promise<Timing | undefined> {
  return new Promise((resolve) => {
    const begin = performance.now();
    let firstByteMs = 0;
    const request = send(
      {
        hostname: url.hostname,
        port: url.port,
        path: url.pathname,
        method: 'POST',
        agent,
        headers: {
          ...options.headers,
          'x-session-id': sessionName(options.callsPerSession),
          'content-type': 'application/json',
          'content-length': options.body.length,
        },
      },
      (response) => {
        response.on('data', () => {
          if (firstByteMs === 0) firstByteMs = performance.now() - begin;
        });
        response.on('end', () => {
          resolve(response.statusCode === 200 ? { totalMs: performance.now() - begin, firstByteMs } : undefined);
        });
        response.on('error', () => resolve(undefined));
      },
    );
    request.on('error', () => resolve(undefined));
    request.end(options.body);
  });
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const TICKS_PER_SECOND = 100;

/** CPU seconds of a process, its threads included: to the nanosecond where the kernel tells that, else to the tick. Linux only. */
export function cpuSeconds(pid: number): number {
  try {
    const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, ns) => sum + ns, 0) / 1e9;
  } catch {
    return cpuTicks(pid) / TICKS_PER_SECOND;
  }
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

export function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** False where a process cannot be looked at from outside. */
export function canMeasureProcesses(): boolean {
  try {
    return readdirSync('/proc/self').length > 0;
  } catch {
    return false;
  }
}

const SENTENCE = 'The quick brown fox jumps over the lazy dog while the agent edits src/index.ts and runs the tests. ';

/** About 150 bytes, or about 56 kB like the middle of a coding session: system prompt, 12 tools, 31 messages. */
export function benchBody(
  wire: 'openai-chat' | 'anthropic-messages',
  size: 'small' | 'agent',
  options: { readonly model: string; readonly stream: boolean },
): Buffer {
  const isAgent = size === 'agent';
  const system = isAgent ? SENTENCE.repeat(120) : 'You are a helpful assistant.';
  const messages = Array.from({ length: isAgent ? 30 : 0 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `turn ${index} ${SENTENCE.repeat(12)}`,
  }));
  messages.push({ role: 'user', content: 'Say hello.' });
  const schema = {
    type: 'object',
    properties: { path: { type: 'string', description: SENTENCE }, n: { type: 'integer' } },
    required: ['path'],
  };
  const names = Array.from({ length: isAgent ? 12 : 0 }, (_, index) => `tool_${index}`);
  const base = { model: options.model, stream: options.stream, max_tokens: 256 };
  const body =
    wire === 'anthropic-messages'
      ? {
          ...base,
          system: isAgent ? [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }] : system,
          messages,
          ...(isAgent
            ? { tools: names.map((name) => ({ name, description: SENTENCE.repeat(3), input_schema: schema })) }
            : {}),
        }
      : {
          ...base,
          messages: [{ role: 'system', content: system }, ...messages],
          ...(options.stream ? { stream_options: { include_usage: true } } : {}),
          ...(isAgent
            ? {
                tools: names.map((name) => ({
                  type: 'function',
                  function: { name, description: SENTENCE.repeat(3), parameters: schema },
                })),
              }
            : {}),
        };
  return Buffer.from(JSON.stringify(body));
}
