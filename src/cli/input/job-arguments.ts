import path from 'node:path';
import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import type { JobRequest } from '../../orchestrator/model/job-request.ts';
import { parseHands } from '../../policy/hands-choice.ts';

export const JOB_USAGE =
  '"TASK" [--workspace DIR] [--policy ID|FILE] [--dial 0-10] [--budget USD] [--model NAME] [--step-model review=NAME] [--hands claude-code|code=codex|review=acp:gemini] [--in-place] [--no-pings] [--yes] [--json] [--config FILE]';

/** What `run` and `plan` understand. */
export interface JobArguments {
  readonly request: JobRequest;
  readonly json: boolean;
  readonly configFile: string | undefined;
  /** `plan` has a model make it. */
  readonly asksModel: boolean;
  readonly pings: boolean;
}

/** @throws PointsmanError `request-invalid` for what is missing or no number */
export function parseJobArguments(args: readonly string[], cwd: string): JobArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      workspace: { type: 'string', default: '.' },
      policy: { type: 'string' },
      dial: { type: 'string' },
      budget: { type: 'string' },
      model: { type: 'string' },
      'step-model': { type: 'string', multiple: true, default: [] },
      hands: { type: 'string', multiple: true, default: [] },
      'in-place': { type: 'boolean', default: false },
      'no-pings': { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      ask: { type: 'boolean', default: false },
      // What --ask was called.
      'dry-run': { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  if (positionals.length > 1) {
    throw new PointsmanError('request-invalid', `One task is expected; there are ${positionals.length}.`, {
      hint: 'Put the whole task into quotes.',
    });
  }
  const stepModels = parseStepModels(values['step-model']);
  return {
    request: {
      task: positionals[0] ?? '',
      workspace: path.resolve(cwd, values.workspace),
      policy: values.policy,
      dial: toDial(values.dial),
      budgetUsd: toBudget(values.budget),
      model: values.model,
      stepModels: Object.keys(stepModels).length === 0 ? undefined : stepModels,
      hands: parseHands(values.hands),
      approve: values.yes ? 'all' : undefined,
      inPlace: values['in-place'] ? true : undefined,
    },
    json: values.json,
    configFile: values.config,
    asksModel: values.ask || values['dry-run'],
    pings: !values['no-pings'],
  };
}

/** @throws PointsmanError `request-invalid` */
export function toNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/^\$/u, ''));
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new PointsmanError('request-invalid', `${name} takes a number; "${text}" is none.`);
}

/** @throws PointsmanError `request-invalid` */
export function toDial(text: string | undefined): number | undefined {
  const dial = toNumber('--dial', text);
  if (dial === undefined || (dial >= 0 && dial <= 10)) return dial;
  throw new PointsmanError('request-invalid', `The dial goes from 0 to 10; ${dial} is outside.`, {
    hint: 'Use 0 for the most capable models, 10 for the cheapest.',
  });
}

function toBudget(text: string | undefined): number | undefined {
  const usd = toNumber('--budget', text);
  if (usd === undefined || usd > 0) return usd;
  throw new PointsmanError('request-invalid', `--budget must be more than $0; ${usd} is not.`, {
    hint: 'Leave it out for no limit but that of the configuration.',
  });
}

function parseStepModels(pairs: readonly string[]): Readonly<Partial<Record<StepKind, string>>> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf('=');
    const kind = STEP_KINDS.find((one) => one === pair.slice(0, at));
    if (kind !== undefined && at < pair.length - 1) return [kind, pair.slice(at + 1)] as const;
    throw new PointsmanError('request-invalid', `--step-model takes KIND=MODEL; "${pair}" is not that.`, {
      hint: `Kinds are ${STEP_KINDS.join(', ')}.`,
    });
  });
  return Object.fromEntries(entries);
}
