import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { asId, type DecisionId, type ModelId, type SessionId } from '../../domain/ids.ts';
import { messageText } from '../../domain/transcript.ts';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { aDecideInput, aQuality } from '../../testing/decision-builders.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { fine, json, planned } from '../../testing/internal/test-bed.ts';
import { aCallRecord, aDecision, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { command as run } from '../commands/run-command.ts';
import type { CliCommand } from '../input/command.ts';
import { command as autopsy } from './autopsy-command.ts';

const PASSWORD = 'hunter2hunter2';
const DONE = 'All is well';

let server: ScriptedServer;
let folder: string;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pm-autopsy-')));
  writeFileSync(path.join(folder, 'pointsman.config.yaml'), 'tools: { defaults: never }\n');
  server = await createScriptedServer({
    models: loadCatalog().models.filter((model) => model.endpoint === 'anthropic'),
    script: ({ messages }) => {
      const texts = messages.map(messageText);
      const kind = texts.map((text) => /^# Step \d+ of \d+: (\w+),/mu.exec(text)?.[1]).findLast((found) => found) ?? '';
      const isGood = texts.some((text) => text.includes(DONE));
      if (isGood) return fine({ kind });
      if (kind !== 'review') return fine({ kind }, [planned('one', 'code'), planned('look', 'review', ['one'])]);
      const text = `password = "${PASSWORD}" \u001B[31mmust be "eu-west-1"`;
      return json({
        verdict: 'request-changes',
        findings: [{ file: 'a.js', severity: 'blocking', text }],
        summary: 'No.',
      });
    },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function cli(command: CliCommand, ...args: readonly string[]): Promise<{ out: string; said: string }> {
  let [out, said] = ['', ''];
  await command.run(args, {
    stdout: (text) => (out += text),
    stderr: (text) => (said += text),
    env: {
      PATH: process.env['PATH'],
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: server.url,
      POINTSMAN_STORE: path.join(folder, 'store'),
      HOME: path.join(folder, 'home'),
    },
    cwd: folder,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
  });
  return { out, said };
}

test('the latest job is explained in words and as JSON, without what it held of secrets and signs that steer a terminal', async () => {
  await cli(run, `The region is "eu-west-1", password = "${PASSWORD}".`, '--yes').catch(() => undefined);
  const { out, said } = await cli(autopsy);
  expect(said).toMatch(/^The latest job, job-/u);
  expect(out).toMatch(
    /^job-\S+: most likely step one: the model was not up to it \(\d+ % sure\)\.\n- "eu-west-1" stood in what/u,
  );
  expect(out).toMatch(/Cheapest to change: Send this step to an abler model\.\nDecided again without that model: /u);
  const [, blamed] = /in what (\S+) was given/u.exec(out) ?? [];
  expect(blamed).toMatch(/^claude-/u);
  expect(out).not.toContain(`without that model: ${blamed} `);
  expect(out).toMatch(/Tries that came to nothing billed \$0\.\d+\.\n$/u);
  const { out: json } = await cli(autopsy, '--json');
  for (const text of [out, json]) {
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain('\u001B');
  }
  expect(dataOf(json)).toMatchObject({ kind: 'blamed', stepId: 'one', cause: 'model', again: { mode: 'continue' } });
});

test('of a job that went well it says so', async () => {
  await cli(run, DONE, '--yes');
  const { out } = await cli(autopsy);
  expect(out).toMatch(/^job-\S+: No try was refused, no call ended a step, and nobody has complained\.\n$/u);
});

test('a session of a harness is explained by its records alone, and its step decided again without the model', async () => {
  const recorder = openSqliteRecorder({
    file: path.join(folder, 'store/records.db'),
    onWriteError: (error) => expect.fail(error.message),
  });
  const sessionId = asId<SessionId>('s-of-a-harness');
  const decisionId = asId<DecisionId>('d-of-a-harness');
  const [model] = aDecideInput().models;
  if (model === undefined) expect.fail('There is a model');
  const other = { ...model, id: asId<ModelId>('other') };
  const input = aDecideInput({ decisionId, models: [model, other], quality: [aQuality(model), aQuality(other)] });
  recorder.writeStep(aStepRecord({ jobId: undefined, sessionId, input, decision: aDecision({ decisionId }) }));
  const gateway = {
    askedFor: 'auto',
    wire: 'anthropic-messages',
    decisionId,
    losses: [],
    strippedThinkingCount: 0,
    fallbackFrom: [],
    weakerThanDecided: false,
  } as const;
  recorder.writeCall(aCallRecord({ jobId: undefined, sessionId, gateway }));
  recorder.writeOutcome(anOutcomeRecord({ decisionId, verdict: 'underpowered' }));
  await recorder.close();
  const { out } = await cli(autopsy, sessionId);
  expect(out).toMatch(/^s-of-a-harness: most likely step step-1: the model was not up to it \(70 % sure\)\./u);
  expect(out).toContain('Decided again without that model: other');
});

test('a job that nobody knows and two jobs at once are refused', async () => {
  await expect(cli(autopsy, 'job-of-nobody')).rejects.toMatchObject({ code: 'not-found' });
  await expect(cli(autopsy, 'a', 'b')).rejects.toMatchObject({ code: 'request-invalid' });
});
