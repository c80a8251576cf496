import type { StepId } from '../../domain/ids.ts';
import type { Tokens } from '../../domain/time.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import { type Artifact, type ArtifactRef } from '../model/artifact.ts';
import type { JobStep } from '../model/job-plan.ts';

/** What a fresh transcript starts from: the state of the job, not a retelling of the conversation. */
export interface BriefSource {
  /** The user's own words, verbatim; never shortened. */
  readonly task: string;
  readonly step: JobStep;
  readonly plan: readonly { readonly step: JobStep; readonly state: 'done' | 'now' | 'to come' }[];
  readonly decisions: readonly { readonly stepId: StepId; readonly text: string }[];
  readonly openQuestions: readonly string[];
  /** What the step needs, in full where it fits. */
  readonly inputs: readonly Artifact[];
  /** What else there is, by name. */
  readonly others: readonly ArtifactRef[];
}

/**
 * Writes the brief of a handoff within a budget. What does not fit is dropped from the least needed on: other artifacts,
 * decisions from the oldest, then inputs become references. `undefined`: not even the user's words and the plan fit, and
 * the caller keeps the whole history instead. Pure.
 */
export function writeBrief(source: BriefSource, maxTokens: Tokens): string | undefined {
  const must = [
    section("The user's words", source.task),
    section(
      'Plan',
      source.plan.map(({ step, state }) => `- ${step.stepId} (${step.kind}, ${state}): ${step.title}`).join('\n'),
    ),
    section('Open questions', source.openQuestions.map((text) => `- ${text}`).join('\n')),
  ];
  let left = maxTokens - estimateTokens(must.join(''));
  if (left < 0) return undefined;

  const inputs: string[] = [];
  for (const artifact of source.inputs) {
    const whole = section(artifactTitle(artifact), artifact.text);
    const text = estimateTokens(whole) <= left ? whole : section(artifactTitle(artifact), 'Too long for this brief.');
    inputs.push(text);
    left -= estimateTokens(text);
  }
  const decisions = newestThatFit(
    source.decisions.map(({ stepId, text }) => `- ${stepId}: ${text}`),
    left,
  );
  left -= estimateTokens(decisions.join('\n'));
  const others = newestThatFit(
    source.others.map((ref) => `- ${ref.name} (${ref.tokens} tokens)`),
    left,
  );
  return [
    '# Brief\n\nYou take over one step of a job. Other models did the steps before; this is what they left.\n',
    must[0],
    must[1],
    section('Decisions so far', decisions.join('\n')),
    must[2],
    ...inputs,
    section('Other artifacts', others.join('\n')),
  ].join('');
}

/** What an isolated step starts from: the named artifacts and nothing else. `undefined`: one that it needs is missing. */
export function writeIsolated(
  step: JobStep,
  inputs: readonly Artifact[],
  missing: readonly StepId[],
): string | undefined {
  if (missing.length > 0) return undefined;
  const intro = `# Material\n\nYou take one step of a job. You see only what this step needs.\n`;
  const files = step.inputs.filter((name) => !inputs.some((artifact) => artifact.stepId === name));
  return [
    intro,
    ...inputs.map((artifact) => section(artifactTitle(artifact), artifact.text)),
    section('Named', files.map((name) => `- ${name}`).join('\n')),
  ].join('');
}

function artifactTitle(artifact: ArtifactRef): string {
  switch (artifact.kind) {
    case 'result':
      return `Result of step ${artifact.stepId}`;
    case 'diff':
      return `Change made up to step ${artifact.stepId}, as a diff`;
    case 'test-report':
      return `Test run after step ${artifact.stepId}`;
  }
}

function section(title: string, body: string): string {
  return body.trim() === '' ? '' : `\n## ${title}\n\n${body.trim()}\n`;
}

function newestThatFit(lines: readonly string[], maxTokens: Tokens): readonly string[] {
  const kept: string[] = [];
  let left = maxTokens;
  for (const line of [...lines].reverse()) {
    left -= estimateTokens(`${line}\n`);
    if (left < 0) break;
    kept.unshift(line);
  }
  return kept;
}
