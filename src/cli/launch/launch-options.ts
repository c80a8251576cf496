import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';

/** How the gateway of one harness routes; what is absent is as the configuration says. */
export interface LaunchOptions {
  readonly policy?: string;
  readonly dial?: number;
  readonly pool?: string;
  readonly pings: boolean;
}

const OPTIONS = {
  policy: { type: 'string' },
  dial: { type: 'string' },
  pool: { type: 'string' },
  'no-pings': { type: 'boolean' },
} as const;

/**
 * Takes our own options from the front. The first argument that is none of them, or what stands behind `--`, and all after it
 * belong to the harness, so that its own options of any name reach it.
 * @throws PointsmanError `request-invalid`
 */
export function takeLaunchOptions(args: readonly string[]): {
  readonly options: LaunchOptions;
  readonly rest: readonly string[];
} {
  const end = countOwn(args);
  const { values } = parseArgs({ args: args.slice(0, end), options: OPTIONS });
  const rest = args.slice(args[end] === '--' ? end + 1 : end);
  return {
    rest,
    options: {
      pings: values['no-pings'] !== true,
      ...(values.policy === undefined ? {} : { policy: values.policy }),
      ...(values.dial === undefined ? {} : { dial: dialOf(values.dial) }),
      ...(values.pool === undefined ? {} : { pool: values.pool }),
    },
  };
}

/** How many of the arguments are ours, those that every command takes included. */
export function countOwn(args: readonly string[]): number {
  let end = 0;
  for (let length = ownLength(args[0]); length > 0; length = ownLength(args[end])) end += length;
  return Math.min(end, args.length);
}

/** Of every command; the dispatcher takes them out. */
const COMMON = ['--help', '-h', '--trust'];

/** How many arguments an option of ours takes; 0: it is none. */
function ownLength(argument = ''): number {
  const [name = '', ...inline] = argument.split('=');
  if (COMMON.includes(argument) || name === '--no-pings') return 1;
  if (name !== '--log-level' && !(name.startsWith('--') && Object.hasOwn(OPTIONS, name.slice(2)))) return 0;
  return inline.length > 0 ? 1 : 2;
}

function dialOf(text: string): number {
  const dial = Number(text);
  if (text.trim() !== '' && dial >= 0 && dial <= 10) return dial;
  throw new PointsmanError('request-invalid', `--dial takes 0 to 10; "${text}" is not.`);
}
