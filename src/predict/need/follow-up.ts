import { likeliestOf, type StepNeed } from '../../domain/need.ts';
import { CONCEPTS } from './concepts.ts';
import { readWords } from './read-words.ts';

/** Concepts of words that carry no request of their own: yes, go on, the same again, thanks. */
const EMPTY_CONCEPTS = new Set(
  ['yes', 'goOn', 'same', 'only', 'all', 'first', 'run'].map((name) => CONCEPTS.indexOf(name)),
);
const MARKED = new Set(['yes', 'goOn', 'same'].map((name) => CONCEPTS.indexOf(name)));
const MOST_CHARS = 60;
const MOST_WORDS = 9;

/** Whether words only follow up on what stands before them ("yes, go", "same for the other two"), in any of the languages. */
export function isFollowUp(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MOST_CHARS) return false;
  const { words, concepts } = readWords(trimmed.toLowerCase());
  return (
    words.length <= MOST_WORDS &&
    concepts.some((one) => MARKED.has(one)) &&
    concepts.every((one) => EMPTY_CONCEPTS.has(one))
  );
}

/**
 * The need of words that only follow up: as big, hard and grave as what they follow. What kind of work follows an approved
 * plan is read, not taken over. Pure.
 */
export function followedNeed(read: StepNeed, followed: StepNeed): StepNeed {
  const take = <Part extends 'kind' | 'size' | 'difficulty' | 'stakes'>(part: Part): StepNeed[Part] => ({
    ...followed[part],
    source: 'followed',
  });
  const wasPlan = likeliestOf(followed, 'kind').value === 'plan';
  return {
    ...read,
    ...(wasPlan ? {} : { kind: take('kind'), size: take('size') }),
    difficulty: take('difficulty'),
    stakes: take('stakes'),
    grounds: ['follow-up', ...read.grounds.filter((ground) => ground !== 'words')],
  };
}
