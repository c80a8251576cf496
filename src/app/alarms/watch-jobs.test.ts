import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId, type DecisionId, type SessionId } from '../../domain/ids.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { aDecision, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { createPointsman } from '../create-pointsman.ts';
import { postedAlarmsIn } from './posted-alarms.ts';

let server: Server;
let dir = '';
let warnings: string[] = [];
let answers: number[] = [];
let came: { event: string; alarm: { code: string; of: string } }[] = [];
beforeEach(async () => {
  [came, warnings, answers] = [[], [], []];
  dir = mkdtempSync(path.join(tmpdir(), 'pointsman-alarms-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += String(part)));
    request.on('end', () => {
      const status = answers.shift() ?? 204;
      if (status === 204) came.push(JSON.parse(body) as (typeof came)[number]);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    path.join(dir, 'alarms.yaml'),
    `alarms: { webhook: "http://127.0.0.1:${port}/", secret: "\${ALARM_SECRET}" }\n`,
  );
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});

/** Steps reported to fit, then to fail, or the other way round, as of some minutes ago. */
async function report(tag: string, verdicts: readonly ('good_fit' | 'failed')[], from: At): Promise<void> {
  const recorder = openSqliteRecorder({
    file: path.join(dir, 'records.db'),
    onWriteError: (error) => {
      throw error;
    },
  });
  for (const [index, verdict] of verdicts.entries()) {
    const decisionId = asId<DecisionId>(`${tag}${index}`);
    const at = from + index;
    const sessionId = asId<SessionId>(`${tag}${index}`);
    recorder.writeStep(aStepRecord({ decision: { ...aDecision(), decisionId }, sessionId, startedAt: at }));
    recorder.writeOutcome({ ...anOutcomeRecord(), decisionId, at, verdict });
  }
  await recorder.close();
}

const some = (count: number, verdict: 'good_fit' | 'failed'): ('good_fit' | 'failed')[] =>
  Array.from({ length: count }, () => verdict);

/** Advice on one step, as MCP gives it, and the end of the process. */
async function workOnce(act: 'routes' | 'looks' = 'routes', afterMs: Ms = 0): Promise<void> {
  const pointsman = await createPointsman({
    cwd: dir,
    configFile: path.join(dir, 'alarms.yaml'),
    env: { POINTSMAN_STORE: dir, HOME: dir, ALARM_SECRET: 'sixteen letters at the least' },
    clock: () => Date.now() + afterMs,
    onWarning: (error) => warnings.push(error.message),
  });
  if (act === 'routes') await pointsman.routeStep({ text: 'Write it.', kind: 'code' });
  else await pointsman.outcomes();
  await pointsman.close();
}

const cameAs = (): readonly string[] => came.map(({ event, alarm }) => `${event} ${alarm.code}`);

test('where no gateway serves, what work has raised is posted when it ends, once for all processes, and so is its end', async () => {
  const from = Date.now() - 3_600_000;
  await report('before', [...some(80, 'good_fit'), ...some(60, 'failed')], from);
  await workOnce('looks');
  expect(cameAs()).toEqual([]);
  await Promise.all([workOnce(), workOnce()]);
  expect(cameAs()).toEqual(['raised failures']);
  await workOnce();
  expect(cameAs()).toEqual(['raised failures']);
  await report('after', some(150, 'good_fit'), from + 1_800_000);
  await workOnce();
  await workOnce();
  expect(cameAs()).toEqual(['raised failures', 'lowered failures']);
  expect(warnings).toEqual([]);
}, 60_000);

test('what its receiver did not take is posted by work that looks later, once for all processes', async () => {
  await report('before', [...some(80, 'good_fit'), ...some(60, 'failed')], Date.now() - 3_600_000);
  answers = [404, 401];
  await workOnce();
  expect(warnings).toEqual(['An alarm was not delivered: its receiver refused it; it is sent again later']);
  await workOnce();
  expect(cameAs()).toEqual([]);
  await workOnce('routes', 120_000);
  expect(warnings).toHaveLength(2);
  await Promise.all([workOnce('routes', 600_000), workOnce('routes', 600_000)]);
  await workOnce('routes', 7_200_000);
  expect(cameAs()).toEqual(['raised failures']);
  expect(warnings).toHaveLength(2);
}, 60_000);

test('what another process has posted as over is not raised again by one that has looked at less', async () => {
  const alarms = postedAlarmsIn({ kind: 'sqlite', dir });
  const alarm: Alarm = { code: 'collapse', of: '', sinceAt: 10, usual: 0.5, now: 1 };
  const isClaimed = async (event: 'raised' | 'lowered', at: At, one = alarm): Promise<boolean> =>
    (await alarms.claim(event, one, at)) !== undefined;
  expect(await isClaimed('lowered', 11)).toBe(false);
  expect(await isClaimed('raised', 12)).toBe(true);
  expect(await isClaimed('raised', 13)).toBe(false);
  expect(await alarms.standing()).toEqual([alarm]);
  expect(await isClaimed('lowered', 20)).toBe(true);
  expect(await isClaimed('raised', 21)).toBe(false);
  expect(await alarms.standing()).toEqual([]);
  expect(await isClaimed('raised', 31, { ...alarm, sinceAt: 30 })).toBe(true);
});
