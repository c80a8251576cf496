import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
const MODEL = 'bed/m';
/** US dollars per million tokens. */
const PRICE = { input: 1, output: 10 } as const;

/** A vendor that counts what it really bills, whoever reads it. */
export interface Vendor {
  readonly url: string;
  billedUsd(): number;
  /** Calls that it answered whole. */
  answeredCount(): number;
  /** The most that one call has billed. */
  dearestUsd(): number;
  close(): Promise<void>;
}

export interface VendorOptions {
  readonly tokensPerCall: number;
  /** Pause between two hundred tokens. */
  readonly pauseMs: number;
  readonly reportsUsage: (call: number) => boolean;
  /** Answers with an error instead, or breaks off before it answers; `undefined`: it does neither. */
  readonly faultOf?: (call: number) => number | 'reset' | undefined;
}

export async function openVendor(options: VendorOptions): Promise<Vendor> {
  let [billed, dearest, calls, answered] = [0, 0, 0, 0];
  const event = (data: object): string => `data: ${JSON.stringify({ id: 'c', model: 'm', ...data })}\n\n`;
  const server = createServer((request, response) => {
    const call = calls++;
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      const fault = options.faultOf?.(call);
      if (fault === 'reset') {
        request.socket.destroy();
        return;
      }
      if (fault !== undefined) {
        response.writeHead(fault, { 'content-type': 'application/json' }).end('{"error":{"message":"faulty"}}');
        return;
      }
      let said = 0;
      const own = (): number => ((bytes / 4) * PRICE.input + said * PRICE.output) / 1e6;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => {
        const before = own();
        for (let index = 0; index < 100 && said < options.tokensPerCall; index += 1) {
          said += 1;
          response.write(event({ choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }] }));
        }
        billed += own() - (said <= 100 ? 0 : before);
        dearest = Math.max(dearest, own());
        if (said < options.tokensPerCall) return;
        clearInterval(timer);
        response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
        const usage = { prompt_tokens: Math.ceil(bytes / 4), completion_tokens: said, total_tokens: said };
        if (options.reportsUsage(call)) response.write(event({ choices: [], usage }));
        answered += 1;
        response.end('data: [DONE]\n\n');
      }, options.pauseMs);
      response.on('close', () => clearInterval(timer));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    billedUsd: () => billed,
    answeredCount: () => answered,
    dearestUsd: () => dearest,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** A `pointsman serve` of its own. */
export interface Served {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves with the exit code when it has ended. */
  readonly ended: Promise<number | null>;
  /** What it has logged so far. */
  logged(): string;
}

/** A folder with a configuration over one vendor, in which gateways and keys live. */
export interface TestBed {
  /** Where gateways and keys keep what they keep. */
  readonly store: string;
  serve(...more: readonly string[]): Promise<Served>;
  key(...options: readonly string[]): Promise<string>;
  /** `before`: between the end of its processes and that of its folder. */
  close(before?: () => void): void;
}

export function openTestBed(vendorUrl: string): TestBed {
  const dir = mkdtempSync(path.join(tmpdir(), 'pointsman-bed-'));
  const config = path.join(dir, 'bed.yaml');
  writeFileSync(
    config,
    `endpoints:
  bed: { baseUrl: "${vendorUrl}/v1", apiKeyName: BED_KEY }
models:
  - { id: ${MODEL}, endpoint: bed, wireModel: m, usdPerMTok: { input: ${PRICE.input}, output: ${PRICE.output} }, contextTokens: 131072, toolCalling: true, abilityIndex: 35 }
`,
  );
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    POINTSMAN_STORE: path.join(dir, 'store'),
    BED_KEY: 'bed-key-of-nobody',
  };
  const children = new Set<ChildProcess>();
  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  };
  return {
    store: env.POINTSMAN_STORE,
    async serve(...more) {
      const child = start(['serve', '--config', config, '--policy', 'balanced', ...more]);
      const ended = new Promise<number | null>((resolve) => {
        child.once('exit', resolve);
      });
      let log = '';
      child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
      const url = await said(child, /gateway on (http:\S+)/u);
      return { url, child, ended, logged: () => log };
    },
    key: async (...options) => said(start(['keys', 'add', 'one', ...options]), /(pm-\S+)/u),
    close: (before) => {
      for (const child of children) child.kill('SIGKILL');
      before?.();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The first match in what a process prints. */
async function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`ended before it said ${String(pattern)}: ${text}`)));
  });
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly maxTokens?: number;
  readonly model?: string;
  readonly session?: string;
}

export async function ask(url: string, token: string, more: AskOptions = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-pointsman-session': more.session ?? 's',
    },
    body: JSON.stringify({
      model: more.model ?? MODEL,
      stream: true,
      max_tokens: more.maxTokens ?? 2000,
      messages: [{ role: 'user', content: 'Go on.' }],
    }),
    ...(more.signal === undefined ? {} : { signal: more.signal }),
  });
}
