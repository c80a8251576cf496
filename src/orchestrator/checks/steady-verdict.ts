import { shownNames, type Judgement } from './judge-tests.ts';

/**
 * What two runs of the same files say together, where the first spoke against a change: what fails only once is chance and
 * not the change. Where all was green before, and other tests are red at each run, it is the change that made them so. Pure.
 */
export function steadyVerdict(first: Judgement, second: Judgement, wasGreen = false): Judgement {
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
  const news = [...first.news, ...second.news];
  const names = shownNames(news);
  if (wasGreen)
    return { verdict: 'failed', why: `All was green before the job, and now ${names} fail, others at each run.`, news };
  return {
    verdict: 'unknown',
    why: `Other tests fail at each run, so that none speaks against the change: ${names}.`,
    news: [],
  };
}
