import type { FileChange } from '../../../tools/work-tree/file-change.ts';
import { shownNames } from '../judge-tests.ts';
import { NAME_SEPARATOR } from '../test-reading.ts';
import type { TestRun } from '../test-run.ts';

type Ran = Extract<TestRun, { kind: 'ran' }>;

/** Whether what was written shows a fault: `names` are the tests that are red because of it. */
export type ReproductionReading =
  | { readonly kind: 'red'; readonly before: Ran; readonly names: readonly string[] }
  | { readonly kind: 'none'; readonly why: string };

/** More than a test needs. */
const MAX_FILES = 5;

/** What may be a reproduction: new files and nothing else. `undefined`: it may. Pure. */
export function objectionToFiles(changes: readonly FileChange[]): string | undefined {
  if (changes.length === 0) return 'No test was written.';
  const old = changes.filter(({ before, after }) => before !== null || after === null || after.mode === '120000');
  if (old.length > 0)
    return `Only new test files may be written; also changed: ${old.map(({ name }) => name).join(', ')}.`;
  return changes.length > MAX_FILES ? `One or two files are enough; ${changes.length} were written.` : undefined;
}

/**
 * Holds a run with a new test, and no change yet, against the run without it. A test that is green shows nothing; one that could
 * not be run, or that keeps others from running, is none. Pure.
 * @param without the tests as they were
 * @param withIt the same files twice, with what is chance known
 */
export function readReproduction(without: TestRun, withIt: TestRun): ReproductionReading {
  if (withIt.kind !== 'ran') return none(`The tests could not be run with it: ${withIt.why}`);
  const known = without.kind === 'ran' ? without : undefined;
  const chance = new Set([...(known?.flaky ?? []), ...(withIt.flaky ?? [])]);
  const old = new Set(known?.reading.failing);
  const news = withIt.reading.failing.filter((name) => !old.has(name) && !chance.has(name));
  if (news.length === 0) return none(greenOf(withIt));
  const why = whyNoTest(news) ?? whyLost(known, withIt);
  if (why !== undefined) return none(why);
  const flaky = [...chance].filter((name) => !news.includes(name));
  return { kind: 'red', before: { ...withIt, ...(flaky.length > 0 && { flaky }) }, names: news };
}

function whyNoTest(news: readonly string[]): string | undefined {
  const whole = news.filter(isWholeFile);
  return whole.length === 0 ? undefined : `It does not run: ${shownNames(whole)} fails as a whole.`;
}

function whyLost(without: Ran | undefined, withIt: Ran): string | undefined {
  const [before, now] = [without?.reading.passedCount, withIt.reading.passedCount];
  return before !== undefined && now !== undefined && now < before
    ? 'With it, tests no longer pass that passed before.'
    : undefined;
}

function greenOf({ passed, flaky = [] }: Ran): string {
  if (flaky.length > 0) return `It fails only now and then: ${shownNames(flaky)}.`;
  return passed
    ? 'It is green although nothing is mended yet, so that it shows no fault, or it was not run.'
    : 'Nothing is red that was not red before, or what is red has no name.';
}

function none(why: string): ReproductionReading {
  return { kind: 'none', why };
}

/** Runners name a file or a package by itself where it could not be loaded or built. */
function isWholeFile(name: string): boolean {
  const own = name.replace(/^[^\s:]+: /u, '');
  if (own === 'the whole run' || own.includes('_FailedTest')) return true;
  return !own.includes(NAME_SEPARATOR) && !/\s/u.test(own) && /[\\/]|\.\w{1,5}$/u.test(own);
}
