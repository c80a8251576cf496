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
  /** Options that take a value: as the next argument, behind `=`, or right behind a single letter. */
  readonly values?: readonly string[];
  /** Any option may stand, but for those in `refused`; what could be a path in it must lie in the workspace. */
  readonly anyOptions?: boolean;
  readonly refused?: readonly string[];
  /** Arguments that pointsman itself adds after the start. */
  readonly added?: readonly string[];
  /** The first plain argument is a pattern, not a path, unless one of `patternOptions` has given it. */
  readonly patternFirst?: boolean;
  /** Options whose value is a pattern. */
  readonly patternOptions?: readonly string[];
  /** What the first plain argument must be like, as a whole, as a regular expression; it is no path. */
  readonly first?: string;
  /** What every plain argument must be like. */
  readonly plain?: string;
  /** The first plain argument is there, a file of the workspace: that is what is run. */
  readonly file?: boolean;
  /** What plain arguments name goes away: never the workspace itself, nor what makes programs run. */
  readonly removes?: boolean;
  /** It may be named by its path inside the workspace, as `.venv/bin/python` is. */
  readonly fromWorkspace?: boolean;
  /** Options behind the first name belong to the script that is run and are not checked, as those behind `--` always are; its paths still are. */
  readonly scriptArguments?: boolean;
  /** It only looks: no permission is asked for, and it may be run again. */
  readonly readOnly?: boolean;
}

/** Names that stand in one text. */
export const spacedWords = (text: string): readonly string[] => text.split(' ');

/** As `first`: a text that is run is no path. */
export const ANY_TEXT = '[^]+';

/** Programs that run whatever text they are given: an allow list with one of them is none, unless they run a file of the workspace. */
const shells = new Set(
  'sh bash dash zsh ksh fish csh tcsh ash busybox cmd powershell pwsh env xargs sudo su doas eval exec nohup setsid timeout watch ssh script expect'.split(
    ' ',
  ),
);

const pattern = z.string().refine(isPattern, 'no regular expression');

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

const ruleSchema = z.strictObject({
  program: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/u, 'a program is a bare name, without a folder'),
  starts: z.array(z.array(z.string())).min(1).optional(),
  letters: z
    .string()
    .regex(/^[A-Za-z0-9]*$/u)
    .optional(),
  options: z.array(z.string().startsWith('-')).optional(),
  values: z.array(z.string().startsWith('-')).optional(),
  anyOptions: z.boolean().optional(),
  refused: z.array(z.string().startsWith('-')).optional(),
  added: z.array(z.string()).optional(),
  patternFirst: z.boolean().optional(),
  patternOptions: z.array(z.string().startsWith('-')).optional(),
  first: pattern.optional(),
  plain: pattern.optional(),
  file: z.boolean().optional(),
  removes: z.boolean().optional(),
  fromWorkspace: z.boolean().optional(),
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
    if (shells.has(name) && (rule.file !== true || rule.first !== undefined))
      throw invalid(`"${rule.program}" runs any text it is given, so it cannot be on an allow list`);
  }
  return parsed.data as readonly CommandRule[];
}

function invalid(message: string): PointsmanError {
  return new PointsmanError('config-invalid', message, { hint: 'Correct the list of commands in the config file.' });
}

/** The list as a person or a model would read it: `git status|diff|log|show`. */
export function describeRules(rules: readonly CommandRule[]): string {
  const startsOf = new Map<string, Set<string>>();
  for (const rule of rules) {
    const starts = (rule.starts ?? [[]]).map((start) => start.join(' '));
    startsOf.set(rule.program, new Set([...(startsOf.get(rule.program) ?? []), ...starts]));
  }
  return [...startsOf]
    .map(([program, starts]) => (starts.has('') ? program : `${program} ${[...starts].join('|')}`))
    .join(', ');
}
