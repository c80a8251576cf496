import { callUsd } from './rivals.ts';
import type { StudyCall, StudyModel } from './small-study.ts';

/** How a fresh context is made and what it leaves, in tokens; `work` is what its calls cost relative to the shared one. */
export interface FreshContext {
  /** System prompt and tools: the same prefix for the shared transcript and every fresh context. */
  readonly headTokens: number;
  readonly promptTokens: number;
  readonly resultTokens: number;
  readonly work: number;
}

/** What a model last did, as far as its cache goes. */
interface Used {
  readonly headAt: number;
  readonly transcriptAt: number;
  readonly transcriptTokens: number;
}

const NEVER: Used = { headAt: Number.NEGATIVE_INFINITY, transcriptAt: Number.NEGATIVE_INFINITY, transcriptTokens: 0 };

/**
 * The offline optimum of a session when a call may also run in a fresh context: every choice of model and context is
 * tried, cut off where even free rests could not beat the best found. Exact, and written apart from the router: nothing
 * here is shared with its search. For short sessions only.
 */
export function modesOptimumUsd(
  models: readonly StudyModel[],
  calls: readonly StudyCall[],
  fresh: FreshContext,
): number {
  const floors = floorsOf(models, calls, fresh);
  let best = Number.POSITIVE_INFINITY;
  const visit = (index: number, transcript: number, used: readonly Used[], spent: number): void => {
    const call = calls[index];
    if (call === undefined) {
      best = Math.min(best, spent);
      return;
    }
    const grown = (calls[index + 1]?.prefixTokens ?? call.prefixTokens) - call.prefixTokens;
    const at = call.atSeconds;
    for (const [which, model] of models.entries()) {
      if (model.tier < call.need) continue;
      const own = used[which] ?? NEVER;
      const head = at - own.headAt <= model.ttlSeconds ? fresh.headTokens : 0;
      const held = at - own.transcriptAt <= model.ttlSeconds ? own.transcriptTokens : 0;
      const stay = spent + callUsd(model, transcript, Math.max(head, held), call.outputTokens);
      if (stay + (floors[index + 1] ?? 0) < best) {
        const after = { headAt: at, transcriptAt: at, transcriptTokens: transcript };
        visit(index + 1, transcript + grown, used.with(which, after), stay);
      }
      const apart = spent + fresh.work * callUsd(model, fresh.promptTokens, head, call.outputTokens);
      if (apart + (floors[index + 1] ?? 0) < best) {
        visit(
          index + 1,
          transcript + Math.min(grown, fresh.resultTokens),
          used.with(which, { ...own, headAt: at }),
          apart,
        );
      }
    }
  };
  visit(
    0,
    calls[0]?.prefixTokens ?? 0,
    models.map(() => NEVER),
    0,
  );
  return best;
}

/** The least that the calls from each on can cost: each on its cheapest model, everything read, the transcript at its shortest. */
function floorsOf(models: readonly StudyModel[], calls: readonly StudyCall[], fresh: FreshContext): readonly number[] {
  const floors: number[] = Array.from({ length: calls.length + 1 }, () => 0);
  for (let index = calls.length - 1; index >= 0; index -= 1) {
    const call = calls[index];
    if (call === undefined) continue;
    let least = Number.POSITIVE_INFINITY;
    for (const model of models) {
      if (model.tier < call.need) continue;
      const shortest = calls[0]?.prefixTokens ?? 0;
      const apart =
        fresh.work * callUsd({ ...model, hitRatio: 1 }, fresh.promptTokens, fresh.headTokens, call.outputTokens);
      least = Math.min(least, apart, callUsd({ ...model, hitRatio: 1 }, shortest, shortest, call.outputTokens));
    }
    floors[index] = least + (floors[index + 1] ?? 0);
  }
  return floors;
}
