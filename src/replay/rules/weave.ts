import type { Model } from '../../domain/model.ts';
import type { PolicyView, ReplayPolicy } from '../simulation/replay-policy.ts';
import { warmTokensAt, type Workload } from '../simulation/workload.ts';
import { byListPrice, needAt } from './baselines.ts';

const SOURCE = 'workweave/router 6f6a3fc (2026-08-22)';
/** Turns that a switch is taken to last, and what it must gain, in USD. */
const HORIZON_TURNS = 3;
const MIN_GAIN_USD = 0.001;

/** Amounts in USD; prices in USD per million tokens. */
export interface WeaveTurn {
  readonly promptTokens: number;
  readonly pinIsCold: boolean;
  readonly pin: { readonly input: number; readonly read: number };
  readonly next: { readonly input: number; readonly read: number };
}

/**
 * Production rule: gain over three turns less the eviction, whole prompt taken as cacheable, input alone priced. A cold pin
 * has nothing to lose: both prompts at full price and no eviction.
 */
export function weaveGainUsd(turn: WeaveTurn): number {
  const { pin, next, promptTokens } = turn;
  const pinPrice = turn.pinIsCold ? pin.input : pin.read;
  const nextPrice = turn.pinIsCold ? next.input : next.read;
  const savings = (promptTokens * (pinPrice - nextPrice)) / 1e6;
  const eviction = turn.pinIsCold ? 0 : (promptTokens * (next.input - next.read)) / 1e6;
  return savings * HORIZON_TURNS - eviction;
}

export const weaveProduction: ReplayPolicy = {
  name: 'weave-prod',
  summary: 'Switches when three turns on the scored model repay the eviction, counting input prices only.',
  source: SOURCE,
  start: (work) =>
    onTurns(work, (view, pin, next) => {
      const gain = weaveGainUsd({
        promptTokens: promptOf(work, view.index, pin),
        pinIsCold: warmTokensAt(work, view.index, pin, view.lastUse[pin] ?? -1) === 0,
        pin: pricesOf(work.models[pin]),
        next: pricesOf(work.models[next]),
      });
      return gain > MIN_GAIN_USD;
    }),
};

export interface WeaveCorrectedTurn {
  readonly promptTokens: number;
  /** Part of the prompt that a warm cache would serve: the last read and write, 0 after the history has changed. */
  readonly cacheableTokens: number;
  readonly pinIsCold: boolean;
  readonly pin: { readonly input: number; readonly read: number; readonly write: number };
  readonly next: { readonly input: number; readonly read: number; readonly write: number };
  /** Actions to be counted, this one included. */
  readonly actionCount: number;
}

/** Corrected rule: each side's prompt over N actions, writes at their own price, only the cacheable part warm. In USD. */
export function weaveCorrectedGainUsd(turn: WeaveCorrectedTurn): number {
  const { promptTokens: all, cacheableTokens: kept, pin, next } = turn;
  const warm = (price: WeaveCorrectedTurn['pin']): number => (kept * price.read + (all - kept) * price.input) / 1e6;
  const cold = (price: WeaveCorrectedTurn['pin']): number => (kept * price.write + (all - kept) * price.input) / 1e6;
  const stay = (turn.pinIsCold ? cold(pin) : warm(pin)) + (turn.actionCount - 1) * warm(pin);
  const leave = cold(next) + (turn.actionCount - 1) * warm(next);
  return stay - leave;
}

export const weaveCorrected: ReplayPolicy = {
  name: 'weave-corrected',
  summary: 'Switches when the scored model is cheaper over three actions, with write prices and the part that caches.',
  source: 'workweave/router #1020 (2026-08)',
  start: (work) =>
    onTurns(work, (view, pin, next) => {
      const promptTokens = promptOf(work, view.index, pin);
      const last = view.lastUse[pin] ?? -1;
      const held = last < 0 ? promptTokens : (work.cachedTokens[last] ?? 0) * (work.models[pin]?.tokenRatio ?? 1);
      const isChanged = (work.keepTokens[view.index] ?? Infinity) < Infinity;
      const gain = weaveCorrectedGainUsd({
        promptTokens,
        cacheableTokens: isChanged ? 0 : Math.min(held, promptTokens),
        pinIsCold: warmTokensAt(work, view.index, pin, last) === 0,
        pin: pricesOf(work.models[pin]),
        next: pricesOf(work.models[next]),
        actionCount: HORIZON_TURNS,
      });
      return gain > MIN_GAIN_USD;
    }),
};

/** The planner around both rules: the scorer proposes a model for each turn; a higher tier is always followed. */
function onTurns(
  work: Workload,
  pays: (view: PolicyView, pin: number, next: number) => boolean,
): { choose(view: PolicyView): number } {
  const ladder = byListPrice(work);
  const tier = new Map(ladder.map((m, rank) => [m, rank]));
  return {
    choose(view) {
      const pin = view.incumbent;
      const next = needAt(work, view.index);
      if (pin < 0 || next === pin) return next;
      if ((tier.get(next) ?? 0) > (tier.get(pin) ?? 0)) return next;
      return pays(view, pin, next) ? next : pin;
    },
  };
}

export function promptOf(work: Workload, i: number, m: number): number {
  return (work.promptTokens[i] ?? 0) * (work.models[m]?.tokenRatio ?? 1);
}

function pricesOf(model: Model | undefined): { readonly input: number; readonly read: number; readonly write: number } {
  const row = model?.prices.base;
  const input = row?.input ?? 0;
  return { input, read: row?.cacheRead ?? input, write: row?.cacheWrite ?? input };
}
