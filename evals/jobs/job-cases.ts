import type { Executor } from './executors.ts';
import { LANGUAGES, type Language } from './languages.ts';
import type { JobCase } from './play-job.ts';
import { PROPERTIES, isPossible, type Property } from './repository.ts';
import { QUALITIES, type Quality } from './scripted-words.ts';

/** Languages of one property: each is met with most of them, and no property with one alone. */
const LANGUAGES_A_PROPERTY = 2;

/**
 * Every language plainly with models of each quality, and every property with two languages, which take turns as the qualities
 * do. Quick: every language and every property once.
 */
export function jobCases(languages: readonly Language[], isQuick: boolean): readonly JobCase[] {
  const plain = languages.flatMap((language, at) =>
    (isQuick ? [qualityAt(at)] : QUALITIES).map((quality) => toCase(language, 'plain', quality, at)),
  );
  const hard = PROPERTIES.filter((property) => property !== 'plain').flatMap((property, at) => {
    const possible = languages.filter((language) => isPossible(language, property));
    const count = Math.min(possible.length, isQuick ? 1 : LANGUAGES_A_PROPERTY);
    return Array.from({ length: count }, (_, index) => {
      const turn = at * LANGUAGES_A_PROPERTY + index;
      const language = possible[turn % possible.length];
      return language === undefined ? [] : [toCase(language, property, qualityAt(at + index), turn)];
    }).flat();
  });
  return [...plain, ...hard];
}

/**
 * The same small repository by the job's own loop and by each harness, with models of each quality and with one that first writes
 * where it may not. Quick: the one that has to be rejected once.
 */
export function executorCases(executors: readonly Executor[], isQuick: boolean): readonly JobCase[] {
  const language = LANGUAGES.find(({ name }) => name === 'shell');
  if (language === undefined) throw new Error('No language is the plainest.');
  const qualities: readonly Quality[] = isQuick ? ['wrong-first'] : QUALITIES;
  return [undefined, ...executors].flatMap((executor) => {
    const by = { language, property: 'plain', ...(executor === undefined ? {} : { executor }) } as const;
    const tried = qualities.map((quality): JobCase => ({ ...by, quality, writesWhole: false }));
    return isQuick ? tried : [...tried, { ...by, quality: 'right', writesWhole: false, strays: true } as const];
  });
}

function qualityAt(turn: number): Quality {
  return QUALITIES[turn % QUALITIES.length] ?? 'right';
}

/** What is written whole and what is edited takes turns, too: the two go wrong in other ways. */
function toCase(language: Language, property: Property, quality: Quality, turn: number): JobCase {
  return { language, property, quality, writesWhole: turn % 2 === 1 };
}
