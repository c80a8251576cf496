import path from 'node:path';
import { confinePath, type ReadRoot } from '../confine-path.ts';
import { checkArguments, denied } from './check-arguments.ts';
import { type CommandRule, describeRules } from './command-rule.ts';
import { isPath, programInside } from './find-program.ts';

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
 * Whether a command is on the allow list, with arguments that a rule names and paths inside the workspace.
 * @param root the workspace's real path
 * @param readable places outside that it leads to, for what is only read or started
 * @throws PointsmanError `tool-denied`, saying what is allowed
 */
export function checkCommand(
  root: string,
  rules: readonly CommandRule[],
  request: CommandRequest,
  readable: readonly string[] = [],
): CheckedCommand {
  const cwd = confinePath(root, request.cwd ?? '.');
  const named = rulesFor(rules, request.program, { root, readable, cwd });
  if (named.length === 0) {
    const hint = INSTEAD[path.basename(request.program)];
    throw denied(`"${request.program}" is not on the list of commands`, hint ?? `Allowed: ${describeRules(rules)}.`);
  }
  if (request.args.length > MAX_ARGUMENTS || request.args.some((argument) => argument.length > MAX_ARGUMENT_LENGTH)) {
    throw denied('too many or too long arguments', 'Give fewer.');
  }
  const begun = named.flatMap((rule) => {
    const start = startOf(rule, request.args);
    return start === undefined ? [] : [{ rule, start }];
  });
  let why: unknown = denied(
    `"${request.program}" may not begin with these arguments`,
    INSTEAD[`${request.program} ${request.args[0]}`] ?? `Allowed: ${describeRules(named)}.`,
  );
  // One that is allowed by a rule is not refused by another; the most exact one says why none allows it.
  for (const { rule, start } of begun.toSorted((a, b) => a.start.length - b.start.length)) {
    try {
      const args = allowedArguments({ root, readable, cwd, rule }, start, request.args);
      return { program: request.program, args, cwd, readOnly: rule.readOnly ?? false };
    } catch (thrown) {
      why = thrown;
    }
  }
  throw why;
}

/** As they are run. The version of a program may always be asked for. @throws PointsmanError `tool-denied` */
function allowedArguments(
  context: Parameters<typeof checkArguments>[0],
  start: readonly string[],
  given: readonly string[],
): readonly string[] {
  if (isVersion(given)) return given;
  const rest = given.slice(start.length);
  checkArguments(context, rest);
  return [...start, ...(context.rule.added ?? []), ...rest];
}

/** What a refused program is mostly wanted for, and how that is done here. */
const INSTEAD: Readonly<Record<string, string>> = {
  cd: 'Give the folder as "cwd".',
  echo: 'write_file and edit_file write files.',
  tee: 'write_file and edit_file write files.',
  patch: 'apply_patch takes a patch.',
  curl: 'There is no network in the sandbox.',
  wget: 'There is no network in the sandbox.',
  sudo: 'Run the program itself.',
  env: 'Run the program itself.',
  timeout: 'Give the time limit as "timeoutMs".',
  xargs: 'Give the arguments themselves.',
  which: 'Run it with "--version".',
  'git apply': 'apply_patch takes a patch, also a unified diff.',
  ...Object.fromEntries(
    ['checkout', 'restore', 'stash', 'reset', 'revert'].map((name) => [
      `git ${name}`,
      'Look at what stood there with "git show HEAD:FILE" and put that back; a rejected attempt is taken back without you.',
    ]),
  ),
};

/** By its name, or, where it lies in the workspace, by its path; a program of the workspace's own may take any arguments. */
function rulesFor(
  rules: readonly CommandRule[],
  program: string,
  { cwd, ...within }: ReadRoot & { readonly cwd: string },
): readonly CommandRule[] {
  if (!isPath(program)) return rules.filter((rule) => rule.program === program);
  const local = rules.filter((rule) => rule.fromWorkspace === true);
  if (local.length === 0 || programInside(within, cwd, program) === undefined) return [];
  const named = local.filter((rule) => rule.program === path.basename(program));
  return named.length > 0 ? named : [{ program, anyOptions: true }];
}

function isVersion(args: readonly string[]): boolean {
  return args.length === 1 && args[0] === '--version';
}

/** The longest of the rule's beginnings that these arguments have. */
function startOf(rule: CommandRule, args: readonly string[]): readonly string[] | undefined {
  if (isVersion(args)) return [];
  return (rule.starts ?? [[]])
    .filter((start) => start.every((word, index) => args[index] === word))
    .sort((a, b) => b.length - a.length)[0];
}
