import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { headFiles, openEmbedder } from '../../app/open-predictor.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { NeedLabel } from '../../domain/need.ts';
import { RECORDS } from '../../learn/beliefs/bounded-weights.ts';
import { judgeOwn } from '../../learn/training/judge-own.ts';
import { modelCard } from '../../learn/training/model-card.ts';
import { ontoBase } from '../../learn/training/onto-base.ts';
import { toOwnOutcomes } from '../../learn/training/own-outcomes.ts';
import { train, type TrainResult } from '../../learn/training/train.ts';
import {
  EMPTY_TRAINING_SET,
  mergeTrainingSets,
  readTrainingFile,
  type TrainingSet,
} from '../../learn/training/training-set.ts';
import { loadArtifact, writeArtifact, type PredictorArtifact } from '../../predict/artifact.ts';
import { shippedArtifact } from '../../predict/shipped-artifact.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { createImportTally } from '../../sessions/importer.ts';
import { readSessions, sortFiles } from '../../sessions/read-sessions.ts';
import { createSeenCalls } from '../../sessions/seen-calls.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { labelsOfRecords, teachReader } from '../input/teach-reader.ts';
import { jsonText } from '../text/json-text.ts';

const MOST_RECORDS = 100_000;

export const command: CliCommand = {
  name: 'train',
  usage:
    '--data FILE[=LICENCE]|records … [--sessions FILE …] [--out DIR] [--name NAME] [--as-of DAY] [--seed N] [--against FILE] [--onto shipped|none|FILE] [--no-encoder] [--json]',
  run,
};

/** What training is asked to make of what. */
interface TrainArguments {
  readonly data: readonly string[];
  readonly sessions: readonly string[];
  readonly folder: string;
  readonly name: string;
  readonly asOf: string;
  readonly seed: number;
  readonly against: string | undefined;
  readonly onto: string | undefined;
  readonly configFile: string | undefined;
  readonly withEncoder: boolean;
  readonly json: boolean;
}

/** @throws PointsmanError `request-invalid` */
function parseArguments(args: readonly string[], cwd: string): TrainArguments {
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
      onto: { type: 'string' },
      config: { type: 'string' },
      'no-encoder': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const { data, sessions, name, against, onto } = values;
  if (data.length + sessions.length === 0) {
    throw new PointsmanError('request-invalid', 'pointsman train has nothing to learn from.', {
      hint: `Give --data FILE (outcome rows, labelled prompts, sessions with a reward), --data ${RECORDS}, or --sessions FILE.`,
    });
  }
  return {
    data,
    sessions,
    folder: path.resolve(cwd, values.out),
    name,
    asOf: dayOf(values['as-of']),
    seed: seedOf(values.seed),
    against,
    onto,
    configFile: values.config,
    withEncoder: !values['no-encoder'],
    json: values.json,
  };
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const asked = parseArguments(args, io.cwd);
  const labels = asked.data.includes(RECORDS) ? await labelsOfRecords(asked.configFile, io) : [];
  if (labels.length > 0) await teachReader(labels, asked, io);
  const set = mergeTrainingSets(
    await Promise.all(asked.data.map((item) => readData(item, asked.configFile, io, labels))),
  );
  if (labels.length === 0 || !isEmpty(set) || asked.sessions.length > 0) await trainPredictor(asked, set, io);
  return EXIT.ok;
}

async function trainPredictor(asked: TrainArguments, set: TrainingSet, io: CommandIo): Promise<void> {
  const progress = (text: string): void => io.stderr(`${text}\n`);
  const sessions = await readTraces(asked.sessions, io);
  const embedder = asked.withEncoder
    ? await openEmbedder({ env: io.env, onWarning: (error) => progress(error.message) })
    : undefined;
  try {
    const { name, asOf, seed } = asked;
    const learned = await train(set, { name, asOf, seed, embedder, sessions, progress });
    const inUse = asked.against === undefined ? shippedArtifact() : loadArtifact(path.resolve(io.cwd, asked.against));
    const base = baseOf(asked.onto, asked.data, io.cwd);
    const artifact = base === undefined ? learned.artifact : ontoBase(learned.artifact, base);
    if (base !== undefined) progress(`on top of ${base.name}: what these data say nothing about stays as it is there`);
    const own = await judgeOwn(set.outcomes, base ?? inUse, loadCatalog().models);
    await writeMade({ ...learned, artifact }, asked, io, (result) => modelCard(result, inUse, own));
  } finally {
    await embedder?.close();
  }
}

/** The predictor, its heads as ONNX files and its card; the card is printed as well. */
async function writeMade(
  result: TrainResult,
  { folder, json }: Pick<TrainArguments, 'folder' | 'json'>,
  io: CommandIo,
  toCard: (result: TrainResult) => string,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'predictor.json'), writeArtifact(result.artifact));
  const heads = await headFiles(result.artifact);
  for (const { name, bytes } of heads) writeFileSync(path.join(folder, name), bytes);
  const card = toCard(result);
  writeFileSync(path.join(folder, 'MODEL-CARD.md'), card);
  const files = ['predictor.json', 'MODEL-CARD.md', ...heads.map(({ name }) => name)];
  io.stdout(json ? jsonText('train', { folder, files, card }) : card);
  io.stderr(
    `Written to ${folder}: ${files.join(', ')}\n` +
      `To route with it: export POINTSMAN_PREDICTOR=${path.join(folder, 'predictor.json')}\n`,
  );
}

/**
 * What is learned from own records comes on top of the shipped artifact, because a store says nothing of most models, nor of
 * words; what is learned from files stands alone. `--onto` says otherwise.
 */
function baseOf(given: string | undefined, data: readonly string[], cwd: string): PredictorArtifact | undefined {
  const onto = given ?? (data.includes(RECORDS) ? 'shipped' : 'none');
  if (onto === 'none') return undefined;
  return onto === 'shipped' ? shippedArtifact() : loadArtifact(path.resolve(cwd, onto));
}

async function readData(
  item: string,
  configFile: string | undefined,
  io: CommandIo,
  labels: readonly NeedLabel[],
): Promise<TrainingSet> {
  if (item === RECORDS) return ownRecords(configFile, io, labels);
  const [file = item, licence] = item.split('=', 2);
  return readTrainingFile(path.resolve(io.cwd, file), licence);
}

/** Steps of the store as outcome rows; those of scripted jobs teach nothing, and it is said how many were left out. */
async function ownRecords(
  configFile: string | undefined,
  io: CommandIo,
  labels: readonly NeedLabel[],
): Promise<TrainingSet> {
  return withPointsman(io, { configFile }, async (pointsman) => {
    const steps: StepRecord[] = [];
    const scripted = new Set<string>();
    for (const job of await pointsman.jobs({ limit: MOST_RECORDS })) {
      for (const step of await pointsman.jobSteps(job.jobId)) {
        if (job.scripted) scripted.add(step.decision.decisionId);
        else steps.push(step);
      }
    }
    const outcomes = await pointsman.outcomes({ limit: MOST_RECORDS });
    const known = new Set<string>(steps.map((step) => step.decision.decisionId));
    // Advice and calls of the gateway belong to no job: only a report leads to them.
    for (const decisionId of new Set(outcomes.map((outcome) => outcome.decisionId))) {
      if (!known.has(decisionId) && !scripted.has(decisionId)) steps.push(await pointsman.decision(decisionId));
    }
    const { rows, reportedCount, correctedCount } = toOwnOutcomes(steps, outcomes);
    io.stderr(
      `${rows.length} own steps with a known outcome: ${reportedCount} as reported later (${correctedCount} against their ` +
        `checks), the others as their checks said; ${scripted.size} steps of scripted jobs are left out\n`,
    );
    if (rows.length === 0 && labels.length === 0) {
      throw new PointsmanError('request-invalid', 'The store has no own step with a known outcome.', {
        hint: 'Run jobs that call real models, or report outcomes (record_outcome); demo jobs are scripted and teach nothing.',
      });
    }
    return {
      ...EMPTY_TRAINING_SET,
      outcomes: rows,
      sources: rows.length === 0 ? [] : [{ name: RECORDS, licence: 'own', rowCount: rows.length }],
    };
  });
}

function isEmpty({ outcomes, kindTexts, endings }: TrainingSet): boolean {
  return outcomes.length + kindTexts.length + endings.length === 0;
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
    throw new PointsmanError('request-invalid', `--as-of ${given} is not a day`, { hint: 'Write it as 2026-11-21.' });
  }
  return given ?? new Date().toISOString().slice(0, 10);
}

function seedOf(given: string): number {
  const seed = Number(given);
  if (!Number.isSafeInteger(seed))
    throw new PointsmanError('request-invalid', `--seed ${given} is not a whole number`, {
      hint: 'Give a whole number.',
    });
  return seed;
}
