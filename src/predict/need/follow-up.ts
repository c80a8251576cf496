import { likeliestOf, type StepNeed } from '../../domain/need.ts';
import { FOLLOW_UP_RUNS, FOLLOW_UP_WORDS } from './follow-up-words.ts';

const MOST_CHARS = 60;
const MOST_WORDS = 9;

/**
 * Whether words only follow up on what stands before them ("yes, go", "same for the other two"), in any of the languages: each takes up
 * what was said or says nothing, and one at least takes up.
 */
export function isFollowUp(text: string): boolean {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MOST_CHARS || QUESTION.test(trimmed)) return false;
  if (CHOICE.test(trimmed) || SIGN.test(trimmed)) return true;
  let isMarked = false;
  let count = 0;
  for (const [word] of trimmed.toLowerCase().normalize('NFC').matchAll(WORD)) {
    const how = RUN.test(word) ? runOf(word) : wordOf(word.replaceAll('’', "'"));
    count += 1;
    if (how === 'other' || count > MOST_WORDS) return false;
    isMarked ||= how === 'mark';
  }
  return isMarked;
}

/** One of the choices that were offered, or a sign that says yes. */
const CHOICE = /^(?:(?:option|choice|number|opción|opção|nr\.?|n°)\s*)?(?:\d{1,2}|[a-e])[.)]?$/iu;
const SIGN = /^(?:[👍👌✅✔🆗]|\uFE0F|[\u{1F3FB}-\u{1F3FF}]|\s)+$/u;
const QUESTION = /[?¿？؟]/u;
const WORD = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu;
const RUN = /^[\u3005\u3040-\ud7af]+$/u;
const SHORT_NUMBER = /^\d{1,2}$/u;

type How = 'mark' | 'filler' | 'other';

function wordOf(word: string): How {
  const { marks, fillers } = FOLLOW_UP_WORDS;
  if (marks.has(word)) return 'mark';
  if (fillers.has(word) || SHORT_NUMBER.test(word)) return 'filler';
  const parts = word.split(/['-]/u);
  if (parts.length === 1) return 'other';
  const each = parts.filter((part) => part.length > 1).map(wordOf);
  return each.includes('other') ? 'other' : each.includes('mark') ? 'mark' : 'filler';
}

const LONGEST_RUN = 6;

/** The longest known piece at each place. */
function runOf(run: string): How {
  const { marks, fillers } = FOLLOW_UP_RUNS;
  let isMarked = false;
  for (let start = 0; start < run.length;) {
    let length = Math.min(LONGEST_RUN, run.length - start);
    while (length > 0 && !marks.has(run.slice(start, start + length)) && !fillers.has(run.slice(start, start + length)))
      length -= 1;
    if (length === 0) return 'other';
    isMarked ||= marks.has(run.slice(start, start + length));
    start += length;
  }
  return isMarked ? 'mark' : 'filler';
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
