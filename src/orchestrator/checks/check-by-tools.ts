import type { TreeBefore } from '../../tools/work-tree/work-tree.ts';
import { firstLine } from '../model/artifact.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { brief, type JobState } from '../model/job-state.ts';
import { checkLimitMs } from './check-limit.ts';
import { checkCommands, runChecks, type CheckRunOptions } from './run-tests.ts';
import type { TestRun } from './test-run.ts';
import { hasBegun, isDue } from './tests-before.ts';

/** What reads the code, and what makes of it what is shipped. */
const TOOLS = ['types', 'lint', 'build'] as const;
type ToolRole = (typeof TOOLS)[number];

/** What the tools of a workspace say of one attempt. */
export interface ToolsVerdict {
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  /** Of the first that is red. */
  readonly report: string;
  /** Why one that was green says nothing now. */
  readonly question: string | undefined;
}

function beforeKey(role: ToolRole): FactKey<TestRun> {
  return factKey(`tests/before/${role}`);
}

/** Runs them as the workspace is, before the first step that changes it. */
export async function takeToolsBefore(run: JobRun, state: JobState, wave: readonly JobStep[]): Promise<void> {
  if (!isDue(run, state, wave) || hasBegun(run, state)) return;
  const { jobId } = run.entry;
  for (const role of TOOLS) {
    if (checkCommands(run, role).length === 0 || leavesFiles(run, role)) continue;
    if ((await run.services.journal.fact(jobId, beforeKey(role))) !== undefined) continue;
    const key = `tests/before/${role}`;
    const found = await runAsFound(run, { key, role, limitMs: run.services.checks.timeoutMs });
    await run.services.journal.settle(jobId, beforeKey(role), found);
    if (found.kind === 'none' && found.because === 'not-there') await noteThat(run, role, found.why);
  }
}

async function noteThat(run: JobRun, role: ToolRole, why: string): Promise<void> {
  const text = brief(`before the job (${role}): ${why}`);
  run.emit({ type: 'note', text });
  await run.services.journal.settle(run.entry.jobId, noteKey(`tests-before/${role}`), text);
}

/**
 * Runs types, lint and build after an attempt: what was green before the job and is red now speaks against the change. What was
 * red, or was not run, says nothing; what one rejects needs no other.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function checkByTools(run: JobRun, key: string): Promise<ToolsVerdict> {
  const checks: ToolsVerdict['checks'][number][] = [];
  let report = '';
  let question: string | undefined;
  for (const role of TOOLS) {
    const before = await run.services.journal.fact(run.entry.jobId, beforeKey(role));
    if (before?.kind !== 'ran' || !before.passed) continue;
    const limitMs = checkLimitMs(run.services.checks.timeoutMs, before);
    const after = await runTwice(run, { key: `${key}/${role}`, role, limitMs });
    if (after.kind !== 'ran') {
      question ??= brief(`What was green before the job says nothing of the change (${role}): ${after.why}`);
      continue;
    }
    const summary = after.passed
      ? `${role}: nothing is red`
      : `${role} was green before the job: ${errorOf(after.report)}`;
    checks.push({ verifierId: role, passed: after.passed, summary });
    if (after.passed) continue;
    ({ report } = after);
    break;
  }
  return { checks, report, question };
}

/** In its user's own folder nobody could tell what a build left from what the user did meanwhile. */
function leavesFiles(run: JobRun, role: ToolRole): boolean {
  return role === 'build' && run.userFolder === undefined;
}

/** Takes back what a check wrote into the copy in which the job works: it is no part of any change. */
async function runAsFound(run: JobRun, options: CheckRunOptions): Promise<TestRun> {
  if (run.userFolder === undefined) return runChecks(run, options);
  const { journal } = run.services;
  const begun: FactKey<TreeBefore> = factKey(`files-before/${options.key}`);
  const before =
    (await journal.fact(run.entry.jobId, begun)) ??
    (await journal.settle(run.entry.jobId, begun, await run.workTree.before(undefined)));
  const ran = await runChecks(run, options);
  await run.workTree.putBack(await run.workTree.changesSince(before), 'leave');
  return ran;
}

/** What is red only once is chance, as with tests. */
async function runTwice(run: JobRun, options: CheckRunOptions): Promise<TestRun> {
  const first = await runAsFound(run, options);
  if (first.kind !== 'ran' || first.passed) return first;
  return runAsFound(run, { ...options, key: `${options.key}/again` });
}

function errorOf(report: string): string {
  const lines = report.split('\n').slice(1);
  return firstLine(lines.find((line) => /error|warning|:\d+/iu.test(line)) ?? lines[0] ?? '');
}
