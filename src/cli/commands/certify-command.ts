import { createHash } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openArtifact, openNeedReader, openPredictor } from '../../app/open-predictor.ts';
import { withCertificates } from '../../app/stores/open-certificates.ts';
import type { AuditWish } from '../../audit/audit-entry.ts';
import { ablestFor, modelsInRows, judgeRows } from '../../decisions/judge-rows.ts';
import { stepReaders } from '../../decisions/read-step.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import type { Ratio } from '../../domain/time.ts';
import { policyDigest, type SavedCertificate } from '../../learn/certificate/certificate-file.ts';
import { certifyThrift, type ThriftCertificate } from '../../learn/certificate/certify-thrift.ts';
import { retryCertificate, type EarlierPromise } from '../../learn/certificate/retry-certificate.ts';
import { parseOutcomeRows, readRowsText, type OutcomeRow } from '../../learn/training/outcome-row.ts';
import { choosePolicy } from '../../policy/load-policies.ts';
import { admittedBy } from '../../policy/policy-warnings.ts';
import { artifactVersion } from '../../predict/artifact.ts';
import { decide } from '../../router/decide.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { poolNamed } from '../input/model-pool.ts';
import { noteAct } from '../stores/note-act.ts';
import { certificateText, type MadeCertificate } from '../text/certificate-text.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'certify',
  usage:
    '--rows FILE [--worse-by PERCENT] [--confidence PERCENT] [--reference MODEL] [--policy ID|FILE] [--pool ready|all|NAME] [--json] [--config FILE]',
  run,
};

interface Asked {
  readonly rows: string;
  readonly worseByRatio: Ratio;
  readonly confidenceRatio: Ratio;
  readonly reference: string | undefined;
  readonly policy: string | undefined;
  readonly pool: string;
  readonly json: boolean;
  readonly config: string | undefined;
}

/** @throws PointsmanError `request-invalid` */
function parseArguments(args: readonly string[], cwd: string): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string' },
      'worse-by': { type: 'string', default: '5' },
      confidence: { type: 'string', default: '95' },
      reference: { type: 'string' },
      policy: { type: 'string' },
      pool: { type: 'string', default: 'all' },
      json: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  if (values.rows === undefined) {
    throw new PointsmanError('request-invalid', 'A certificate needs tasks whose outcomes are known.', {
      hint: 'Give --rows FILE: JSON lines of {"id", "task_type", "prompt", "outcomes": {"model": {"score": 0..1, "cost_usd"}}}.',
    });
  }
  return {
    ...values,
    rows: path.resolve(cwd, values.rows),
    worseByRatio: percentIn('--worse-by', values['worse-by'], { above: 0, below: 100 }),
    confidenceRatio: percentIn('--confidence', values.confidence, { above: 50, below: 100 }),
    reference: values.reference,
    policy: values.policy,
    config: values.config,
  };
}

function percentIn(
  name: string,
  given: string,
  { above, below }: { readonly above: number; readonly below: number },
): Ratio {
  const percent = Number(given.replace(/\s*%$/u, ''));
  if (given.trim() !== '' && percent > above && percent < below) return percent / 100;
  throw new PointsmanError('request-invalid', `${name} ${given} is not between ${above} and ${below} per cent`, {
    hint: `Write it as ${name} ${name === '--confidence' ? '95' : '5'}.`,
  });
}

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const asked = parseArguments(args, io.cwd);
  const settings = await loadSettings(io, asked.config);
  const text = readRowsText(asked.rows);
  const rows = parseOutcomeRows(text, asked.rows);
  const made = await certify(rows, asked, settings, io);
  const isProved = made.certificates.some(({ notch }) => notch !== undefined);
  const saved = toSaved(made, asked, createHash('sha256').update(text).digest('hex'));
  if (isProved) io.stderr(await keep(saved, settings, io));
  const earlier = isProved ? undefined : await holdEarlier(saved, made, { settings, io });
  const shown = earlier === undefined ? made : { ...made, earlier };
  io.stdout(asked.json ? jsonText('certify', shown) : certificateText(shown));
  return isProved ? EXIT.ok : EXIT.failed;
}

/** Says where it is kept. */
async function keep(saved: SavedCertificate, { config: { store } }: Settings, io: CommandIo): Promise<string> {
  try {
    const place = await withCertificates(store, (certificates) => certificates.save(saved));
    await noteAct(io, { store, gate: await openFolderGate(io) }, { act: 'certificate-made', ...aboutOf(saved) });
    return `Kept in ${place}; "pointsman policies" shows it.\n`;
  } catch (thrown) {
    // What was found out is shown all the same.
    return `Kept nowhere: ${toPointsmanError(thrown, 'record-unwritable').message}\n`;
  }
}

function aboutOf({
  policyId,
  referenceModel,
  worseByRatio,
  confidenceRatio,
}: SavedCertificate): Omit<AuditWish, 'act' | 'actor'> {
  return { subject: policyId, detail: { referenceModel, worseByRatio, confidenceRatio } };
}

/** What was promised before is held against what could not be proved now. */
async function holdEarlier(
  failed: SavedCertificate,
  made: MadeCertificate,
  { settings, io }: { readonly settings: Settings; readonly io: CommandIo },
): Promise<EarlierPromise | undefined> {
  const least = new Map(made.certificates.map(({ kind, leastRowCount }) => [kind, leastRowCount]));
  try {
    const { store } = settings.config;
    const earlier = await withCertificates(store, (certificates) => retryCertificate(certificates, failed, least));
    if (earlier?.kind === 'taken-back')
      await noteAct(
        io,
        { store, gate: await openFolderGate(io) },
        { act: 'certificate-withdrawn', ...aboutOf(failed) },
      );
    return earlier;
  } catch (thrown) {
    // What was found out is shown all the same.
    const { message } = toPointsmanError(thrown, 'record-unwritable');
    io.stderr(`What was promised before, if anything was, is left as it is: ${message}\n`);
    return undefined;
  }
}

async function certify(
  rows: readonly OutcomeRow[],
  asked: Asked,
  settings: Settings,
  io: CommandIo,
): Promise<MadeCertificate> {
  const { policy } = choosePolicy(settings.policies, asked.policy ?? settings.config.policyId, {
    catalog: settings.catalog,
    cwd: io.cwd,
  });
  let withEncoder = true;
  const onWarning = (error: PointsmanError): void => {
    withEncoder = false;
    io.stderr(`Without the sentence encoder: ${error.message}\n`);
  };
  const predict = { env: io.env, onWarning };
  const artifact = openArtifact(predict);
  refuseOwnLessons(asked.rows, artifact.sources);
  // Read as the product reads: a promise made otherwise would be about other choices.
  const needs = openNeedReader(predict, 'always');
  const readers = stepReaders(openPredictor(predict), undefined, needs);
  const models = modelsInRows(rows, admittedBy(policy, poolNamed(asked.pool, settings)));
  const reference = await referenceOf(asked, models, settings, () => ablestFor(rows, models, { readers, policy }));
  const judge = { policy, models, reference, readers, decide, signal: io.signal, onRow: progressOf(io, rows.length) };
  const judged = await judgeRows(rows, judge).finally(async () => needs.close());
  if (judged.rows.length === 0) {
    throw new PointsmanError(
      'request-invalid',
      `No row tells what ${reference.id} made of a task beside another model.`,
      {
        hint: 'Rows need outcomes of the reference and of at least two models of the pool.',
      },
    );
  }
  return {
    policyId: policy.id,
    dial: policy.dial,
    digest: policyDigest(policy),
    predictorVersion: artifactVersion(artifact),
    referenceModel: reference.id,
    models: models.map(({ id }) => id),
    worseByRatio: asked.worseByRatio,
    confidenceRatio: asked.confidenceRatio,
    withEncoder,
    leftOutCount: judged.leftOutCount,
    certificates: certifyThrift(judged.rows, asked),
  };
}

/** @throws PointsmanError `request-invalid` where fewer than two models can be compared, `not-found` for a reference that cannot */
async function referenceOf(
  { reference: named }: Asked,
  models: readonly Model[],
  { catalog }: Settings,
  ablest: () => Promise<Model | undefined>,
): Promise<Model> {
  if (models.length < 2) {
    throw new PointsmanError(
      'request-invalid',
      'Of the models that the policy admits, the rows tell of fewer than two.',
      {
        hint: 'Models are found by name, without what stands before a slash; nine rows of ten must have an outcome of each.',
      },
    );
  }
  const id = named === undefined ? undefined : (catalog.get(named)?.id ?? named);
  const reference = named === undefined ? await ablest() : models.find((model) => model.id === id);
  if (reference !== undefined) return reference;
  throw new PointsmanError('not-found', `The rows cannot hold anything against "${named}".`, {
    hint: `They know ${models.map((model) => model.id).join(', ')}.`,
  });
}

/** @throws PointsmanError `request-invalid`: what was learned from cannot certify what was learned */
function refuseOwnLessons(file: string, sources: readonly { readonly name: string }[]): void {
  const name = path.basename(file);
  // Of a file that was packed or unpacked since, the rows are the same.
  const unpacked = (one: string): string => one.toLowerCase().replace(/\.gz$/u, '');
  if (!sources.some((source) => unpacked(source.name) === unpacked(name))) return;
  throw new PointsmanError(
    'request-invalid',
    `The predictor in use learned from ${name}: its rows cannot certify it.`,
    {
      hint: 'Train on some rows and certify on others, in a file of their own.',
    },
  );
}

function progressOf(io: CommandIo, count: number): (done: number) => void {
  const { erase } = io;
  if (erase === undefined) return () => undefined;
  return (done) => {
    if (done % 50 !== 0 && done !== count) return;
    erase('line');
    if (done < count) io.stderr(`deciding row ${done} of ${count}`);
  };
}

function toSaved(made: MadeCertificate, { rows }: Asked, rowsSha256: string): SavedCertificate {
  const { policyId, digest, predictorVersion, referenceModel, models, worseByRatio, confidenceRatio, withEncoder } =
    made;
  return {
    madeAt: Date.now(),
    policyId,
    policyDigest: digest,
    models: [...models],
    predictorVersion,
    referenceModel,
    rowsName: path.basename(rows),
    rowsSha256,
    worseByRatio,
    confidenceRatio,
    ...(withEncoder ? {} : { withEncoder }),
    kinds: made.certificates.map(({ kind, rowCount, notch }: ThriftCertificate) => ({
      kind,
      rowCount,
      ...(notch === undefined ? {} : { notch }),
    })),
  };
}
