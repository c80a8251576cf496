import type { StepId } from '../domain/ids.ts';
import type { Ratio } from '../domain/time.ts';

/**
 * `model`: another model was needed. `context`: what it needed fell out of its context. `hand-off`: a fact did not reach the next step.
 * `provider`, `tool`: what they stand on failed. `plan`: the plan asked for the wrong thing. `prompt`: the form of the answer was beyond every
 * model. `check`: the check and not the work. `stopped`: somebody ended it, or its money did.
 */
export const CAUSES = [
  'model',
  'context',
  'hand-off',
  'provider',
  'tool',
  'plan',
  'prompt',
  'check',
  'stopped',
] as const;
export type Cause = (typeof CAUSES)[number];

/** One reading of the record. */
export interface Suspicion {
  readonly stepId: StepId;
  readonly cause: Cause;
  /** How much it says by itself, 0 to 1. */
  readonly weight: Ratio;
  /** What stands in the record, as a sentence. */
  readonly evidence: string;
  /** The cheapest thing to change, as a sentence. */
  readonly change: string;
}
