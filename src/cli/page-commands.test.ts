import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { certificatesIn } from '../app/stores/open-certificates.ts';
import { dataOf } from '../testing/internal/json-data.ts';
import { manyCalls, writeLargeStore } from '../testing/internal/page/large-store.ts';
import { OPERATOR, openPageGateway } from '../testing/internal/page/page-gateway.ts';
import type { CommandIo } from './input/command.ts';
import { readPageLink, removePageLink, writePageLink, writePrivate } from './input/gateway-files.ts';
import { command as bypass } from './running/bypass-command.ts';
import { command as session } from './running/session-command.ts';
import { command as ui } from './running/ui-command.ts';

interface Said {
  readonly io: CommandIo;
  readonly text: () => string;
  readonly end: () => void;
}

function ioIn(store: string): Said {
  const ended = new AbortController();
  let text = '';
  const env = { POINTSMAN_STORE: store, HOME: store, XDG_CONFIG_HOME: path.join(store, 'config') };
  return {
    io: {
      stdout: (more) => void (text += more),
      stderr: () => undefined,
      env,
      cwd: store,
      isTerminal: false,
      signal: ended.signal,
    },
    text: () => text,
    end: () => ended.abort(),
  };
}

function folder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'ui-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('ui shows the store where no gateway runs, to whoever has the link', async () => {
  const dir = folder();
  await writeLargeStore(dir, 80, Date.now());
  // One that was killed has left its link behind.
  writePageLink(dir, { url: 'http://127.0.0.1:9', token: OPERATOR });
  await certificatesIn(dir).save({
    madeAt: Date.now(),
    policyId: 'balanced',
    policyDigest: 'of another',
    models: [],
    predictorVersion: 'any',
    referenceModel: 'claude-opus-4-8',
    rowsName: 'rows.jsonl',
    rowsSha256: '',
    worseByRatio: 0.05,
    confidenceRatio: 0.95,
    kinds: [{ kind: 'code', rowCount: 100, notch: 4 }],
  });
  const { io, text, end } = ioIn(dir);
  const running = ui.run(['session-1', '--json'], io);
  await expect.poll(text).toContain('\n');
  const { url, from } = dataOf(text()) as { url: string; from: string };
  expect([from, url]).toEqual(['store', expect.stringMatching(/#login=[\w-]{43}&to=session%2Fsession-1$/u)]);
  const { origin, hash } = new URL(url);
  const token = /login=([\w-]+)/u.exec(hash)?.[1] ?? '';
  const ask = async (headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${origin}/pointsman/api/overview`, { headers });
  expect((await ask({})).status).toBe(401);
  const answer = await ask({ authorization: `Bearer ${token}` });
  expect(await answer.json()).toMatchObject({ viewer: { sees: 'all' }, spend: { total: { callCount: 80 } } });
  const effect = await fetch(`${origin}/pointsman/api/effect`, { headers: { authorization: `Bearer ${token}` } });
  expect(await effect.json()).toMatchObject({
    proved: [{ policyId: 'balanced', worseByRatio: 0.05, outOfDate: 'the policy has changed since' }],
  });
  // What cannot be read keeps nobody from the rest.
  writeFileSync(path.join(dir, 'certificates.json'), 'torn');
  const torn = await fetch(`${origin}/pointsman/api/effect`, { headers: { authorization: `Bearer ${token}` } });
  expect([torn.status, await torn.json()]).toEqual([
    200,
    expect.objectContaining({ proved: [], provedFault: expect.stringContaining('certificates.json') as string }),
  ]);
  // Nor to a web page whose name was bound to this machine; fetch sets this header itself.
  const rebound = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, host: 'evil.example' };
    get(
      `${origin}/pointsman/api/overview`,
      { headers },
      (response) => (response.resume(), resolve(response.statusCode)),
    ).on('error', reject);
  });
  expect(rebound).toBe(421);
  end();
  expect(await running).toBe(0);
});

test('session says where the latest session stands, or a named one, to the nano-dollar', async () => {
  const dir = folder();
  const calls = [...manyCalls(80, 1_796_000_000_000)];
  await writeLargeStore(dir, 80, 1_796_000_000_000);
  const [first] = calls;
  const id = first?.jobId ?? first?.sessionId ?? '';
  const own = calls.filter((call) => (call.jobId ?? call.sessionId) === id);
  const json = ioIn(dir);
  expect(await session.run([id, '--json'], json.io)).toBe(0);
  const spent = own.reduce((sum, call) => sum + (call.billNanoUsd ?? 0), 0);
  expect(dataOf(json.text())).toMatchObject({
    id,
    callCount: own.length,
    billNanoUsd: spent,
    billUsd: (spent / 1e9).toFixed(9),
    model: own.at(-1)?.requestedModel,
    lastAt: own.at(-1)?.startedAt,
  });
  const latest = ioIn(dir);
  expect(await session.run([], latest.io)).toBe(0);
  const last = calls.at(-1);
  expect(latest.text()).toMatch(new RegExp(`^${last?.jobId ?? last?.sessionId}.*: 40 calls`, 'u'));
  for (const line of latest.text().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  await expect(session.run(['nobody'], ioIn(dir).io)).rejects.toMatchObject({ code: 'not-found' });
  await expect(session.run([], ioIn(folder()).io)).rejects.toMatchObject({ code: 'not-found' });
});

test('ui and bypass find the gateway that runs over the store', async () => {
  const dir = folder();
  const gateway = await openPageGateway();
  onTestFinished(() => gateway.close());
  writePageLink(dir, { url: gateway.url, token: OPERATOR });
  const link = ioIn(dir);
  expect(await ui.run(['dec_1'], link.io)).toBe(0);
  expect(link.text()).toContain(`${gateway.url}/#login=${OPERATOR}&to=decision%2Fdec_1`);
  const list = ioIn(dir);
  expect(await ui.run(['sessions'], list.io)).toBe(0);
  expect(list.text()).toMatch(/&to=sessions$/mu);
  for (const [args, isOn, said] of [
    [[], false, 'Calls are routed.'],
    [['on'], true, 'Nothing is routed since'],
    [['off'], false, 'Calls are routed since'],
  ] as const) {
    const one = ioIn(dir);
    expect(await bypass.run([...args], one.io)).toBe(0);
    expect(one.text()).toContain(said);
    expect(gateway.gateway.passThrough.isOn).toBe(isOn);
  }
  const machine = ioIn(dir);
  await bypass.run(['--json'], machine.io);
  expect(JSON.parse(machine.text())).toMatchObject({ v: 1, command: 'bypass', data: { isOn: false } });
  await expect(bypass.run(['maybe'], link.io)).rejects.toMatchObject({ code: 'request-invalid' });
});

test('without a gateway nothing is switched, and it says so', async () => {
  await expect(bypass.run(['on'], ioIn(folder()).io)).rejects.toMatchObject({ code: 'not-found' });
});

test('a link is its owner’s to read, leads to this machine alone, and goes with its gateway', () => {
  const dir = folder();
  const link = { url: 'http://127.0.0.1:4141', token: OPERATOR };
  writePageLink(dir, link);
  expect(statSync(path.join(dir, 'page.json')).mode & 0o077).toBe(0);
  removePageLink(dir, { ...link, token: 'of-another-gateway-of-this' });
  expect(readPageLink(dir)).toEqual(link);
  removePageLink(dir, link);
  expect(readPageLink(dir)).toBeUndefined();
  for (const text of [
    '',
    '[]',
    '{"url":"https://evil.example","token":"0123456789012345678901"}',
    `{"url":"${link.url}","token":"a b"}`,
  ]) {
    writePrivate(path.join(dir, 'page.json'), text);
    expect(readPageLink(dir)).toBeUndefined();
  }
});
