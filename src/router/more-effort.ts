import type { DecideInput } from '../domain/decision.ts';
import type { StepSize } from '../domain/forecast.ts';
import type { Model } from '../domain/model.ts';
import { nextEffort, type Effort } from '../domain/step.ts';
import type { Ratio } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';

/**
 * After a rejection, the P(success) of the same model with more effort over that of others that were as likely before: .45 to .95 over
 * seven pairs of efforts of MCPMark (99 tasks, 4 runs each, v2, read 2026-11-30), .73 in the mean and less among able models.
 */
const AGAIN_RATIO: Ratio = 0.7;

/** What one level more writes, over what the level before wrote: 1.0 to 3.2 over the same pairs, 1.7 in the geometric mean. */
const MORE_OUTPUT_RATIO = 1.7;

/**
 * The effort with which a model that was rejected at the step may try it once more: one level above the one that failed. `undefined`:
 * it has not tried, has been given more effort already, has none left, or nobody knows at which it tried or could ask for more. Pure.
 */
export function raisedEffort(
  { step, override }: Pick<DecideInput, 'step' | 'override'>,
  model: Model,
): Effort | undefined {
  if (override !== undefined || step.effortHolds === undefined || model.efforts.length === 0) return undefined;
  const tries = step.tried.filter((rung) => rung.model === model.id);
  const [first, second] = tries;
  if (first === undefined || second !== undefined) return undefined;
  const from = first.effort ?? step.effort ?? model.usualEffort;
  return from === undefined ? undefined : nextEffort(model.efforts, from);
}

/** Whether a model can be asked for more effort without losing what its cache holds. */
export function keepsPrefix({ step }: Pick<DecideInput, 'step'>, model: Model): boolean {
  return model.effortPerMessage === true && step.effortHolds === 'at-once';
}

/** Whether more effort of a model saves a rewrite: its vendor keeps the prefix, and it holds one. */
export function savesRewrite(input: Pick<DecideInput, 'step' | 'warmth'>, model: Model): boolean {
  if (!keepsPrefix(input, model)) return false;
  return (input.warmth.find((row) => row.model === model.id)?.warmTokens ?? 0) > 0;
}

/** What a try with more effort finds warm: all of it where the vendor keeps the prefix, else nothing, as another effort is another cache. */
export function warmthAtEffort(
  input: Pick<DecideInput, 'step'>,
  model: Model,
  { warmth, effort }: { readonly warmth: Warmth | undefined; readonly effort: Effort | undefined },
): Warmth | undefined {
  if (effort === undefined || warmth === undefined || keepsPrefix(input, model)) return warmth;
  const { heads: _, ...row } = warmth;
  return { ...row, warmTokens: 0, hitRatio: 0 };
}

/** Effort itself is worth about nothing: a second try of the same model is less likely to succeed than that of another one. */
export function successAtEffort(successRatio: Ratio, effort: Effort | undefined): Ratio {
  return effort === undefined ? successRatio : successRatio * AGAIN_RATIO;
}

export function sizeAtEffort(size: StepSize, effort: Effort | undefined): StepSize {
  return effort === undefined ? size : { ...size, outputTokensPerCall: size.outputTokensPerCall * MORE_OUTPUT_RATIO };
}
