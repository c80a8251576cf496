import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { confinePath } from '../confine-path.ts';
import { type CommandRule, describeRules } from './command-rule.ts';

export interface CommandRequest {
  readonly program: string;
  readonly args: readonly string[];
  /** Relative to the workspace, which is also the default. */
  readonly cwd: string | undefined;
}

export interface CheckedCommand {
  readonly program: string;
  /** As they are run, with what the rule adds. */
  readonly args: readonly string[];
  /** A real path inside the workspace. */
  readonly cwd: string;
  readonly readOnly: boolean;
}

const MAX_ARGUMENTS = 200;
const MAX_ARGUMENT_LENGTH = 8192;

/**
 * Whether a command is on the allow list, with arguments that its rule names and paths inside the workspace.
 * @param root the workspace's real path
 * @throws PointsmanError `tool-denied`, saying what is allowed
 */
export function checkCommand(root: string, rules: readonly CommandRule[], request: CommandRequest): CheckedCommand {
  const named = rules.filter((rule) => rule.program === request.program);
  if (named.length === 0) {
    throw denied(`"${request.program}" is not on the list of commands`, `Allowed: ${describeRules(rules)}.`);
  }
  if (request.args.length > MAX_ARGUMENTS || request.args.some((argument) => argument.length > MAX_ARGUMENT_LENGTH)) {
    throw denied('too many or too long arguments', 'Give fewer.');
  }
  const cwd = confinePath(root, request.cwd ?? '.');
  const rule = named.find((candidate) => startOf(candidate, request.args) !== undefined);
  const start = rule === undefined ? undefined : startOf(rule, request.args);
  if (rule === undefined || start === undefined) {
    throw denied(`"${request.program}" may not begin with these arguments`, `Allowed: ${describeRules(named)}.`);
  }
  const rest = request.args.slice(start.length);
  checkArguments({ root, cwd, rule }, rest);
  return {
    program: rule.program,
    args: [...start, ...(rule.added ?? []), ...rest],
    cwd,
    readOnly: rule.readOnly ?? false,
  };
}

/** The longest of the rule's beginnings that these arguments have. */
function startOf(rule: CommandRule, args: readonly string[]): readonly string[] | undefined {
  return (rule.starts ?? [[]])
    .filter((start) => start.every((word, index) => args[index] === word))
    .sort((a, b) => b.length - a.length)[0];
}

interface ArgumentContext {
  readonly root: string;
  readonly cwd: string;
  readonly rule: CommandRule;
}

function checkArguments(context: ArgumentContext, args: readonly string[]): void {
  let plainCount = 0;
  let optionsEnded = false;
  for (const argument of args) {
    if (argument.includes('\0')) throw denied('an argument has a zero byte', 'Leave it out.');
    if (!optionsEnded && argument === '--') {
      optionsEnded = true;
      continue;
    }
    const inScript = context.rule.scriptArguments === true && plainCount > 0;
    const isOption = argument.startsWith('-') && argument !== '-' && !optionsEnded;
    if (isOption) {
      if (!inScript) checkOption(context, argument);
      continue;
    }
    plainCount += 1;
    if (plainCount === 1 && context.rule.patternFirst === true) continue;
    checkPath(context, argument);
  }
}

function checkOption(context: ArgumentContext, argument: string): void {
  const { letters = '', options = [], program } = context.rule;
  const equals = argument.indexOf('=');
  const name = equals === -1 ? argument : argument.slice(0, equals + 1);
  if (options.includes(name)) {
    if (equals !== -1) checkPath(context, argument.slice(equals + 1));
    return;
  }
  const short = /^-([A-Za-z0-9]+?)?(\d*)$/u.exec(argument);
  const given = short?.[1] ?? '';
  if (short !== null && given.split('').every((letter) => letters.includes(letter) || /\d/u.test(letter))) {
    if (given !== '' || short[2] !== '') return;
  }
  throw denied(
    `"${program}" may not be given ${argument.slice(0, 80)}`,
    `Allowed options: ${optionList(letters, options)}.`,
  );
}

/** Anything that could be read as a path must lead into the workspace; a word that is none does so by itself. */
function checkPath(context: ArgumentContext, argument: string): void {
  const fromRoot = path.isAbsolute(argument) || argument.startsWith('~') ? argument : path.join(context.cwd, path.sep);
  if (fromRoot === argument) confinePath(context.root, argument);
  else confinePath(context.root, `${fromRoot}${argument}`);
}

function optionList(letters: string, options: readonly string[]): string {
  const all = [...letters.split('').map((letter) => `-${letter}`), ...options];
  return all.length === 0 ? 'none' : all.join(' ');
}

function denied(why: string, hint: string): PointsmanError {
  return new PointsmanError('tool-denied', `The command is not allowed: ${why}`, { hint });
}
