import type { VerifierKind } from '../../../domain/quality.ts';
import { type FileChange, reversed } from '../../../tools/work-tree/file-change.ts';
import { recordAsMade } from '../../calls/record-changes.ts';
import { factKey, type FactKey } from '../../model/fact-key.ts';
import type { JobStep } from '../../model/job-plan.ts';
import type { JobRun } from '../../model/job-run.ts';
import type { TestRun } from '../test-run.ts';

/** A test that was written for a fault and is red because of it. */
export interface Reproduction {
  /** New files, as the way to them from nothing. */
  readonly files: readonly FileChange[];
  /** The tests as they were before the change, with this one among them. */
  readonly before: Extract<TestRun, { kind: 'ran' }>;
  /** What it adds to what is red. */
  readonly names: readonly string[];
  /** Of the model that wrote it. */
  readonly family: string;
}

/** By the step that is to mend the fault. */
export function reproductionKey(stepId: string): FactKey<Reproduction> {
  return factKey(`reproduction/${stepId}`);
}

/** What a check by a reproduction is of an author's family. Pure. */
export function reproductionKind(writerFamily: string, authorFamily: string | undefined): VerifierKind {
  return writerFamily === authorFamily ? 'reproduction-own-family' : 'reproduction-other-family';
}

export async function reproductionOf(
  run: JobRun,
  { stepId }: Pick<JobStep, 'stepId'>,
): Promise<Reproduction | undefined> {
  return run.services.journal.fact(run.entry.jobId, reproductionKey(stepId));
}

/**
 * Runs what looks at the tests while a reproduction lies among them: the author does not see it before. A file that stands in its
 * place is left alone, and then it is not there.
 * @param at step, attempt and place, with slashes
 */
export async function withReproduction<Result>(
  run: JobRun,
  { files }: Pick<Reproduction, 'files'>,
  { at, act }: { readonly at: string; readonly act: (isThere: boolean) => Promise<Result> },
): Promise<Result> {
  const blocked = await recordAsMade(run, `${at}/laid`, files);
  try {
    return await act(blocked.length === 0);
  } finally {
    await recordAsMade(run, `${at}/taken`, reversed(files.filter(({ name }) => !blocked.includes(name))));
  }
}

/** It has shown that a fault is mended: it stays as the test that holds that. */
export async function keepReproduction(run: JobRun, files: readonly FileChange[], at: string): Promise<void> {
  await recordAsMade(run, `${at}/reproduction`, files);
}
