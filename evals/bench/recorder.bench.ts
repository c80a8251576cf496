import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figures } from '../../src/domain/figure.ts';
import { asId, type CallId, type DecisionId, type ModelId } from '../../src/domain/ids.ts';
import type { StepRecord } from '../../src/recorder/record.ts';
import { createRedactor } from '../../src/recorder/redact.ts';
import { openSqliteRecorder } from '../../src/recorder/sqlite/sqlite-recorder.ts';
import { aDecideInput, aPolicy } from '../../src/testing/decision-builders.ts';
import { aModel } from '../../src/testing/model-builders.ts';
import { aCallRecord, aDecision, aStepRecord } from '../../src/testing/record-builders.ts';

const MODELS = 8;
const CALLS_PER_STEP = 3;
const STEPS = 2000;
const ROUNDS = 5;

/**
 * What recording costs: a step with its decision table over eight models (written when it starts and when it ends) and three
 * calls, through the SQLite adapter with redaction; the time the caller waits; and the speed of redaction on prose and code.
 */
export async function run(): Promise<Figures> {
  const folder = mkdtempSync(path.join(tmpdir(), 'recorder-bench-'));
  try {
    const rounds: { readonly perStepUs: number; readonly callerUs: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measureSteps(path.join(folder, `${round}.db`)));
    const perStep = medianOf(rounds.map((round) => round.perStepUs));
    const caller = medianOf(rounds.map((round) => round.callerUs));
    const n = STEPS * ROUNDS;
    return {
      'recorder.write.us_per_step': { value: perStep, unit: 'µs', n, label: 'measured' },
      'recorder.write.caller.us_per_step': { value: caller, unit: 'µs', n, label: 'measured' },
      'recorder.redact.mb_per_s': { value: measureRedaction(), unit: 'MB/s', label: 'measured' },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureSteps(file: string): Promise<{ readonly perStepUs: number; readonly callerUs: number }> {
  const failures: string[] = [];
  const recorder = openSqliteRecorder({ file, onWriteError: (error) => failures.push(error.message) });
  const steps = makeSteps();
  let callerMs = 0;
  const start = performance.now();
  for (const [index, step] of steps.entries()) {
    const before = performance.now();
    recorder.writeStep(step);
    for (let call = 0; call < CALLS_PER_STEP; call += 1) {
      recorder.writeCall(aCallRecord({ callId: asId<CallId>(`call-${index}-${call}`) }));
    }
    recorder.writeStep({ ...step, endedAt: 1 });
    callerMs += performance.now() - before;
    if (index % 20 === 19) await recorder.flush();
  }
  await recorder.flush();
  const totalMs = performance.now() - start;
  await recorder.close();
  if (failures.length > 0) throw new Error(`The recorder failed while it was measured: ${failures[0]}`);
  return { perStepUs: (totalMs * 1000) / STEPS, callerUs: (callerMs * 1000) / STEPS };
}

function makeSteps(): readonly StepRecord[] {
  const models = Array.from({ length: MODELS }, (_, index) => aModel({ id: asId<ModelId>(`model-${index}`) }));
  const policy = aPolicy();
  return Array.from({ length: STEPS }, (_, index) => {
    const decisionId = asId<DecisionId>(`decision-${index}`);
    const decision = aDecision({ decisionId });
    const row = decision.candidates[0];
    const candidates = models.flatMap((model) => (row === undefined ? [] : [{ ...row, model: model.id }]));
    const input = aDecideInput({ decisionId, models, policy });
    return aStepRecord({ decision: { ...decision, candidates }, input });
  });
}

function measureRedaction(): number {
  const redactor = createRedactor({ secrets: ['a secret that is known by its value'] });
  const line =
    'The test of a change is whether a newcomer can predict what it returns: const total = sum(rows.map((row) => row.cost));\n';
  const text = line.repeat(20_000);
  const speeds = Array.from({ length: 7 }, () => {
    const start = performance.now();
    redactor.text(text);
    return text.length / 1e6 / ((performance.now() - start) / 1000);
  });
  return medianOf(speeds);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
