import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Secret } from '../../config/secret.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { createAlarmWebhook, mayPostTo } from './alarm-webhook.ts';
import { watchAlarms } from './watch-alarms.ts';

const alarm: Alarm = { code: 'collapse', of: '', sinceAt: 1, usual: 0.5, now: 1 };
const secret = new Secret('a-secret-of-some-length', 'test');

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
      response.writeHead(status, status === 302 ? { location: url } : {}).end();
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
  const webhook = createAlarmWebhook({ url, secret, onLost: () => expect.fail('lost') });
  webhook.notify('raised', alarm, 42);
  await until(() => came.length === 1);
  const [first] = came;
  const mac = createHmac('sha256', secret.reveal())
    .update(`${String(first?.headers['x-pointsman-timestamp'])}.${first?.body ?? ''}`)
    .digest('hex');
  expect(first?.headers['x-pointsman-signature']).toBe(`sha256=${mac}`);
  expect(JSON.parse(first?.body ?? '')).toMatchObject({ v: 1, event: 'raised', at: 42, alarm });
});

test('it is tried again a few times where that may help, told when in vain, and never led elsewhere', async () => {
  const lost: string[] = [];
  const webhook = createAlarmWebhook({ url, secret, onLost: (why) => lost.push(why), pausesMs: [1, 1] });
  answers = [503, 429, 204];
  webhook.notify('raised', alarm, 1);
  await until(() => came.length === 3);
  answers = [500, 500, 500];
  webhook.notify('raised', alarm, 2);
  await until(() => lost.length === 1);
  expect(came).toHaveLength(6);
  answers = [302];
  webhook.notify('raised', alarm, 3);
  await until(() => lost.length === 2);
  expect(came).toHaveLength(7);
});

test('of many that wait the newest are left out', () => {
  const lost: string[] = [];
  const webhook = createAlarmWebhook({ url, secret, onLost: (why) => lost.push(why) });
  for (let at = 0; at < 25; at += 1) webhook.notify('raised', alarm, at);
  expect(lost).toHaveLength(5);
  webhook.close();
});

test.each<[string, boolean, boolean]>([
  ['169.254.169.254', false, false],
  ['169.254.169.254', true, false],
  ['::ffff:169.254.169.254', false, false],
  ['fd00:ec2::254', false, false],
  ['fe80::1', true, false],
  ['127.0.0.1', false, false],
  ['127.0.0.1', true, true],
  ['0.0.0.0', false, false],
  ['10.1.2.3', false, true],
  ['93.184.216.34', false, true],
  ['nonsense', true, false],
])('%s, meant as this machine %s: %s', (address, isOwn, may) => {
  expect(mayPostTo(address, isOwn)).toBe(may);
});

test('an address of machine credentials in the place of a name is refused before anything is sent', async () => {
  const lost: string[] = [];
  const webhook = createAlarmWebhook({
    url: 'https://169.254.169.254/latest',
    secret,
    onLost: (why) => lost.push(why),
    pausesMs: [],
  });
  webhook.notify('raised', alarm, 1);
  await until(() => lost.length === 1);
  expect(lost).toEqual(['its receiver refused it']);
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
