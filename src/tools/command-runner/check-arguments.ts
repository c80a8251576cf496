import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { plainName } from '../../trust/places/protected-paths.ts';
import { confinePath, confineReading } from '../confine-path.ts';
import { untouchedNames } from '../filesystem-guard.ts';
import { ANY_TEXT, type CommandRule } from './command-rule.ts';
import { isFile } from './find-program.ts';

interface ArgumentContext {
  readonly root: string;
  readonly readable: readonly string[];
  readonly cwd: string;
  readonly rule: CommandRule;
}

/** What stands behind the beginning of a command, word by word. */
type Word =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'option'; readonly text: string }
  /** With the next word as its value. */
  | { readonly kind: 'valued'; readonly text: string; readonly value: string | undefined };

/**
 * Holds what stands behind the beginning of a command against its rule.
 * @throws PointsmanError `tool-denied`
 */
export function checkArguments(context: ArgumentContext, args: readonly string[]): void {
  const { rule } = context;
  if (args.some((argument) => argument.includes('\0'))) throw denied('an argument has a zero byte', 'Leave it out.');
  const words = wordsOf(rule, args);
  const options = words.filter((word) => word.kind !== 'plain');
  const isPattern = options.map((word) => checkOption(context, word)).includes(true);
  const plain = words.flatMap((word) => (word.kind === 'plain' ? [word.text] : []));
  for (const [index, text] of plain.entries()) {
    if (index > 0 || rule.patternFirst !== true || isPattern) checkPlain(context, text, index === 0);
  }
  if (plain.length === 0 && (rule.file === true || rule.first !== undefined))
    throw denied(`"${rule.program}" needs more words`, 'Say what it is to run, or to show.');
}

/** Options behind a script are its own, and none stand behind `--` or a text that is run. */
function wordsOf(rule: CommandRule, args: readonly string[]): readonly Word[] {
  const words: Word[] = [];
  const pending = [...args];
  let isOver = rule.first === ANY_TEXT;
  for (let text = pending.shift(); text !== undefined; text = pending.shift()) {
    if (text === '--' && !isOver) isOver = true;
    else if (isOver || !text.startsWith('-') || text === '-') {
      words.push({ kind: 'plain', text });
    } else if (rule.scriptArguments !== true || words.every(({ kind }) => kind !== 'plain')) {
      words.push(takesNext(rule, text) ? { kind: 'valued', text, value: pending.shift() } : { kind: 'option', text });
    }
  }
  return words;
}

function takesNext({ values = [], patternOptions = [] }: CommandRule, option: string): boolean {
  return values.includes(option) || patternOptions.includes(option);
}

function checkPlain(context: ArgumentContext, argument: string, isFirst: boolean): void {
  const { rule } = context;
  if (isFirst && rule.first !== undefined) {
    if (isLike(rule.first, argument)) return;
    throw denied(`"${rule.program}" may not be given ${argument.slice(0, 80)}`, FIRST_HINT[rule.program] ?? '');
  }
  if (rule.plain !== undefined && !isLike(rule.plain, argument)) {
    throw denied(`"${rule.program}" may not be given ${argument.slice(0, 80)}`, 'Give names alone.');
  }
  const real = checkPath(context, argument);
  if (isFirst && rule.file === true && !isFile(real)) {
    throw denied(`there is no file ${argument.slice(0, 80)} to run`, 'Write it first.');
  }
  if (rule.removes === true) checkRemoval(context.root, real, argument);
}

const FIRST_HINT: Readonly<Record<string, string>> = {
  awk: 'It prints what it reads here: no system, getline, ARGV, ENVIRON or pipe, and no ">" behind a print.',
  jq: 'It filters its files here: no modules, and not the environment.',
  yarn: 'Scripts are run with "run NAME".',
  pnpm: 'Scripts are run with "run NAME".',
  sed: 'It prints lines here, as with "10,20p"; edit_file changes files.',
};

function isLike(pattern: string, argument: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 'u').test(argument);
}

function checkRemoval(root: string, real: string, argument: string): void {
  const names = path.relative(root, real).split(path.sep).map(plainName);
  if (real !== root && !names.some((name) => untouchedNames.has(name))) return;
  throw denied(`${argument.slice(0, 80)} may not be removed`, 'Name what lies in the workspace, and is not git’s.');
}

/** @returns whether its value is a pattern, which is no path */
function checkOption(context: ArgumentContext, word: Exclude<Word, { kind: 'plain' }>): boolean {
  const { program, patternOptions = [] } = context.rule;
  const { text } = word;
  if (word.kind === 'valued') {
    if (word.value === undefined) throw denied(`"${program}" needs a value for ${text}`, 'Give it.');
    if (patternOptions.includes(text)) return true;
    checkPath(context, word.value);
    return false;
  }
  const bare = text.replace(/=[^]*$/u, '');
  if (bare !== text && patternOptions.includes(`${bare}=`)) return true;
  if (patternOptions.some((option) => option.length === 2 && text.length > 2 && text.startsWith(option))) return true;
  if (!isNamedOption(context, text, bare) && !isLetters(context.rule, text)) checkOtherOption(context, text, bare);
  return false;
}

/** One that the rule names whole, or with its value. */
function isNamedOption(context: ArgumentContext, argument: string, bare: string): boolean {
  const { options = [], values = [] } = context.rule;
  const hasValue = bare !== argument;
  if (hasValue && (options.includes(`${bare}=`) || values.includes(bare))) {
    checkPath(context, argument.slice(bare.length + 1));
    return true;
  }
  const glued = values.some((value) => value.length === 2 && argument.startsWith(value));
  if (glued) checkPath(context, argument.slice(2));
  return glued || (!hasValue && options.includes(argument));
}

function isLetters({ letters = '' }: CommandRule, argument: string): boolean {
  const short = /^-([A-Za-z0-9]+?)?(\d*)$/u.exec(argument);
  const given = short?.[1] ?? '';
  if (short === null || (given === '' && short[2] === '')) return false;
  return given.split('').every((letter) => letters.includes(letter) || /\d/u.test(letter));
}

const FOLDERS: ReadonlySet<string> = new Set(['-C', '--directory', '--chdir', '--cwd', '--prefix']);

/** Whatever of it could be a path: behind `=`, and right behind a letter. */
function checkOtherOption(context: ArgumentContext, argument: string, bare: string): void {
  const { letters = '', options = [], values = [], program, anyOptions, refused } = context.rule;
  if (anyOptions !== true || refused?.includes(bare) === true) {
    const allowed = optionList(letters, [...options, ...values]);
    if (FOLDERS.has(bare)) throw denied(`"${program}" may not be given ${bare}`, 'Give the folder as "cwd".');
    throw denied(`"${program}" may not be given ${argument.slice(0, 80)}`, `Allowed options: ${allowed}.`);
  }
  if (bare !== argument) checkPath(context, argument.slice(bare.length + 1));
  if (/^-[^-]/u.test(argument)) checkPath(context, argument.slice(2));
}

/** Anything that could be read as a path must lead into the workspace; a word that is none does so by itself. */
function checkPath(context: ArgumentContext, argument: string): string {
  const fromRoot = path.isAbsolute(argument) || argument.startsWith('~') ? argument : path.join(context.cwd, path.sep);
  const place = fromRoot === argument ? argument : `${fromRoot}${argument}`;
  return context.rule.readOnly === true ? confineReading(context, place) : confinePath(context.root, place);
}

function optionList(letters: string, options: readonly string[]): string {
  const all = [...letters.split('').map((letter) => `-${letter}`), ...options];
  return all.length === 0 ? 'none' : all.join(' ');
}

export function denied(why: string, hint: string): PointsmanError {
  return new PointsmanError('tool-denied', `The command is not allowed: ${why}`, { hint });
}
