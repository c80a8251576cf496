import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openEmbedder } from '../app/open-predictor.ts';
import { PointsmanError } from '../domain/errors.ts';
import { createImportTally } from '../sessions/importer.ts';
import { createSeenCalls } from '../sessions/seen-calls.ts';
import { readSessions, sortFiles } from '../sessions/read-sessions.ts';
import { OWN_SOURCE } from '../learn/fit-abilities.ts';
import { modelCard } from '../learn/model-card.ts';
import { train } from '../learn/train.ts';
import { EMPTY_TRAINING_SET, mergeTrainingSets, readTrainingFile, type TrainingSet } from '../learn/training-set.ts';
import { loadArtifact, writeArtifact } from '../predict/artifact.ts';
import { shippedArtifact } from '../predict/shipped-artifact.ts';
import type { OutcomeRow } from '../learn/outcome-row.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { withPointsman } from './open-pointsman.ts';

/** Names the store of this folder instead of a file. */
const RECORDS = 'records';

export const command: Command = {
  name: 'train',
  usage:
    '--data FILE[=LICENCE]|records … [--sessions FILE …] [--out DIR] [--name NAME] [--as-of DAY] [--seed N] [--against FILE] [--no-encoder]',
  summary: 'Learn abilities, step kinds and forecasts from outcomes, labelled prompts, sessions or own records.',
  run,
};

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', multiple: true, default: [] },
      sessions: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: 'predictor' },
      name: { type: 'string', default: 'own' },
      'as-of': { type: 'string' },
      seed: { type: 'string', default: '1' },
      against: { type: 'string' },
      config: { type: 'string' },
      'no-encoder': { type: 'boolean', default: false },
    },
  });
  if (values.data.length + values.sessions.length === 0) {
    throw new PointsmanError('request-invalid', 'pointsman train has nothing to learn from.', {
      mend: `Give --data FILE (outcome rows, labelled prompts, sessions with a reward), --data ${RECORDS}, or --sessions FILE.`,
    });
  }
  const progress = (text: string): void => io.stderr(`${text}\n`);
  const set = mergeTrainingSets(await Promise.all(values.data.map((item) => readData(item, values.config, io))));
  const sessions = await readTraces(values.sessions, io);
  const embedder = values['no-encoder']
    ? undefined
    : await openEmbedder({ env: io.env, onWarning: (error) => progress(error.message) });
  try {
    const result = await train(set, {
      name: values.name,
      asOf: dayOf(values['as-of']),
      seed: seedOf(values.seed),
      embedder,
      sessions,
      progress,
    });
    const inUse = values.against === undefined ? shippedArtifact() : loadArtifact(path.resolve(io.cwd, values.against));
    const folder = path.resolve(io.cwd, values.out);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'predictor.json'), writeArtifact(result.artifact));
    const card = modelCard(result, inUse);
    writeFileSync(path.join(folder, 'MODEL-CARD.md'), card);
    io.stdout(card);
    io.stderr(`Written to ${folder}\n`);
    return EXIT.ok;
  } finally {
    await embedder?.close();
  }
}

async function readData(item: string, configFile: string | undefined, io: CommandIo): Promise<TrainingSet> {
  if (item === RECORDS) return ownRecords(configFile, io);
  const [file = item, licence] = item.split('=', 2);
  return readTrainingFile(path.resolve(io.cwd, file), licence);
}

/** Steps of the store as outcome rows: accepted is right, rejected and failed are wrong, cancelled tells nothing. */
async function ownRecords(configFile: string | undefined, io: CommandIo): Promise<TrainingSet> {
  return withPointsman(io, { configFile }, async (pointsman) => {
    const outcomes: OutcomeRow[] = [];
    for (const job of await pointsman.jobs({ limit: 100_000 })) {
      for (const step of await pointsman.jobSteps(job.jobId)) {
        const { decision, outcome } = step;
        if (outcome === undefined || outcome.status === 'cancelled' || decision.kind === 'refuse' || job.scripted)
          continue;
        const score = outcome.status === 'accepted' ? 1 : 0;
        const id = `${OWN_SOURCE}/${step.stepId}-${step.attempt}`;
        const row = {
          id,
          source: OWN_SOURCE,
          split: undefined,
          taskType: step.kind,
          domain: undefined,
          prompt: undefined,
        };
        outcomes.push({ ...row, outcomes: { [decision.to]: { score, costUsd: undefined } } });
      }
    }
    return { ...EMPTY_TRAINING_SET, outcomes, sources: [{ name: RECORDS, licence: 'own', rowCount: outcomes.length }] };
  });
}

/** Recorded sessions of any client that pointsman can read; files of none are named and left out. */
async function readTraces(paths: readonly string[], io: CommandIo): Promise<readonly SessionTrace[]> {
  const files = await sortFiles(paths.map((item) => path.resolve(io.cwd, item)));
  for (const file of files.unrecognised) io.stderr(`No session log: ${file}\n`);
  const traces: SessionTrace[] = [];
  for await (const trace of readSessions(files, {
    signal: io.signal,
    seen: createSeenCalls(),
    tally: createImportTally(),
  }))
    traces.push(trace);
  return traces;
}

function dayOf(given: string | undefined): string {
  if (given !== undefined && !/^\d{4}-\d{2}-\d{2}$/u.test(given)) {
    throw new PointsmanError('request-invalid', `--as-of ${given} is not a day`, { mend: 'Write it as 2026-11-21.' });
  }
  return given ?? new Date().toISOString().slice(0, 10);
}

function seedOf(given: string): number {
  const seed = Number(given);
  if (!Number.isSafeInteger(seed))
    throw new PointsmanError('request-invalid', `--seed ${given} is not a whole number`, {
      mend: 'Give a whole number.',
    });
  return seed;
}
