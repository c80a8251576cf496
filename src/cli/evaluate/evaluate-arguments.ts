import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { CALLER_WIRES, type CallerWire } from '../../domain/model.ts';
import { nanoFromUsd, type NanoUsd, type UsdPerMTok } from '../../domain/money.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { SECOND_MS, type Ms, type Tokens } from '../../domain/time.ts';
import { SUITE_NAMES, type SuiteName } from '../../evaluate/task.ts';

export type AskedSuite = SuiteName | 'own';

/** What is asked of `pointsman evaluate`. */
export interface EvaluateAsked {
  readonly model: string;
  readonly suites: readonly AskedSuite[];
  readonly taskCount: number;
  readonly seed: number;
  /** Where the model is, where the configuration does not say it. */
  readonly url: string | undefined;
  readonly endpoint: string | undefined;
  readonly wire: CallerWire | undefined;
  readonly keyName: string | undefined;
  readonly price: { readonly input: UsdPerMTok; readonly output: UsdPerMTok } | undefined;
  readonly contextTokens: Tokens | undefined;
  readonly maxOutputTokens: Tokens;
  readonly timeoutMs: Ms;
  readonly budgetNanoUsd: NanoUsd | undefined;
  readonly fresh: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly config: string | undefined;
}

/** @throws PointsmanError `request-invalid` */
export function parseEvaluateArguments(args: readonly string[]): EvaluateAsked {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      suite: { type: 'string', multiple: true, default: [] },
      tasks: { type: 'string', default: '25' },
      seed: { type: 'string', default: '1' },
      url: { type: 'string' },
      endpoint: { type: 'string' },
      wire: { type: 'string' },
      'key-name': { type: 'string' },
      price: { type: 'string' },
      context: { type: 'string' },
      'max-output': { type: 'string', default: '4096' },
      timeout: { type: 'string', default: '180' },
      budget: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  const [model, ...more] = positionals;
  if (model === undefined || more.length > 0 || !/^[^\s\p{Cc}]{1,300}$/u.test(model)) {
    throw wrong(
      model === undefined ? 'Which model?' : 'One model is evaluated at a time, by a name without blanks.',
      'As in: pointsman evaluate local/coder, or: pointsman evaluate NAME --url http://127.0.0.1:8080/v1',
    );
  }
  if (values.url !== undefined && !/^https?:$/u.test(protocolOf(values.url)))
    throw wrong('--url is not an http or https address.', 'Give the root of the API, as in http://127.0.0.1:8080/v1');
  const budget = values.budget === undefined ? undefined : numberIn('--budget', values.budget, { above: 0, most: 1e6 });
  return {
    ...values,
    model,
    suites: suitesIn(values.suite),
    taskCount: wholeIn('--tasks', values.tasks, { least: 5, most: 500 }),
    seed: wholeIn('--seed', values.seed, { least: 0, most: 1e9 }),
    url: values.url,
    endpoint: endpointIn(values.endpoint),
    wire: wireIn(values.wire),
    keyName: keyNameIn(values['key-name']),
    price: priceIn(values.price),
    contextTokens:
      values.context === undefined
        ? undefined
        : wholeIn('--context', values.context, { least: 1024, most: 10_000_000 }),
    maxOutputTokens: wholeIn('--max-output', values['max-output'], { least: 64, most: 1_000_000 }),
    timeoutMs: numberIn('--timeout', values.timeout, { above: 0, most: 86_400 }) * SECOND_MS,
    budgetNanoUsd: budget === undefined ? undefined : nanoFromUsd(budget),
    dryRun: values['dry-run'],
    config: values.config,
  };
}

const SUITES: readonly AskedSuite[] = [...SUITE_NAMES, 'own'];

function suitesIn(given: readonly string[]): readonly AskedSuite[] {
  const names = given.flatMap((list) => list.split(',')).map((name) => name.trim());
  if (names.length === 0) return SUITE_NAMES;
  const unknown = names.find((name) => !(SUITES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const hint = `Suites are ${SUITES.join(', ')}; without --suite it is all but "own".`;
    throw wrong(`There is no suite "${unknown}".${didYouMean(unknown, SUITES)}`, hint);
  }
  return SUITES.filter((suite) => names.includes(suite));
}

function endpointIn(given: string | undefined): string | undefined {
  if (given === undefined || /^[a-z][a-z0-9-]{0,63}$/u.test(given)) return given;
  throw wrong(
    `--endpoint ${given} is no name for an endpoint.`,
    'Lower-case words joined by hyphens, as in my-server.',
  );
}

function wireIn(given: string | undefined): CallerWire | undefined {
  const wire = CALLER_WIRES.find((one) => one === given);
  if (given === undefined || wire !== undefined) return wire;
  throw wrong(
    `--wire ${given} is no format.${didYouMean(given, CALLER_WIRES)}`,
    `Formats are ${CALLER_WIRES.join(', ')}.`,
  );
}

function keyNameIn(given: string | undefined): string | undefined {
  if (given === undefined || /^[A-Za-z_]\w{0,199}$/u.test(given)) return given;
  // What was given may be the key itself, so it is not repeated.
  throw wrong('--key-name takes the name of an environment variable.', 'The key itself stays out of command lines.');
}

function priceIn(given: string | undefined): EvaluateAsked['price'] {
  if (given === undefined) return undefined;
  const [input, output, ...more] = given
    .split('/')
    .map((part) => numberIn('--price', part, { least: 0, most: 100_000 }));
  if (input !== undefined && output !== undefined && more.length === 0) return { input, output };
  throw wrong(
    `--price ${given} is not INPUT/OUTPUT.`,
    'USD per million tokens, as in --price 0.2/0.8; 0/0 if you really pay nothing.',
  );
}

interface Bounds {
  readonly above?: number;
  readonly least?: number;
  readonly most: number;
}

function numberIn(name: string, given: string, { above, least, most }: Bounds): number {
  const value = Number(given.replace(/^\$/u, ''));
  const isHigh = above === undefined ? value >= (least ?? 0) : value > above;
  if (given.trim() !== '' && Number.isFinite(value) && isHigh && value <= most) return value;
  throw wrong(
    `${name} ${given} is not a number from ${least ?? above ?? 0} to ${most}.`,
    'See "pointsman evaluate --help".',
  );
}

function wholeIn(name: string, given: string, bounds: Bounds & { readonly least: number }): number {
  const value = numberIn(name, given, bounds);
  if (Number.isInteger(value)) return value;
  throw wrong(`${name} ${given} is not a whole number.`, 'See "pointsman evaluate --help".');
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : '';
}

function wrong(message: string, hint: string): PointsmanError {
  return new PointsmanError('request-invalid', message, { hint });
}
