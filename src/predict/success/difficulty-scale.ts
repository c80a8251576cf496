import type { StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';

/**
 * Logit of success of a mid-field model (θ = 0) at each difficulty, 1 to 5: b_d of the item-response form, turned round.
 *
 * Anchors: 34 models on repository issues by a person's estimate of the fix (OpenHands index of 2026-06-30, field at θ ≈ −0.3):
 * under 15 minutes +1.6, 15 to 60 minutes +0.9, 1 to 4 hours −0.2. Issues of large repositories start near difficulty 2 to 3, so
 * the middle column is 3 and the last is 4. The ends follow from what the scale means: at 1 any small model is right (.98 at
 * θ = −0.6), at 5 a frontier model (θ = 1) often fails (.45).
 */
export const MID_FIELD_LOGITS: readonly number[] = [4.8, 2.9, 1.3, 0.1, -1.5];

/**
 * Discrimination of a step whose difficulty is known. Over all issues the logit of success rises by .044 to .054 a point of the
 * ability index, which is one θ; among issues of one estimate it spreads by 1.3 times that, because the mixture blurs it.
 */
export const DISCRIMINATION = 1.3;

/**
 * How hard steps of a kind are where nobody has read the one at hand: shares of difficulty 1 to 5 among 4,916 steps labelled by
 * hand (2026-11). `other` has those of all steps: where nothing was read it says that nobody could name the kind.
 */
export const USUAL_DIFFICULTY: Readonly<Record<StepKind, readonly Ratio[]>> = {
  plan: [0.069, 0.202, 0.331, 0.298, 0.1],
  code: [0.239, 0.277, 0.239, 0.163, 0.082],
  review: [0.066, 0.212, 0.368, 0.254, 0.1],
  test: [0.175, 0.265, 0.336, 0.165, 0.059],
  summarize: [0.404, 0.398, 0.165, 0.028, 0.005],
  explore: [0.197, 0.219, 0.266, 0.215, 0.103],
  other: [0.251, 0.257, 0.251, 0.168, 0.073],
};
