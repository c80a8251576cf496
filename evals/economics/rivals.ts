import type { StudyCall, StudyModel } from './small-study.ts';

/** What a rule may look at when it routes one call. */
export interface RivalView {
  readonly calls: readonly StudyCall[];
  readonly index: number;
  readonly call: StudyCall;
  /** Ascending tiers. */
  readonly models: readonly StudyModel[];
  readonly current: StudyModel | undefined;
  /** Tokens that a model still holds warm. */
  readonly warm: (model: StudyModel) => number;
}

/** A rule with the state that it keeps over one session. */
export type Rival = () => (view: RivalView) => StudyModel;

/** Expected USD of one call in four buckets: reads what is warm, writes the rest. */
export function callUsd(model: StudyModel, prefix: number, warm: number, output: number): number {
  const held = Math.min(warm, prefix);
  const hit = (held * model.read + (prefix - held) * model.write + output * model.output) / 1e6;
  if (held <= 0 || model.hitRatio >= 1) return hit;
  const miss = (prefix * model.write + output * model.output) / 1e6;
  return model.hitRatio * hit + (1 - model.hitRatio) * miss;
}

/** The cheapest tier that meets the need. */
function sufficient({ models, call }: Pick<RivalView, 'models' | 'call'>): StudyModel {
  const found = models.find((model) => model.tier >= call.need) ?? models.at(-1);
  if (found === undefined) throw new Error('The pool is empty');
  return found;
}

export const alwaysFrontier: Rival = () => (view) => view.models.at(-1) ?? sufficient(view);

export const followNeed: Rival = () => sufficient;

/** Weave's production rule, H = 3 (reference/algorithms 1.2): input savings over three turns against the eviction. */
const weaveProduction: Rival = () => (view) => {
  const next = sufficient(view);
  const { current, call } = view;
  if (current === undefined || next === current || next.tier > current.tier) return next;
  const isCold = view.warm(current) === 0;
  const tokens = call.prefixTokens;
  const ratio = (model: StudyModel): number => (isCold ? 1 : model.read / model.input);
  const saved = (3 * tokens * (current.input * ratio(current) - next.input * ratio(next))) / 1e6;
  const evicted = isCold ? 0 : (next.input * tokens * (1 - ratio(next))) / 1e6;
  return saved - evicted > 0.001 ? next : current;
};

/** Inclusive rule: this call and two more warm ones, per sufficient model; warmth of all candidates, or the incumbent's only. */
function inclusive(knowsAll: boolean): Rival {
  return () => (view) => {
    const { call, models, current } = view;
    let best: { readonly usd: number; readonly model: StudyModel } | undefined;
    for (const model of models) {
      if (model.tier < call.need) continue;
      const warm = knowsAll || model === current ? view.warm(model) : 0;
      const now = callUsd(model, call.prefixTokens, warm, call.outputTokens);
      const usd = now + 2 * callUsd(model, call.prefixTokens, call.prefixTokens, call.outputTokens);
      if (best === undefined || usd < best.usd - 1e-12) best = { usd, model };
    }
    return best?.model ?? sufficient(view);
  };
}

const inclusiveIncumbent: Rival = inclusive(false);
const inclusiveLedger: Rival = inclusive(true);

/** Plano's switch budget of 20 % (reference/algorithms 1.4); upgrades that the need forces are always obeyed. */
const planoBudget: Rival = () => {
  let baseline = 0;
  let spent = 0;
  let anchor: StudyModel | undefined;
  return (view) => {
    const next = sufficient(view);
    const { current, call } = view;
    if (current === undefined || view.warm(current) === 0) {
      baseline = 0;
      spent = 0;
      anchor = next;
      return next;
    }
    baseline += (call.prefixTokens * (anchor ?? current).read) / 1e6;
    if (next === current || next.tier > current.tier) return next;
    const warm = view.warm(next);
    const cost = ((call.prefixTokens - warm) * next.input + warm * next.read - call.prefixTokens * current.read) / 1e6;
    if (cost <= 0) return next;
    if (spent + cost > 0.2 * baseline) return current;
    spent += cost;
    return next;
  };
};

/** The rivals of the small study under the names of its figures. */
export const RIVALS: Readonly<Record<string, Rival>> = {
  follow: followNeed,
  weave: weaveProduction,
  'inclusive-incumbent': inclusiveIncumbent,
  'inclusive-ledger': inclusiveLedger,
  plano: planoBudget,
};

/** What a rule bills on a session, with a per-model cache and time to live. */
export function runRival(models: readonly StudyModel[], calls: readonly StudyCall[], rival: Rival): number {
  const choose = rival();
  const held = new Map<StudyModel, { readonly tokens: number; readonly at: number }>();
  let current: StudyModel | undefined;
  let usd = 0;
  for (const [index, call] of calls.entries()) {
    const warm = (model: StudyModel): number => {
      const cache = held.get(model);
      return cache !== undefined && call.atSeconds - cache.at <= model.ttlSeconds ? cache.tokens : 0;
    };
    const model = choose({ calls, index, call, models, current, warm });
    usd += callUsd(model, call.prefixTokens, warm(model), call.outputTokens);
    held.set(model, { tokens: call.prefixTokens, at: call.atSeconds });
    current = model;
  }
  return usd;
}
