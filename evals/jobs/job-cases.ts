import type { Language } from './languages.ts';
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

function qualityAt(turn: number): Quality {
  return QUALITIES[turn % QUALITIES.length] ?? 'right';
}

/** What is written whole and what is edited takes turns, too: the two go wrong in other ways. */
function toCase(language: Language, property: Property, quality: Quality, turn: number): JobCase {
  return { language, property, quality, writesWhole: turn % 2 === 1 };
}
