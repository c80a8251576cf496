import { callUsd } from './rivals.ts';
import type { StudyCall, StudyModel } from './small-study.ts';

/**
 * The offline optimum of a session on one shared transcript: dynamic programme over (call, last use per model), entries
 * past their time to live collapsed to cold. Exact; the state count grows with calls^(models − 1).
 */
export function optimumUsd(models: readonly StudyModel[], calls: readonly StudyCall[]): number {
  let states = new Map<string, { readonly usd: number; readonly last: readonly number[] }>();
  states.set('', { usd: 0, last: models.map(() => -1) });
  for (const [index, call] of calls.entries()) {
    const next = new Map<string, { readonly usd: number; readonly last: readonly number[] }>();
    for (const { usd, last } of states.values()) {
      for (const [at, model] of models.entries()) {
        if (model.tier < call.need) continue;
        const used = calls[last[at] ?? -1];
        const isWarm = used !== undefined && call.atSeconds - used.atSeconds <= model.ttlSeconds;
        const total = usd + callUsd(model, call.prefixTokens, isWarm ? used.prefixTokens : 0, call.outputTokens);
        const after = last.with(at, index).map((use, which) => {
          const later = calls[index + 1];
          const seen = calls[use];
          const isGone =
            later !== undefined &&
            seen !== undefined &&
            later.atSeconds - seen.atSeconds > (models[which]?.ttlSeconds ?? 0);
          return isGone ? -1 : use;
        });
        const key = after.join(',');
        const known = next.get(key);
        if (known === undefined || total < known.usd) next.set(key, { usd: total, last: after });
      }
    }
    states = next;
  }
  return Math.min(...[...states.values()].map((state) => state.usd));
}
