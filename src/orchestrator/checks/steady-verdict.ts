import { shownNames, type Judgement } from './judge-tests.ts';

/**
 * What two runs of the same files say together, where the first spoke against a change: what fails only once is chance and
 * not the change. Pure.
 */
export function steadyVerdict(first: Judgement, second: Judgement): Judgement {
  if (first.verdict !== 'failed' || second.verdict === 'unknown') return first;
  if (second.verdict === 'passed') {
    const names = first.news.length === 0 ? 'The tests' : shownNames(first.news);
    return {
      verdict: 'passed',
      why: `${names} failed once, and passed when run again: flaky. ${second.why}`,
      news: [],
    };
  }
  if (first.news.length === 0 || second.news.length === 0) return second;
  const both = first.news.filter((name) => second.news.includes(name));
  if (both.length > 0) return { verdict: 'failed', why: `${shownNames(both)} fails now.`, news: both };
  const names = shownNames([...first.news, ...second.news]);
  return {
    verdict: 'unknown',
    why: `Other tests fail at each run, so that none speaks against the change: ${names}.`,
    news: [],
  };
}
