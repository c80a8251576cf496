import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId, type DecisionId, type SessionId } from '../../domain/ids.ts';
import type { At } from '../../domain/time.ts';
import type { Alarm } from '../../learn/alarms/alarm.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { aDecision, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { createPointsman } from '../create-pointsman.ts';
import { postedAlarmsIn } from './posted-alarms.ts';

let server: Server;
let dir = '';
let warnings: string[] = [];
let came: { event: string; alarm: { code: string; of: string } }[] = [];
beforeEach(async () => {
  [came, warnings] = [[], []];
  dir = mkdtempSync(path.join(tmpdir(), 'pointsman-alarms-'));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += String(part)));
    request.on('end', () => {
      came.push(JSON.parse(body) as (typeof came)[number]);
      response.writeHead(204).end();
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
async function workOnce(act: 'routes' | 'looks' = 'routes'): Promise<void> {
  const pointsman = await createPointsman({
    cwd: dir,
    configFile: path.join(dir, 'alarms.yaml'),
    env: { POINTSMAN_STORE: dir, HOME: dir, ALARM_SECRET: 'sixteen letters at the least' },
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

test('what another process has posted as over is not raised again by one that has looked at less', async () => {
  const alarms = postedAlarmsIn({ kind: 'sqlite', dir });
  const alarm: Alarm = { code: 'collapse', of: '', sinceAt: 10, usual: 0.5, now: 1 };
  expect(await alarms.claim('lowered', alarm, 11)).toBe(false);
  expect(await alarms.claim('raised', alarm, 12)).toBe(true);
  expect(await alarms.claim('raised', alarm, 13)).toBe(false);
  expect(await alarms.standing()).toEqual([alarm]);
  expect(await alarms.claim('lowered', alarm, 20)).toBe(true);
  expect(await alarms.claim('raised', alarm, 21)).toBe(false);
  expect(await alarms.standing()).toEqual([]);
  expect(await alarms.claim('raised', { ...alarm, sinceAt: 30 }, 31)).toBe(true);
});
