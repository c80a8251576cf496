import { shownNames, type Judgement } from './judge-tests.ts';

/** Runs of the same files until it is told that a suite which was green is red at each of them. */
const MAX_RUNS = 4;

/**
 * What several runs of the same files say together, the first of which spoke against a change: what fails only once is chance and
 * not the change. `again`: they do not tell yet. Tests that fail by chance leave a run green now and then; where all was green
 * before, and run after run has others red, it is the change that made them so. Pure.
 */
export function steadyVerdict(runs: readonly Judgement[], wasGreen = false): Judgement | 'again' {
  const [first, ...later] = runs;
  if (first?.verdict !== 'failed') return first ?? { verdict: 'unknown', why: 'Nothing was run.', news: [] };
  const last = later.at(-1);
  if (last === undefined) return 'again';
  const green = later.find(({ verdict }) => verdict === 'passed');
  if (green !== undefined) return passedOnce(first, green);
  if (last.verdict === 'unknown') return later.length === 1 ? first : chance(runs);
  return runs.some(({ news }) => news.length === 0) ? last : ofNames(runs, wasGreen);
}

/** All are red, and each names what is. */
function ofNames(runs: readonly Judgement[], wasGreen: boolean): Judgement | 'again' {
  const all = namesOf(runs);
  const each = all.filter((name) => runs.every(({ news }) => news.includes(name)));
  // Where the same fail again, that is told; where others do as well, some are chance, and these may be.
  if (each.length > 0 && runs.length === 2 && all.length > each.length) return 'again';
  if (each.length > 0) return { verdict: 'failed', why: `${shownNames(each)} fails now.`, news: each };
  if (!wasGreen) return chance(runs);
  if (runs.length < MAX_RUNS) return 'again';
  const why = `All was green before the job, and now ${shownNames(all)} fail, others at each of ${runs.length} runs.`;
  return { verdict: 'failed', why, news: all };
}

function passedOnce(first: Judgement, green: Judgement): Judgement {
  const names = first.news.length === 0 ? 'The tests' : shownNames(first.news);
  return {
    verdict: 'passed',
    why: `${names} failed once, and passed when run again: flaky. ${green.why}`,
    news: [],
  };
}

function chance(runs: readonly Judgement[]): Judgement {
  const names = shownNames(namesOf(runs));
  return {
    verdict: 'unknown',
    why: `Other tests fail at each run, so that none speaks against the change: ${names}.`,
    news: [],
  };
}

function namesOf(runs: readonly Judgement[]): readonly string[] {
  return [...new Set(runs.flatMap(({ news }) => news))];
}
