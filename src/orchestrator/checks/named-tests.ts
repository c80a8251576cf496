import { literalPattern } from '../../trust/literal-pattern.ts';
import { inOrder, type JobStep } from '../model/job-plan.ts';
import { shownNames, type Judgement } from './judge-tests.ts';
import { namesAll } from './read-test-report.ts';
import { NAME_SEPARATOR, type TestReading } from './test-reading.ts';
import type { TestRun } from './test-run.ts';

/** Tests that were red before the job and that somebody wants green. */
export interface NamedTests {
  readonly names: readonly string[];
  /** `one`: the words mean one of them, and do not say which. */
  readonly wanted: 'all' | 'one';
}

/** Who may name tests for a step. */
interface Naming {
  readonly task: string;
  readonly steps: readonly JobStep[];
}

/**
 * The red tests that a step must make green: those that its own words name and, for the change that ends the plan, those
 * that the task names. A task that only speaks of failing tests means the red ones. Pure.
 */
export function namedTests(step: JobStep, red: readonly string[], { task, steps }: Naming): NamedTests | undefined {
  if (red.length === 0) return undefined;
  const byStep = red.filter((name) => isNamed(name, `${step.title}\n${step.goal}`));
  if (step.stepId !== lastChecked(steps)?.stepId)
    return byStep.length === 0 ? undefined : { names: byStep, wanted: 'all' };
  const byTask = red.filter((name) => isNamed(name, task));
  const names = [...new Set([...byStep, ...byTask])];
  if (names.length > 0) return { names, wanted: 'all' };
  const wanted = meansRedTests(task);
  return wanted === undefined ? undefined : { names: red, wanted };
}

/** What a test run says of the tests that are wanted green. `undefined`: it does not tell. Pure. */
export function judgeNamed({ names, wanted }: NamedTests, before: TestReading, after: TestRun): Judgement {
  if (after.kind !== 'ran') return { verdict: 'unknown', why: after.why, news: [] };
  const { reading } = after;
  const failing = new Set(reading.failing);
  const red = names.filter((name) => failing.has(name));
  const isOpen = wanted === 'all' ? red.length > 0 : red.length === names.length;
  if (isOpen) return { verdict: 'failed', why: `still red: ${shownNames(red)}`, news: red };
  if (!after.passed && !namesAll(reading))
    return { verdict: 'unknown', why: 'The tests fail, and not all names are told.', news: [] };
  // One that was taken out or skipped is not green.
  if (isKnownNotToGrow(before.passedCount, reading.passedCount)) {
    return { verdict: 'failed', why: 'what was red is gone, but no more tests pass than before', news: [] };
  }
  return {
    verdict: 'passed',
    why: `were red before the job: ${shownNames(names.filter((name) => !failing.has(name)))}`,
    news: [],
  };
}

function isKnownNotToGrow(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && after <= before;
}

/** The change that ends the plan; where nothing is changed, its last test step. */
function lastChecked(steps: readonly JobStep[]): JobStep | undefined {
  const ordered = inOrder(steps);
  return (
    ordered.findLast((step) => step.kind === 'code' && step.check !== 'none') ??
    ordered.findLast((step) => step.kind === 'test')
  );
}

/** A text names a test by its own name, unless that is a word like any other, or by its file. */
function isNamed(name: string, text: string): boolean {
  const parts = name.split(NAME_SEPARATOR);
  const [first = ''] = parts;
  const file = /[./\\]/u.test(first) ? first.split(/[\\/]/u).at(-1) : undefined;
  const own = parts.at(-1)?.replace(/\[.*\]$/u, '') ?? '';
  return (file !== undefined && stands(file, text)) || (isRevealing(own, text) && stands(own, text));
}

function isRevealing(name: string, text: string): boolean {
  return (
    name.trim().split(/\s+/u).length > 1 ||
    /[_\d]|[a-z][A-Z]|::/u.test(name) ||
    new RegExp(`["'\`]${literalPattern(name)}["'\`]`, 'u').test(text)
  );
}

function stands(name: string, text: string): boolean {
  return new RegExp(`(?<![\\p{L}\\d_])${literalPattern(name)}(?![\\p{L}\\d_])`, 'iu').test(text);
}

const ONE_TEST = /(?<!\p{L})(?:test|spec)(?!\p{L})/iu;
const MANY_TESTS = /(?<!\p{L})(?:tests|specs|suite|tests?uite)(?!\p{L})|测试|テスト/iu;
const IS_RED =
  /(?<!\p{L})(?:fail(?:s|ed|ing)?|broken|red|(?:not|n't) pass|fehlschl\p{L}+|fehlgeschlagen\p{L}*|schl[aä]g\p{L}* fehl|rot\p{L}*|échou\p{L}+|fallan?|rotos?)(?!\p{L})|失败|失敗/iu;
/** Speaks of failures that should not come, or that are to be written. */
const IS_WISH =
  /(?<!\p{L})(?:no|never|without|avoid|ensure|make sure|must not|should not|unless|add|write|create|kein\p{L}*|ohne|sans|sin)(?!\p{L})/iu;

/** Whether a task is about tests that fail, and whether about all of them. */
function meansRedTests(task: string): 'all' | 'one' | undefined {
  const resultLines = task
    .split(/[.;!?\n。]+(?:\s|$)|\n/u)
    .filter((sentence) => IS_RED.test(sentence) && !IS_WISH.test(sentence));
  if (resultLines.some((sentence) => MANY_TESTS.test(sentence))) return 'all';
  return resultLines.some((sentence) => ONE_TEST.test(sentence)) ? 'one' : undefined;
}
