import { PointsmanError } from '../../domain/errors.ts';
import { placesOfPattern, type PatternTargets } from './name-patterns.ts';
import { protectedNames, protectionOf } from './protected-paths.ts';
import { readingsOf } from './text-readings.ts';

/** A longer text is no name of a file; its words may be. */
const MAX_PATH = 4096;
/** Each is looked up on the disk. */
const MAX_NAMES = 20_000;
const MAX_PATHS = 200_000;
const TARGETS: PatternTargets = { names: protectedNames, isProtected: (path) => protectionOf(path) !== undefined };

/**
 * Every name that stands anywhere in a text, however it is parted from what is beside it, in every reading of the text.
 * @throws PointsmanError `request-invalid` for more than can be looked up
 */
export function namesInText(text: string, found: Set<string>): void {
  for (const reading of readings(text)) {
    const plain = withoutClosingTags(reading);
    const names = new Set([plain, ...wordsOf(plain), ...barePaths(plain), ...patternsOf(plain)]);
    for (const name of names) addSpellings(name, found);
    if (found.size > MAX_PATHS)
      throw new PointsmanError('request-invalid', 'The arguments hold too many names to be judged');
  }
}

/** The names in words that are most likely said to a person: those without a mark of a path are words. */
export function namesInSentence(text: string, found: Set<string>): void {
  const isCommand = /["'`;&|<>$]/u.test(text);
  for (const reading of readings(text)) {
    const words = wordsOf(reading).filter((word) => isCommand || PATH_MARK.test(word));
    for (const name of [reading, ...words]) addSpellings(name, found);
  }
}

/** Texts that are nothing but names. */
export function addNames(texts: readonly string[], found: Set<string>): void {
  for (const text of texts) for (const reading of readings(text)) addSpellings(reading, found);
}

function readings(text: string): readonly string[] {
  const found = readingsOf(text);
  if (found !== undefined) return found;
  throw new PointsmanError('request-invalid', 'The arguments are too long, or encoded too often, to be judged');
}

const PATH_MARK = /[./\\~]/u;

/**
 * As written, and as a program would read it that takes addresses, a host or a key before a colon, a file after an `@`, or a
 * value that stands right behind its option. Of very many, a plain word that is no protected name is no link either.
 */
function addSpellings(text: string, found: Set<string>): void {
  if (text === '' || text.length > MAX_PATH) return;
  const plain = text.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/iu, '');
  const behind = [/^-[a-z\d](.+)$/iu, /^[^@]*@(.+)$/u].flatMap((shape) => shape.exec(plain)?.slice(1) ?? []);
  for (const name of [text, plain, ...behind, ...plain.split(':').slice(1)]) {
    const isKept = found.size < MAX_NAMES || PATH_MARK.test(name) || protectionOf(name) !== undefined;
    if (name !== '' && isKept) found.add(name);
  }
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s"'`=;|&<>(),{}[\]]+/u);
}

/** Parted by all that no protected name has in it. */
function barePaths(text: string): readonly string[] {
  return text.split(/[^\p{L}\p{N}\p{M}._~/\\-]+/u);
}

function patternsOf(text: string): readonly string[] {
  const words = text.split(/[\s\0"'`;|&<>()=:]+/u);
  return [...new Set(words.flatMap((word) => [word, ...word.split(',')]))].flatMap((word) => {
    const places = placesOfPattern(word, TARGETS);
    if (places !== undefined) return places;
    throw new PointsmanError('request-invalid', 'The arguments name more places than can be judged');
  });
}

/** Of markup, `</library>` is no place. */
function withoutClosingTags(text: string): string {
  return text.replaceAll(/<\/[A-Za-z][\w-]*\s*>/gu, ' ');
}
