import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secret } from '../../config/secret.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { createAlarmWebhook, type AlarmMessage } from './alarm-webhook.ts';
import { watchAlarms } from './watch-alarms.ts';

const alarm: Alarm = { code: 'collapse', of: '', sinceAt: 1, usual: 0.5, now: 1 };
const message = (id: string, at = 1): AlarmMessage => ({ id, event: 'raised', at, alarm });
const secret = new Secret('a-secret-of-some-length', 'test');

const HANGS_UP = 0;

let server: Server;
let url = '';
let answers: number[] = [];
let came: { readonly body: string; readonly headers: IncomingMessage['headers'] }[] = [];
beforeEach(async () => {
  [answers, came] = [[], []];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += String(part)));
    request.on('end', () => {
      came.push({ body, headers: request.headers });
      const status = answers.shift() ?? 204;
      if (status === HANGS_UP) request.socket.destroy();
      else if (status === 101)
        request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
      else response.writeHead(status, status === 302 ? { location: url } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alarms`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 5000, interval: 5 }).toBe(true);
}

test('an alarm is posted as figures and signed so that its receiver can check it', async () => {
  const webhook = createAlarmWebhook({ url, secret });
  expect(await webhook.deliver(message('one', 42))).toBe('taken');
  const [first] = came;
  const mac = createHmac('sha256', secret.reveal())
    .update(`${String(first?.headers['x-pointsman-timestamp'])}.${first?.body ?? ''}`)
    .digest('hex');
  expect(first?.headers['x-pointsman-signature']).toBe(`sha256=${mac}`);
  expect(JSON.parse(first?.body ?? '')).toEqual({ v: 1, id: 'one', event: 'raised', at: 42, alarm });
});

test('it is tried again a few times where that may help, given up in vain, and never led elsewhere', async () => {
  const webhook = createAlarmWebhook({ url, secret, pausesMs: [1, 1] });
  answers = [503, 429, 204];
  expect(await webhook.deliver(message('one'))).toBe('taken');
  expect(came).toHaveLength(3);
  answers = [500, 500, 500];
  expect(await webhook.deliver(message('two'))).toBe('unreachable');
  expect(came).toHaveLength(6);
  answers = [302];
  expect(await webhook.deliver(message('three'))).toBe('refused');
  expect(came).toHaveLength(7);
});

test('whoever answers by another protocol or hangs up takes nothing, and holds up nothing that comes after', async () => {
  const webhook = createAlarmWebhook({ url, secret, pausesMs: [] });
  answers = [101];
  expect(await webhook.deliver(message('one'))).toBe('refused');
  answers = [HANGS_UP];
  expect(await webhook.deliver(message('two'))).toBe('unreachable');
  expect(await webhook.deliver(message('three'))).toBe('taken');
});

test('of many that wait the newest are left out, and at the end none is waited for', async () => {
  const webhook = createAlarmWebhook({ url, secret });
  const deliveries = Array.from({ length: 25 }, async (_, at) => webhook.deliver(message(String(at), at)));
  webhook.close();
  const ends = await Promise.all(deliveries);
  expect(ends.filter((end) => end === 'too many')).toHaveLength(5);
  expect(ends.filter((end) => end === 'ended')).toHaveLength(20);
});

test('an address of machine credentials in the place of a name is refused before anything is sent', async () => {
  const webhook = createAlarmWebhook({ url: 'https://169.254.169.254/latest', secret, pausesMs: [] });
  expect(await webhook.deliver(message('one'))).toBe('refused');
});

test('while a gateway serves, what is raised and lowered is logged and told once each', async () => {
  const lines: string[] = [];
  const log = {
    debug: () => undefined,
    info: (t: string) => lines.push(t),
    warn: (t: string) => lines.push(t),
    error: () => undefined,
  };
  const looks = [[alarm], [alarm], [], []];
  let now: readonly Alarm[] = [];
  const source = { current: async () => Promise.resolve((now = looks.shift() ?? [])), latest: () => now };
  const watching = watchAlarms({
    source,
    config: { url, secret },
    log,
    clock: () => 7,
    everyMs: 5,
  });
  await until(() => came.length === 2 && looks.length === 0);
  watching.close();
  expect(came.map(({ body }) => (JSON.parse(body) as { event: string }).event)).toEqual(['raised', 'lowered']);
  expect(lines.filter((line) => line.startsWith('Alarm'))).toHaveLength(2);
});

test('a look that fails is told, and the next one is taken all the same', async () => {
  const lost: string[] = [];
  let looks = 0;
  const current = async (): Promise<readonly Alarm[]> => {
    looks += 1;
    if (looks === 1) throw new Error('The store is busy.');
    return Promise.resolve([alarm]);
  };
  const watching = watchAlarms({
    source: { current },
    config: { url, secret },
    onLost: (why) => lost.push(why),
    clock: () => 7,
    everyMs: 5,
  });
  await until(() => came.length === 1);
  await watching.end();
  expect(lost).toEqual([expect.stringContaining('The store is busy.')]);
});
