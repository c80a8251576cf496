import path from 'node:path';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';

/** One program that may be run, and how. What is not named is not allowed. */
export interface CommandRule {
  /** Exact name, looked up on the PATH; never a path, never a shell. */
  readonly program: string;
  /** What the first arguments must be, one of these, word by word, such as `['run']` or `['-m', 'pytest']`. */
  readonly starts?: readonly (readonly string[])[];
  /** One-letter options that may stand, alone or together, and may end in a number: `la` allows `-l`, `-la`, `-l5`. */
  readonly letters?: string;
  /** Long options that may stand; one that ends in `=` takes a value. */
  readonly options?: readonly string[];
  /** Arguments that pointsman itself adds after the start. */
  readonly added?: readonly string[];
  /** The first plain argument is a pattern, not a path. */
  readonly patternFirst?: boolean;
  /** Options behind the first name belong to the script that is run and are not checked, as those behind `--` always are; its paths still are. */
  readonly scriptArguments?: boolean;
  /** It only looks: no permission is asked for, and it may be run again. */
  readonly readOnly?: boolean;
}

const looks = (program: string, letters: string, options: readonly string[] = []): CommandRule => ({
  program,
  starts: [[]],
  letters,
  options,
  readOnly: true,
});

const gitStatusOptions = ['--short', '--branch', '--porcelain', '--porcelain='];
const gitLogOptions = (
  '--stat --cached --staged --name-only --name-status --numstat --oneline --graph --all --max-count= --since= --until= ' +
  '--author= --grep= --format= --pretty= --unified= --patch --reverse --follow --merge-base --word-diff --summary'
).split(' ');

/**
 * The allow list where the config has none: programs that look, and programs that run the workspace's own code and tests.
 * The second kind runs with the user's rights and can do what the workspace's code does; that is why they need permission.
 */
export const defaultCommandRules: readonly CommandRule[] = [
  looks('ls', 'aAl1hRrtSdF', ['--all', '--recursive']),
  looks('cat', 'nbsAE'),
  looks('head', 'ncq', ['--lines=', '--bytes=']),
  looks('tail', 'ncq', ['--lines=', '--bytes=']),
  looks('wc', 'lwcm'),
  {
    ...looks('grep', 'rnilcvwEFhHoABCm', ['--include=', '--exclude=', '--exclude-dir=', '--max-count=', '--context=']),
    patternFirst: true,
  },
  {
    program: 'git',
    starts: [['status']],
    letters: 'bsu',
    options: gitStatusOptions,
    added: ['--ignore-submodules=all'],
    readOnly: true,
  },
  {
    program: 'git',
    starts: [['diff'], ['log'], ['show']],
    letters: 'bspnuUwzM',
    options: gitLogOptions,
    added: ['--no-ext-diff', '--no-textconv', '--ignore-submodules=all'],
    readOnly: true,
  },
  {
    program: 'node',
    letters: 'cv',
    options: [
      '--test',
      '--test-reporter=',
      '--test-name-pattern=',
      '--test-only',
      '--check',
      '--version',
      '--enable-source-maps',
      '--no-warnings',
    ],
    scriptArguments: true,
  },
  {
    program: 'npm',
    starts: [['test'], ['t'], ['run'], ['run-script']],
    letters: 's',
    options: ['--silent', '--if-present', '--workspaces', '--workspace='],
  },
  { program: 'npx', starts: [[]], added: ['--no', '--'], scriptArguments: true },
  {
    program: 'pytest',
    letters: 'qvxs',
    options: ['--maxfail=', '--tb=', '--lf', '--co', '--continue-on-collection-errors'],
  },
  {
    program: 'python3',
    starts: [
      ['-m', 'pytest'],
      ['-m', 'unittest'],
    ],
    letters: 'qvxs',
    options: ['--maxfail=', '--tb=', '--lf'],
  },
  { program: 'go', starts: [['test'], ['vet'], ['build']], letters: 'v', options: ['-run=', '-race', '-count='] },
  {
    program: 'cargo',
    starts: [['test'], ['check'], ['build'], ['clippy']],
    letters: 'qv',
    options: ['--release', '--workspace', '--all-targets', '--lib', '--quiet', '--no-fail-fast'],
  },
  { program: 'make', starts: [['test'], ['check'], ['build'], ['lint']] },
];

/** Programs that run whatever text they are given: an allow list with one of them is none. */
const shells = new Set(
  'sh bash dash zsh ksh fish csh tcsh ash busybox cmd powershell pwsh env xargs sudo su doas eval exec nohup setsid timeout watch ssh script expect'.split(
    ' ',
  ),
);

const ruleSchema = z.strictObject({
  program: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/u, 'a program is a bare name, without a folder'),
  starts: z.array(z.array(z.string())).min(1).optional(),
  letters: z
    .string()
    .regex(/^[A-Za-z0-9]*$/u)
    .optional(),
  options: z.array(z.string().startsWith('-')).optional(),
  added: z.array(z.string()).optional(),
  patternFirst: z.boolean().optional(),
  scriptArguments: z.boolean().optional(),
  readOnly: z.boolean().optional(),
});

/**
 * Reads an allow list from config.
 * @throws PointsmanError `config-invalid` with the path of the first mistake; shells are a mistake.
 */
export function parseCommandRules(value: unknown): readonly CommandRule[] {
  const parsed = z.array(ruleSchema).safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`commands.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong shape'}`);
  }
  for (const rule of parsed.data) {
    const name = path.parse(rule.program.toLowerCase()).name;
    if (shells.has(name))
      throw invalid(`"${rule.program}" runs any text it is given, so it cannot be on an allow list`);
  }
  return parsed.data as readonly CommandRule[];
}

function invalid(message: string): PointsmanError {
  return new PointsmanError('config-invalid', message, { hint: 'Correct the list of commands in the config file.' });
}

/** The list as a person or a model would read it: `git status|diff|log|show`. */
export function describeRules(rules: readonly CommandRule[]): string {
  return rules
    .map((rule) => {
      const starts = (rule.starts ?? []).map((start) => start.join(' ')).filter((start) => start !== '');
      return starts.length === 0 ? rule.program : `${rule.program} ${starts.join('|')}`;
    })
    .join(', ');
}
