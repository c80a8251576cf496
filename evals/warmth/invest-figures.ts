import { billNanoUsd } from '../../src/catalog/bill.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figures } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import { toNanoUsd } from '../../src/domain/money.ts';
import type { Tokens } from '../../src/domain/time.ts';
import { promptTokens, type Usage } from '../../src/domain/usage.ts';
import { expectStretch, NO_TURNS, withTurnCall } from '../../src/predict/forecast/stretches.ts';
import { DEFAULT_ASSUMPTIONS } from '../../src/replay/simulation/assumptions.ts';
import { createRecordedModels, type RecordedModels } from '../../src/replay/simulation/recorded-models.ts';
import type { CallTrace, ThreadTrace } from '../../src/sessions/session-trace.ts';
import { chooseWrite, premiumNanoUsd } from '../../src/warmth/hour-writes.ts';
import { pingNanoUsd, rewriteNanoUsd, ttlOf, type WriteClass } from '../../src/warmth/keep-alive.ts';
import { isWithinPingBound, pausePlan, PING_OVERHEAD_RATIO } from '../../src/warmth/pause-plan.ts';
import { returnHazard, type ReturnHazard } from '../../src/warmth/return-hazard.ts';
import { pausesOfThread, type RecordedPause } from './fit-returns.ts';
import type { JudgedFold } from './judged-fold.ts';

/** Bills with pings and one-hour writes together against the plain time to live, both within the policy's bound; last pings counted. */
export function investFigures(folds: readonly JudgedFold[]): Figures {
  const recorded = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
  const sums = { plain: 0, net: 0, worst: -Infinity, count: 0, pinged: 0, premium: 0 };
  for (const fold of folds) {
    for (const session of fold.judged) {
      const bill = new InvestBill(fold, recorded);
      for (const thread of session.threads) bill.addThread(thread);
      sums.plain += bill.calls;
      sums.net += bill.spent - bill.saved;
      sums.premium += bill.premium;
      sums.pinged += bill.spent - bill.premium;
      sums.worst = Math.max(sums.worst, (bill.spent - bill.saved) / bill.calls);
      sums.count += 1;
    }
  }
  const pct = (value: number): number => Number((100 * value).toFixed(2));
  const at = { unit: '% of the plain bill', n: sums.count, label: 'modelled' } as const;
  return {
    'warmth.invest.ours.pct': { value: pct(sums.net / sums.plain), ...at },
    'warmth.invest.worst.pct': { value: pct(sums.worst), ...at, unit: '% of that session' },
    'warmth.invest.pings.pct': { value: pct(sums.pinged / sums.plain), ...at },
    'warmth.invest.hours.pct': { value: pct(sums.premium / sums.plain), ...at },
  };
}

/** A call that can be priced, with what its prompt shares with the one before it. */
interface Priced {
  readonly call: CallTrace;
  readonly model: Model;
  readonly usage: Usage;
  readonly at: number;
  readonly pause: RecordedPause | undefined;
  /** Tokens of the prompt before that it begins with. */
  readonly keptTokens: Tokens;
  readonly gapMs: number;
}

/** What a thread's prefix is kept by. */
interface Held {
  readonly model: Model;
  readonly tokens: Tokens;
  readonly writeClass: WriteClass;
  /** Idle time that it outlasts, pings included. */
  readonly aliveMs: number;
}

class InvestBill {
  calls = 0;
  /** On pings and premiums. */
  spent = 0;
  premium = 0;
  saved = 0;
  private readonly fold: JudgedFold;
  private readonly recorded: RecordedModels;

  constructor(fold: JudgedFold, recorded: RecordedModels) {
    this.fold = fold;
    this.recorded = recorded;
  }

  addThread(thread: ThreadTrace): void {
    const starts = new Set(thread.userMessages.map(({ beforeCallIndex }) => beforeCallIndex));
    const pauses = pausesOfThread(thread);
    let turns = NO_TURNS;
    let held: Held | undefined;
    for (const [index, call] of thread.calls.entries()) {
      turns = withTurnCall(turns, starts.has(index));
      const priced = this.price(thread, index, pauses[index]);
      if (priced === undefined) continue;
      this.calls += billNanoUsd(priced.model.prices, priced.usage, priced.at);
      const readable = this.readable(held, priced);
      const written = this.writeClass(priced, readable, { held, turns });
      held = this.write(priced, readable, written);
      const next = thread.calls[index + 1];
      const nextGapMs = next?.at === undefined || call.at === undefined ? Infinity : next.at - call.at;
      held = this.wait(priced, held, nextGapMs);
    }
  }

  private price(thread: ThreadTrace, index: number, pause: RecordedPause | undefined): Priced | undefined {
    const [before, call] = [thread.calls[index - 1], thread.calls[index]];
    const model = call === undefined ? undefined : this.recorded.ofCall(call)?.model;
    if (call?.usage === undefined || call.at === undefined || model === undefined) return undefined;
    const whole = before?.usage === undefined ? 0 : promptTokens(before.usage);
    const gapMs = before?.at === undefined ? Infinity : call.at - before.at;
    const keptTokens = Math.min(whole, call.prefix.keptTokens ?? Infinity);
    return { call, model, usage: call.usage, at: call.at, pause, keptTokens, gapMs };
  }

  /** What the call reads of what is held, and saves where it would have found nothing by default. */
  private readable(held: Held | undefined, { model, usage, at, keptTokens, gapMs }: Priced): Tokens {
    if (held === undefined || held.model !== model || gapMs > held.aliveMs) return 0;
    const readable = Math.min(held.tokens, keptTokens, heldBy(usage));
    const lost = Math.max(0, readable - (usage.cacheReadTokens ?? 0));
    if (lost > 0 && model.cacheRule.kind !== 'none' && gapMs > model.cacheRule.ttlMs)
      this.saved += rewriteNanoUsd(model, { heldTokens: lost, promptTokens: promptTokens(usage) }, at);
    return readable;
  }

  /** A prefix that is mostly there goes on as it was written; one that is written anew is a new choice. */
  private writeClass(
    { model, usage, at, pause, keptTokens }: Priced,
    readable: Tokens,
    { held, turns }: { readonly held: Held | undefined; readonly turns: typeof NO_TURNS },
  ): WriteClass {
    if (held !== undefined && readable > 0 && readable >= keptTokens / 2) return held.writeClass;
    const prompt = promptTokens(usage);
    const writtenTokens = Math.max(0, heldBy(usage) - (usage.cacheReadTokens ?? 0));
    const { stretches } = this.fold;
    const { callCount, laterCallCount } = expectStretch(stretches, turns, prompt);
    const outlook = {
      promptTokens: prompt,
      writtenTokens,
      callCount: callCount + laterCallCount,
      growthTokens: stretches.newTokensPerCall + stretches.outputTokensPerCall,
      hazard: this.hazardOf(pause, prompt, 'person'),
    };
    return chooseWrite(model, outlook, at)?.kind === 'hour' && this.mayPay(premiumNanoUsd(model, writtenTokens, at))
      ? '1h'
      : 'default';
  }

  private hazardOf(pause: RecordedPause | undefined, tokens: Tokens, waitFor?: 'person'): ReturnHazard {
    const context = pause?.context ?? { waitFor: 'person', hasPaused: false, callCount: 1, promptTokens: tokens };
    return returnHazard(
      this.fold.returns,
      waitFor === undefined ? context : { ...context, waitFor, promptTokens: tokens },
      pause?.own,
    );
  }

  private write({ model, usage, at }: Priced, readable: Tokens, writeClass: WriteClass): Held {
    const tokens = heldBy(usage);
    const whole = { model, tokens, writeClass, aliveMs: 0 };
    if (writeClass === 'default') return whole;
    const written = Math.max(0, tokens - Math.max(readable, usage.cacheReadTokens ?? 0));
    const premium = premiumNanoUsd(model, written, at);
    // Past the bound what is new is written by default: it is gone after that time, and what stands before it is not.
    if (!this.mayPay(premium))
      return readable > 0 ? { ...whole, tokens: readable } : { ...whole, writeClass: 'default' };
    this.spent += premium;
    this.premium += premium;
    return whole;
  }

  /** Pings until the next call comes. */
  private wait(priced: Priced, held: Held, gapMs: number): Held {
    const { model, usage, at, pause } = priced;
    const rule = model.cacheRule;
    if (rule.kind === 'none') return held;
    const ttlMs = ttlOf(rule, held.writeClass);
    const prompt = { heldTokens: held.tokens, promptTokens: promptTokens(usage) };
    const hazard = this.hazardOf(pause, prompt.promptTokens);
    const { writeClass } = held;
    const plan =
      pause === undefined ? undefined : pausePlan(model, prompt, { hazard, outputTokens: 0, at, writeClass });
    if (plan === undefined) return { ...held, aliveMs: ttlMs };
    const ping = pingNanoUsd(model, prompt, 0, at);
    let sent = 0;
    while (sent < plan.maxCount && (sent + 1) * plan.everyMs < gapMs && this.mayPay(ping)) {
      sent += 1;
      this.spent += ping;
    }
    return { ...held, aliveMs: sent * plan.everyMs + ttlMs };
  }

  private mayPay(nano: number): boolean {
    const account = {
      spentNanoUsd: toNanoUsd(this.calls + this.spent - this.saved),
      pingedNanoUsd: toNanoUsd(this.spent),
      savedNanoUsd: toNanoUsd(this.saved),
    };
    return isWithinPingBound(account, toNanoUsd(nano), PING_OVERHEAD_RATIO);
  }
}

function heldBy(usage: Usage): Tokens {
  return (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
}
