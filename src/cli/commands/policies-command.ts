import { parseArgs } from 'node:util';
import type { Catalog } from '../../catalog/catalog.ts';
import { decideExample } from '../../decisions/decide-example.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import { STAKES_FACTORS } from '../../domain/need.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import type { StandingCertificate } from '../../learn/certificate/certificate-file.ts';
import { exampleFaults } from '../../policy/example-faults.ts';
import { choosePolicy, type LoadedPolicy } from '../../policy/load-policies.ts';
import type { LockRow } from '../../policy/lock-rows.ts';
import { admittedBy } from '../../policy/policy-warnings.ts';
import { decide } from '../../router/decide.ts';
import { calibrateDial, type DialCalibration } from '../dial/calibrate-dial.ts';
import { calibrationText, ownCalibrationText } from '../dial/calibration-text.ts';
import { ownTarget } from '../dial/dial-arguments.ts';
import { calibrateOnRecords } from '../dial/own-calibration.ts';
import { savedCertificates } from '../dial/saved-certificates.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { poolNamed } from '../input/model-pool.ts';
import { lockLines, savedLock } from '../learn/saved-lock.ts';
import { savedCertificateLine } from '../text/certificate-text.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../width/text-table.ts';

export const command: CliCommand = {
  name: 'policies',
  usage:
    '[ID | FILE] [--calibrate [--pool ready|all|NAME] [--on records [--days N] [--spend-at-most USD] [--success-at-least PERCENT]]] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        calibrate: { type: 'boolean', default: false },
        pool: { type: 'string' },
        on: { type: 'string' },
        days: { type: 'string' },
        'spend-at-most': { type: 'string' },
        'success-at-least': { type: 'string' },
        config: { type: 'string' },
      },
      allowPositionals: true,
    });
    if (positionals.length > 1) {
      throw new PointsmanError('request-invalid', 'Name one policy at a time.', { hint: 'Use its id or its file.' });
    }
    const own = ownTarget(values, positionals[0]);
    const settings = await loadSettings(io, values.config);
    const [named] = positionals;
    if (named === undefined) {
      const certificates = await savedCertificates(settings, io);
      const learned = await savedLock(settings, io);
      io.stdout(
        values.json
          ? listJson(settings, certificates, learned)
          : `${listText(settings, certificates)}${lockLines(learned)}`,
      );
      return EXIT.ok;
    }
    const loaded = choosePolicy(settings.policies, named, { catalog: settings.catalog, cwd: io.cwd });
    if (values.calibrate && own !== undefined) {
      const calibration = await calibrateOnRecords(loaded.policy, settings, own, io);
      io.stdout(values.json ? jsonText('policies', calibration) : ownCalibrationText(calibration));
      return calibration.answer?.kind === 'cannot' ? EXIT.failed : EXIT.ok;
    }
    if (values.calibrate) {
      const calibration = calibratePool(loaded, values.pool ?? 'ready', settings);
      io.stdout(values.json ? jsonText('policies', calibration) : calibrationText(calibration));
      return EXIT.ok;
    }
    const learned = (await savedLock(settings, io)).filter(({ policyId }) => policyId === loaded.policy.id);
    return showPolicy(loaded, settings, { json: values.json, io, learned });
  },
};

/** One policy with its examples decided; a failure where one of them does not hold. */
function showPolicy(
  loaded: LoadedPolicy,
  { catalog }: Settings,
  { json, io, learned }: { readonly json: boolean; readonly io: CommandIo; readonly learned: readonly LockRow[] },
): ExitCode {
  const examples = runExamples(loaded, catalog);
  const { policy, summary, file, warnings } = loaded;
  io.stdout(
    json
      ? jsonText('policies', { policy, summary, file, warnings, examples, learned })
      : `${showText(loaded, examples, catalog)}${lockLines(learned)}`,
  );
  return examples.every((example) => example.faults.length === 0) ? EXIT.ok : EXIT.failed;
}

interface ExampleResult {
  readonly say: string;
  /** How the decision differs from what the file expects. */
  readonly faults: readonly string[];
}

function runExamples({ examples, policy }: LoadedPolicy, catalog: Catalog): readonly ExampleResult[] {
  return examples.map((example) => ({
    say: example.say,
    faults: exampleFaults(example, decideExample(example, policy, { catalog, decide }), catalog),
  }));
}

function calibratePool(loaded: LoadedPolicy, pool: string, settings: Settings): DialCalibration {
  const models = admittedBy(loaded.policy, poolNamed(pool, settings)).filter((model) => model.toolCalling);
  if (models.length === 0) {
    throw new PointsmanError('not-found', `The pool "${pool}" has no model that this policy admits.`, {
      hint: 'Set a key, or measure on --pool all.',
    });
  }
  return calibrateDial(loaded.policy, models);
}

function listJson(
  settings: Settings,
  certificates: readonly StandingCertificate[],
  learned: readonly LockRow[],
): string {
  const { policies, config } = settings;
  const rows = [...policies.values()].map(({ policy, summary, file, warnings, examples }) => ({
    id: policy.id,
    version: policy.version,
    mode: policy.mode,
    dial: policy.dial,
    summary,
    file,
    exampleCount: examples.length,
    warnings,
  }));
  return jsonText('policies', { default: config.policyId, policies: rows, certificates, learned });
}

function listText(settings: Settings, certificates: readonly StandingCertificate[]): string {
  const { policies, config, catalog } = settings;
  const rows = [...policies.values()].map(({ policy, summary, warnings }) => [
    policy.id + (policy.id === config.policyId ? ' *' : ''),
    policy.mode,
    String(policy.dial),
    `${admittedBy(policy, catalog.models).length}/${catalog.models.length}`,
    warnings.length === 0 ? summary : `${summary} (! ${warnings.map((warning) => warning.code).join(', ')})`,
  ]);
  const columns = ['POLICY', 'MODE', 'DIAL', 'MODELS', 'WHAT IT IS FOR'].map((title) => ({
    title,
    ...(title === 'WHAT IT IS FOR' ? {} : { isWhole: true as const }),
  }));
  const proved = certificates.map((saved) => `${savedCertificateLine(saved)}\n`);
  return `${textTable(columns, rows)}\n* the default. "pointsman policies ID" shows one, "pointsman policies FILE" checks a file.\n${
    proved.length === 0 ? '' : `\nProved on held-out rows:\n${proved.join('')}`
  }`;
}

function showText(loaded: LoadedPolicy, examples: readonly ExampleResult[], catalog: Catalog): string {
  const failed = examples.filter((example) => example.faults.length > 0).length;
  const lines = [
    `${loaded.policy.id} v${loaded.policy.version} (${loaded.policy.mode}): ${loaded.summary}`,
    '',
    ...rulesOf(loaded, catalog).map((rule) => `  ${rule}`),
    ...loaded.warnings.flatMap((warning) => ['', `  ! ${warning.message} ${warning.hint}`]),
    '',
    `Examples: ${examples.length - failed} of ${examples.length} hold.`,
    ...examples.flatMap((example) => [
      `  ${example.faults.length === 0 ? 'ok  ' : 'FAIL'} ${example.say}`,
      ...example.faults.map((fault) => `       ${fault}`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The rules in words; what is not limited is not mentioned. */
function rulesOf({ policy }: LoadedPolicy, catalog: Catalog): readonly string[] {
  const failure = STEP_KINDS.map((kind) => `${kind} ${formatUsd(policy.failureNanoUsd[kind])}`).join(', ');
  const admitted = admittedBy(policy, catalog.models).length;
  const { jobNanoUsd, stepNanoUsd } = policy.budget;
  return [
    `dial ${policy.dial} (0 most capable, 10 cheapest)`,
    `a failed step costs: ${failure}`,
    ...stakesOf(policy),
    ...readingOf(policy),
    ...(policy.frontierPenaltyRatio > 0
      ? [`frontier models count ${percent(policy.frontierPenaltyRatio)} dearer`]
      : []),
    ...(policy.waitingNanoUsdPerSecond > 0
      ? [`a second of waiting costs ${formatUsd(policy.waitingNanoUsdPerSecond)}`]
      : []),
    ...(policy.familyMarginNanoUsd > 0 ? [`leaving a family must gain ${formatUsd(policy.familyMarginNanoUsd)}`] : []),
    ...(policy.maxOverheadRatio === undefined
      ? []
      : [`a session never bills more than ${percent(policy.maxOverheadRatio)} above never switching`]),
    ...(policy.reviewerOtherFamily ? ['reviewers are of another family than the author'] : []),
    ...(jobNanoUsd === undefined ? [] : [`a job pauses and asks at ${formatUsd(jobNanoUsd)}`]),
    ...(stepNanoUsd === undefined ? [] : [`a step may cost ${formatUsd(stepNanoUsd)}`]),
    ...Object.entries(policy.kindModels).map(([kind, models]) => `${kind} steps go to ${models.join(', ')}`),
    ...Object.entries(policy.kindModes).map(([kind, modes]) => `${kind} steps run as ${modes.join(' or ')}`),
    ...Object.entries(policy.compliance).map(([demand, value]) => `endpoints must meet ${demand}: ${String(value)}`),
    `at most ${policy.ladder.maxRungs} tries a step; looks ${policy.lookahead.maxSteps} steps ahead`,
    `admits ${admitted} of ${catalog.models.length} models`,
  ];
}

function stakesOf({ stakesFactors = STAKES_FACTORS }: RouterPolicy): readonly string[] {
  const [minutes, hours, harm] = stakesFactors;
  return [`times ${minutes} where that costs minutes, ${hours} hours or a bad commit, ${harm} harm`];
}

/** Who reads what a step needs, where that is not the usual. */
function readingOf({ reader, textGates, risk }: RouterPolicy): readonly string[] {
  return [
    ...(reader === undefined
      ? []
      : [
          `${reader.model ?? 'a small model'} is asked what a step needs, for at most ${formatUsd(reader.maxStepNanoUsd)} expected and ${reader.maxWaitMs / 1000} s`,
        ]),
    ...(textGates === 'shut' ? ['no trained text gate is heard'] : []),
    ...(risk === undefined ? [] : [`risks that words carry are advice: they are ${RISK_MODES[risk.mode]}`]),
  ];
}

const RISK_MODES = { watch: 'only recorded', lane: 'recorded, and limit the models' } as const;

const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(1))} %`;
