import type { StepId } from '../../domain/ids.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import { cutMiddle, toArtifact, toRef, type ArtifactRef } from '../model/artifact.ts';
import type { ContractName, Contracts } from '../model/contracts.ts';
import { artifactKey, type Executed } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';

/** Puts an artifact into the journal and gives the reference that the state keeps. */
export async function keepArtifact(
  run: JobRun,
  artifact: {
    readonly kind: ArtifactRef['kind'];
    readonly stepId: StepId;
    readonly text: string;
    readonly attempt: number;
  },
): Promise<ArtifactRef> {
  const { kind, stepId, attempt } = artifact;
  const made = toArtifact(kind, stepId, artifact.text, attempt);
  const kept = await run.services.journal.settle(run.entry.jobId, artifactKey(made.name), made.text);
  return toRef(kept !== made.text ? { ...made, tokens: estimateTokens(kept) } : made);
}

export function summaryOf(value: Contracts[ContractName]): string {
  if ('summary' in value) return value.summary;
  if ('why' in value) return value.why;
  return value.steps.map((step) => `${step.id}: ${step.title}`).join('; ') || 'nothing to be done';
}

/** What a summary of the longest step may have: what is still to do stands at its end. */
const FINDINGS_CHARS = 12_000;

/** As the next try reads what a try had found that came to no answer; empty where there is nothing. */
export function findingsOf(ended: Executed): string {
  if (ended.kind !== 'unanswered' || ended.findings === undefined) return '';
  return `\n\nWhat it had found by then:\n\n${cutMiddle(ended.findings, FINDINGS_CHARS)}`;
}
