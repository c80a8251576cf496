import type { StepId } from '../../domain/ids.ts';
import type { Tokens } from '../../domain/time.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import { cut } from './job-plan.ts';

/** Something a step left behind, by reference; its text is in the journal. Plain JSON; part of the graph's state. */
export interface ArtifactRef {
  /** Unique in the job and the key in the journal, such as `diff/code-1`. */
  readonly name: string;
  readonly stepId: StepId;
  readonly kind: 'result' | 'diff' | 'test-report';
  readonly tokens: Tokens;
}

export interface Artifact extends ArtifactRef {
  readonly text: string;
}

/** The most that one artifact may hold, in characters; what is longer is cut in the middle, both ends kept. */
const MAX_CHARS: Readonly<Record<ArtifactRef['kind'], number>> = { result: 12_000, diff: 32_000, 'test-report': 8000 };

export function toArtifact(kind: ArtifactRef['kind'], stepId: StepId, text: string, attempt: number): Artifact {
  const bounded = cutMiddle(text, MAX_CHARS[kind]);
  const name = `${kind}/${stepId}/${attempt}`;
  return { name, stepId, kind, tokens: estimateTokens(bounded), text: bounded };
}

export function toRef({ name, stepId, kind, tokens }: ArtifactRef): ArtifactRef {
  return { name, stepId, kind, tokens };
}

/** Keeps the beginning and the end, where commands say what they did and how it ended. */
export function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const half = Math.floor((maxChars - 60) / 2);
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}\n[… ${left} characters left out …]\n${text.slice(-half)}`;
}

/** The first line that says something, for progress and tables. */
export function firstLine(text: string, maxChars = 160): string {
  const line = text.split('\n').find((row) => row.trim() !== '') ?? '';
  return cut(line.trim(), maxChars);
}
