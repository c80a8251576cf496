import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Decision } from '../../src/domain/decision.ts';
import { nanoFromUsd } from '../../src/domain/money.ts';
import type { Hand } from '../../src/domain/step.ts';
import type { JobReport } from '../../src/orchestrator/model/job-report.ts';
import type { Pointsman } from '../../src/orchestrator/model/pointsman.ts';
import type { StepRecord } from '../../src/recorder/record.ts';
import { fine, openTestBed, type Words } from '../../src/testing/internal/test-bed.ts';
import type { Executor } from './executors.ts';
import type { Language } from './languages.ts';
import { buildRepository, differences, snapshot, type Property, type Repository } from './repository.ts';
import { wordsFor, wordsWith, type Quality } from './scripted-words.ts';

export interface JobCase {
  readonly language: Language;
  readonly property: Property;
  readonly quality: Quality;
  readonly writesWhole: boolean;
  /** Absent: the job's own loop. */
  readonly executor?: Executor;
  /** What the first try writes is not in the workspace; then it goes on as it should. */
  readonly strays?: boolean;
}

export interface PlayedJob {
  readonly name: string;
  readonly by: Hand;
  /** What was not as it should be; empty: all was. */
  readonly complaints: readonly string[];
  /** Files outside the change that hold other bytes than before. */
  readonly changedOutside: readonly string[];
  readonly durationMs: number;
}

const KEPT = '/var/tmp';
const POOL = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'];

/** Carries out one case through the product and holds what came of it against what should have. */
export async function playJob(one: JobCase, isSmall: boolean): Promise<PlayedJob> {
  const startedAt = performance.now();
  let words: Words = fine;
  const { executor } = one;
  // Where no job may write: the sandbox of a harness may leave the usual temporary folder open.
  const elsewhere = mkdtempSync(path.join(existsSync(KEPT) ? KEPT : tmpdir(), 'pointsman-elsewhere-'));
  const stray = path.join(elsewhere, 'stray.txt');
  const testBed = await openTestBed({
    pool: POOL,
    tools: true,
    copies: true,
    words: (asked) => words(asked),
    options: { env: executor?.env(elsewhere) ?? { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
  });
  try {
    const { pointsman, workspace } = testBed;
    const repository = buildRepository(workspace, one.language, one.property, isSmall);
    const said = {
      ...one,
      fault: one.language.fault,
      right: one.language.right,
      stray: one.strays === true ? stray : undefined,
    };
    words = executor === undefined ? wordsFor(repository, said) : wordsWith(executor.tools, repository, said);
    const before = snapshot(workspace, one.language);
    const hands = executor === undefined ? {} : { hands: { code: executor.name } };
    const report = await pointsman.runJob({ task: repository.task, workspace, approve: 'all', ...hands });
    const changed = differences(before, snapshot(workspace, one.language));
    const held = readFileSync(path.join(workspace, repository.source));
    const complaints = [
      ...courseOf(one, repository, report),
      ...(existsSync(stray) ? ['it wrote outside the workspace'] : []),
      ...repeatedTries(await pointsman.jobSteps(report.jobId)),
      ...bytesOf({ expected: expectedSource(one, repository), held }),
      ...(await diffOf(pointsman, report, changed)),
      ...(await takenBack(pointsman, report)),
      ...differences(before, snapshot(workspace, one.language)).map(
        (name) => `${name} stays changed when the job is taken back`,
      ),
    ];
    return {
      name: nameOf(one),
      by: executor?.name ?? 'own',
      complaints,
      changedOutside: changed.filter((name) => name !== repository.source),
      durationMs: performance.now() - startedAt,
    };
  } finally {
    await testBed.close();
    rmSync(elsewhere, { recursive: true, force: true });
  }
}

function nameOf({ executor, language, property, quality, writesWhole, strays }: JobCase): string {
  if (executor === undefined && strays !== true)
    return [language.name, property, quality, writesWhole ? 'written whole' : 'edited'].join(', ');
  return [executor?.name ?? 'own', strays === true ? 'strays' : quality].join(', ');
}

/** A wrong change is found out where tests tell it, and stands where nothing does. */
function expectedSource({ language, quality }: JobCase, { sourceWith, noticesWrong, wrong }: Repository): Buffer {
  if (quality === 'right' || (quality === 'wrong-first' && noticesWrong)) return sourceWith(language.right);
  return sourceWith(noticesWrong ? language.fault : wrong);
}

/** Of the code step: it looks, changes and reports. Beside it the plan, and a summary or a thought. */
const CALLS_A_TRY = 3;
const OTHER_CALLS = 2;
const MAX_TRIES = 4;
const MAX_TRY_BILL = nanoFromUsd(0.1);
/** What a harness says of itself and its tools is long. */
const MAX_HARNESS_TRY_BILL = nanoFromUsd(1);
const MORE_CALLS_A_TRY = 3;

interface Course {
  readonly ended: string;
  readonly tries: readonly [least: number, most: number];
}

function courseFor({ quality, strays }: JobCase, noticesWrong: boolean): Course {
  // Some refuse it what it may not and go on, some are ended for it.
  if (strays === true) return { ended: 'done', tries: [1, 2] };
  if (quality === 'right' || !noticesWrong) return { ended: 'done', tries: [1, 1] };
  return quality === 'hopeless'
    ? { ended: 'failed no-eligible-model', tries: [2, MAX_TRIES] }
    : { ended: 'done', tries: [2, 2] };
}

/** How it ended, after how many tries, and at what cost. */
function courseOf(one: JobCase, { noticesWrong }: Repository, report: JobReport): readonly string[] {
  const tries = report.steps.filter((step) => step.kind === 'code');
  const {
    ended: wanted,
    tries: [least, most],
  } = courseFor(one, noticesWrong);
  const ended = [report.status, ...(report.failure === undefined ? [] : [report.failure.code])].join(' ');
  const tryBill = one.executor === undefined ? MAX_TRY_BILL : MAX_HARNESS_TRY_BILL;
  const calls = report.steps.reduce((sum, step) => sum + step.callCount, 0);
  const { spentNanoUsd, unknownBillCallCount } = report.bill;
  const holds: readonly (readonly [boolean, string])[] = [
    [
      ended === wanted,
      `ended "${ended}" and not "${wanted}": ${report.failure?.message ?? report.pause?.question ?? ''}`,
    ],
    [tries.length >= least && tries.length <= most, `${tries.length} tries`],
    [tries.slice(0, -1).every((step) => step.status === 'rejected'), 'an earlier try was not rejected'],
    [isBounded(calls, tries.length, one), `${calls} calls for ${tries.length} tries`],
    [unknownBillCallCount === 0 && spentNanoUsd > 0, 'its bill is not known'],
    [spentNanoUsd <= tryBill * (1 + tries.length), `billed ${spentNanoUsd / 1e9} USD`],
  ];
  return holds.filter(([isHeld]) => !isHeld).map(([, words]) => words);
}

/** Harnesses ask for titles and the like, too. */
function isBounded(calls: number, tries: number, { executor, strays }: JobCase): boolean {
  // Two tries that fail alike are thought about once, before a third.
  const usual = OTHER_CALLS + CALLS_A_TRY * tries + (tries > 2 ? 1 : 0);
  if (executor === undefined && strays !== true) return calls === usual;
  return calls >= OTHER_CALLS + tries && calls <= usual + MORE_CALLS_A_TRY * tries;
}

/** Another model, another mode or more effort each time: the same again repeats its own mistake. */
function repeatedTries(steps: readonly StepRecord[]): readonly string[] {
  const tries = steps.filter((step) => step.kind === 'code').map(({ decision }) => triedAs(decision));
  return new Set(tries).size === tries.length ? [] : [`the same was tried twice: ${tries.join(', ')}`];
}

function triedAs(decision: Decision): string {
  if (decision.kind === 'refuse') return 'refused';
  const chosen = decision.candidates.find(({ model, mode }) => model === decision.to && mode === decision.mode);
  return `${decision.to}/${decision.mode}/${chosen?.effort ?? 'usual'}`;
}

function bytesOf({ expected, held }: { readonly expected: Buffer; readonly held: Buffer }): readonly string[] {
  return held.equals(expected) ? [] : [`the source holds ${JSON.stringify(held.toString('latin1'))}`];
}

/** It names what changed, and nothing else. */
async function diffOf(
  pointsman: Pointsman,
  { jobId }: JobReport,
  changed: readonly string[],
): Promise<readonly string[]> {
  const diff = await pointsman.jobDiff(jobId);
  const named = [...diff.matchAll(/^diff --git a\/(.+) b\/\1$/gmu)].map(([, name = '']) => name).sort();
  return named.join() === changed.join() ? [] : [`the diff names ${named.join()} where ${changed.join()} changed`];
}

async function takenBack(pointsman: Pointsman, { jobId }: JobReport): Promise<readonly string[]> {
  try {
    await pointsman.undoJob(jobId);
    return [];
  } catch (thrown) {
    return [`it could not be taken back: ${String(thrown)}`];
  }
}
