import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request as send, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const MAIN = path.resolve(import.meta.dirname, '../main.ts');
const METRICS_TOKEN = 'a-token-of-whoever-runs-it';

describe.skipIf(process.platform === 'win32')('serve --workers 2', () => {
  let vendor: Server;
  let gateway: ChildProcess;
  let url = '';
  let token = '';
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-workers-'));
  /** Calls that the vendor has taken and not answered. */
  const held: (() => void)[] = [];
  let holds = false;

  beforeAll(async () => {
    vendor = createServer((request, response) => {
      let byteCount = 0;
      request.on('data', (chunk: Buffer) => {
        byteCount += chunk.length;
      });
      request.on('end', () => {
        const answer = (): void => {
          const content = [{ type: 'text', text: `got ${byteCount}` }];
          const usage = { input_tokens: 100, output_tokens: 5 };
          const body = {
            id: 'm',
            type: 'message',
            role: 'assistant',
            model: 'm',
            content,
            stop_reason: 'end_turn',
            usage,
          };
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        };
        if (holds) held.push(answer);
        else answer();
      });
    }).listen(0, '127.0.0.1');
    await once(vendor, 'listening');
    const added = execFileSync(process.execPath, [MAIN, 'keys', 'add', 'team', '--budget-usd', '5'], {
      cwd: home,
      env: { PATH: process.env['PATH'], HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    token = /pm-\S+/u.exec(added.toString())?.[0] ?? '';
    gateway = spawn(process.execPath, [MAIN, 'serve', '--port', '0', '--workers', '2', '--drain-minutes', '1'], {
      cwd: home,
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        POINTSMAN_ANTHROPIC_API_KEY: 'sk-nobody',
        POINTSMAN_METRICS_TOKEN: METRICS_TOKEN,
        POINTSMAN_ANTHROPIC_BASE_URL: `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    gateway.stdout?.on('data', (text: Buffer) => {
      shown += text.toString();
    });
    url = await vi.waitFor(() => {
      const found = /http:\/\/127[\d.:]+/u.exec(shown)?.[0];
      if (found === undefined) throw new Error(`It does not serve yet: ${shown}`);
      return found;
    });
  });

  afterAll(async () => {
    if (gateway.exitCode === null) {
      gateway.kill('SIGKILL');
      await once(gateway, 'exit');
    }
    vendor.closeAllConnections();
    vendor.close();
    rmSync(home, { recursive: true, force: true });
  });

  const metricsFor = async (bearer: string): Promise<string> =>
    (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${bearer}` } })).text();

  async function call(session: string, charCount: number): Promise<{ readonly status: number; readonly text: string }> {
    const body = JSON.stringify({
      model: 'claude-haiku-4-5',
      max_tokens: 20,
      messages: [{ role: 'user', content: 'x'.repeat(charCount) }],
    });
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'x-session-id': session, 'x-api-key': token };
      // A connection of its own for each, so that each is placed anew.
      const request = send(`${url}/v1/messages`, { method: 'POST', headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  const isListening = async (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });

  const presumedCount = (): unknown => {
    const file =
      readdirSync(home, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('money.db')) ?? '';
    const money = new DatabaseSync(path.join(home, file), { readOnly: true });
    try {
      return money.prepare('select count(distinct id) as n from holds where presumed_nano_usd is not null').get()?.[
        'n'
      ];
    } finally {
      money.close();
    }
  };

  const countIn = (metrics: string, name: string): number =>
    metrics
      .split('\n')
      .filter((line) => line.startsWith(name))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

  const workersOf = (): readonly number[] =>
    readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, 'utf8').trim().split(' ').map(Number);

  test('bodies of any size arrive whole; metrics and whoever watches see the calls of both', async () => {
    const watching = new AbortController();
    const feed = await fetch(`${url}/pointsman/tail`, {
      signal: watching.signal,
      headers: { authorization: `Bearer ${token}` },
    });
    const reader = feed.body?.getReader();
    let seen = '';
    const reading = (async () => {
      for (;;) {
        const part = await reader?.read();
        if (part === undefined || part.done) return;
        seen += Buffer.from(part.value).toString();
      }
    })().catch(() => undefined);
    const sizes = Array.from({ length: 24 }, (_, index) => [10, 5000, 70_000, 600_000][index % 4] ?? 0);
    const answers = await Promise.all(sizes.map(async (size, index) => call(`session-${index}`, size)));
    for (const [index, { status, text }] of answers.entries()) {
      expect(status, text).toBe(200);
      const got = Number(/got (\d+)/u.exec(text)?.[1]);
      expect(got - (sizes[index] ?? 0)).toBeGreaterThan(50);
      expect(got - (sizes[index] ?? 0)).toBeLessThan(300);
    }
    // From whichever worker the question comes to.
    for (let asked = 0; asked < 4; asked += 1) {
      const ofAll = await metricsFor(METRICS_TOKEN);
      expect(countIn(ofAll, 'pointsman_calls_total{')).toBe(24);
      expect(countIn(ofAll, 'pointsman_sessions')).toBe(24);
      expect(countIn(await metricsFor(token), 'pointsman_calls_total{')).toBe(24);
    }
    await vi.waitFor(() => expect(seen.match(/data: /gu)?.length).toBe(24));
    watching.abort();
    await reading;
  });

  test('a signal turns routing off at both, and the page is opened by one link', async () => {
    const file = readdirSync(home, { recursive: true, encoding: 'utf8' }).find((name) => name.includes('page')) ?? '';
    const link = JSON.parse(readFileSync(path.join(home, file), 'utf8')) as {
      readonly url: string;
      readonly token: string;
    };
    expect(link.url).toBe(url);
    const states = async (): Promise<readonly unknown[]> =>
      Promise.all(
        Array.from({ length: 4 }, async (_, index) => {
          const headers = {
            authorization: `Bearer ${link.token}`,
            'x-session-id': `page-${index}`,
            connection: 'close',
          };
          const status = (await (await fetch(`${url}/pointsman/api/status`, { headers })).json()) as {
            readonly gateway: { readonly passThrough: { readonly isOn: boolean } };
          };
          return status.gateway.passThrough.isOn;
        }),
      );
    expect(await states()).toEqual([false, false, false, false]);
    gateway.kill('SIGUSR2');
    await vi.waitFor(async () => expect(await states()).toEqual([true, true, true, true]));
    gateway.kill('SIGUSR2');
    await vi.waitFor(async () => expect(await states()).toEqual([false, false, false, false]));
  });

  test.skipIf(process.platform !== 'linux')(
    'a worker that dies is started again, and what it had asked for is on the ledger',
    async () => {
      holds = true;
      const before = workersOf();
      expect(before).toHaveLength(2);
      const lost = Array.from({ length: 6 }, async (_, index) => call(`lost-${index}`, 1000).catch(() => undefined));
      await vi.waitFor(() => expect(held).toHaveLength(6));
      for (const pid of before) process.kill(pid, 'SIGKILL');
      expect((await Promise.all(lost)).filter((answer) => answer?.status === 200)).toEqual([]);
      holds = false;
      await vi.waitFor(async () => expect((await call('after', 10)).status).toBe(200));
      await vi.waitFor(() => expect(workersOf()).toHaveLength(2));
      expect(workersOf().some((pid) => before.includes(pid))).toBe(false);
      // Nobody knows what they billed: what each may have is counted, not forgotten.
      await vi.waitFor(() => expect(presumedCount()).toBe(6));
    },
  );

  test('SIGTERM lets calls under way end', async () => {
    holds = true;
    held.length = 0;
    const last = call('last', 100);
    await vi.waitFor(() => expect(held).toHaveLength(1));
    gateway.kill('SIGTERM');
    await vi.waitFor(async () => expect(await isListening()).toBe(false));
    held[0]?.();
    expect((await last).status).toBe(200);
    if (gateway.exitCode === null) await once(gateway, 'exit');
    expect(gateway.exitCode).toBe(0);
  });
});
