import type { NeedPart, StepNeed } from '../domain/need.ts';
import stream from './artifacts/step-stream.json' with { type: 'json' };

/**
 * A stream of agent steps as the local reader sees them: 160 of the labelled steps (2026-11), what they need and no word of them,
 * blurred to what it leaves in doubt of steps that it was not trained on. What a dial is measured on. Made by
 * `evals/need/make-step-stream.ts`.
 */
export function stepStream(): readonly StepNeed[] {
  return stream.steps.map((step) => ({
    v: 1,
    kind: part(step.kind),
    size: part(step.size),
    difficulty: part(step.difficulty),
    stakes: part(step.stakes),
    origin: 'person',
    grounds: [],
  }));
}

const part = (ratios: readonly number[]): NeedPart => ({ ratios, source: 'local-encoder' });
