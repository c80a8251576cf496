import type { Model } from '../../domain/model.ts';
import type { Ratio, Tokens } from '../../domain/time.ts';

/** What is done before a call so that its prompt fits: nothing, old tool results are taken out, or notes take the transcript's place. */
export type RoomStep = 'enough' | 'prune' | 'compact';

/** Estimates of tokens are off by about this much. */
export const MARGIN_RATIO: Ratio = 0.05;
/** A prompt that was too long says that the window is smaller than what is known of it. */
const AFTER_OVERFLOW_RATIO: Ratio = 0.7;
/** From here on a prompt is made shorter, in one large piece: each time its warm prefix is lost. */
const FULL_RATIO: Ratio = 0.75;
/** What pruning must reach; else the transcript itself is too long. */
const PRUNED_RATIO: Ratio = 0.55;
/** The share of the window that the newest tool results may keep. */
const KEPT_RESULTS_RATIO: Ratio = 0.2;
/** An attempt with less of its own has nothing to compact. */
const MIN_OWN_RATIO: Ratio = 0.1;

/**
 * What a prompt of a model may hold, in the model's own tokens. Pure.
 * @param overflowedAt expected tokens of the shortest prompt that was too long for it
 */
export function roomOf(
  model: Pick<Model, 'contextTokens' | 'maxOutputTokens'>,
  outputTokens: Tokens,
  overflowedAt: Tokens | undefined,
): Tokens {
  const stated = (model.contextTokens - Math.min(outputTokens, model.maxOutputTokens)) * (1 - MARGIN_RATIO);
  const seen = overflowedAt === undefined ? stated : overflowedAt * AFTER_OVERFLOW_RATIO;
  return Math.max(1, Math.floor(Math.min(stated, seen)));
}

/** What the newest tool results may hold where the others are taken out. */
export function keptResultTokens(room: Tokens): Tokens {
  return Math.floor(room * KEPT_RESULTS_RATIO);
}

/**
 * Whether a prompt is made shorter before it is sent, and how. Pure.
 * @param prompt its tokens, those it would have without old tool results, and those that the attempt itself has added
 */
export function roomStep(
  room: Tokens,
  prompt: { readonly tokens: Tokens; readonly prunedTokens: () => Tokens; readonly ownTokens: () => Tokens },
): RoomStep {
  if (prompt.tokens <= FULL_RATIO * room) return 'enough';
  if (prompt.prunedTokens() <= PRUNED_RATIO * room) return 'prune';
  return prompt.ownTokens() >= MIN_OWN_RATIO * room ? 'compact' : 'prune';
}
