import type { Model } from '../../domain/model.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { warmTokensAt } from '../simulation/workload.ts';
import { needAt } from './baselines.ts';
import { promptOf } from './weave.ts';

/** Cost of leaving a warm model, in USD: uncached at the new one, less what is still warm there, less the read saved here. */
export function planoSwitchUsd(turn: {
  readonly promptTokens: number;
  readonly warmAtNextTokens: number;
  readonly next: { readonly input: number; readonly read: number };
  readonly anchorRead: number;
}): number {
  const { promptTokens, next } = turn;
  const warm = Math.min(turn.warmAtNextTokens, promptTokens);
  return ((promptTokens - warm) * next.input + warm * next.read - promptTokens * turn.anchorRead) / 1e6;
}

/** Spends at most a share of what staying would have cost on switches; free ones are always taken and give nothing back. */
export function planoBudget(percent = 20): ReplayPolicy {
  return {
    name: percent === 20 ? 'plano-budget' : `plano-budget-${percent}`,
    summary: `Follows the scored model while switches cost at most ${percent} % of never switching.`,
    source: 'katanemo/plano v0.4.36 (2026-08-19)',
    start(work) {
      const episode = { anchor: -1, baselineUsd: 0, spentUsd: 0 };
      const restart = (anchor: number): number => {
        Object.assign(episode, { anchor, baselineUsd: 0, spentUsd: 0 });
        return anchor;
      };
      return {
        choose({ index, incumbent, lastUse }) {
          const next = needAt(work, index);
          const isWarm = incumbent >= 0 && warmTokensAt(work, index, incumbent, lastUse[incumbent] ?? -1) > 0;
          if (!isWarm) return restart(next);
          const anchor = work.models[episode.anchor];
          episode.baselineUsd += (promptOf(work, index, episode.anchor) * readPrice(anchor)) / 1e6;
          if (next === incumbent) return incumbent;
          const ratio = work.models[next]?.tokenRatio ?? 1;
          const cost = planoSwitchUsd({
            promptTokens: promptOf(work, index, next),
            warmAtNextTokens: warmTokensAt(work, index, next, lastUse[next] ?? -1) * ratio,
            next: { input: work.models[next]?.prices.base.input ?? 0, read: readPrice(work.models[next]) },
            anchorRead: readPrice(work.models[incumbent]),
          });
          if (cost <= 0) return next;
          if (episode.spentUsd + cost > (percent / 100) * episode.baselineUsd) return incumbent;
          episode.spentUsd += cost;
          return next;
        },
      };
    },
  };
}

function readPrice(model: Model | undefined): number {
  return model?.prices.base.cacheRead ?? model?.prices.base.input ?? 0;
}
