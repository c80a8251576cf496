// One file: a session's bill with pings and one-hour writes; each part reads what the others have left.

import { billNanoUsd } from '../../catalog/bill.ts';
import type { Model } from '../../domain/model.ts';
import { toNanoUsd } from '../../domain/money.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import { expectStretch, NO_TURNS, withTurnCall, type StretchTable } from '../../predict/forecast/stretches.ts';
import type { ThreadTrace } from '../../sessions/session-trace.ts';
import { chooseWrite, premiumNanoUsd } from '../../warmth/hour-writes.ts';
import { keepAlivePlan, pingNanoUsd, rewriteNanoUsd, ttlOf, type WriteClass } from '../../warmth/keep-alive.ts';
import { isWithinPingBound, pausePlan, PING_OVERHEAD_RATIO } from '../../warmth/pause-plan.ts';
import { returnHazard, type ReturnHazard } from '../../warmth/return-hazard.ts';
import type { ReturnTable } from '../../warmth/returns.ts';
import type { RecordedModels } from './recorded-models.ts';
import { pausesOfThread, type RecordedPause } from './recorded-pauses.ts';

/** What may be done about pauses, and what is known of them. */
export interface InvestMeans {
  readonly recorded: RecordedModels;
  readonly returns: ReturnTable;
  readonly stretches: StretchTable;
  readonly mayWriteHours: boolean;
  /** Each pause is known when it begins, as nobody can: pings are sent where they pay, and no bound is needed. */
  readonly foreseesPauses?: true;
}

/** A call that can be priced, with what its prompt shares with the one before it. */
interface PricedCall {
  readonly model: Model;
  readonly usage: Usage;
  readonly at: At;
  readonly pause: RecordedPause | undefined;
  /** Tokens of the prompt before that it begins with. */
  readonly keptTokens: Tokens;
  readonly gapMs: Ms;
}

/** What a thread's prefix is kept by. */
interface Held {
  readonly model: Model;
  readonly tokens: Tokens;
  readonly writeClass: WriteClass;
  /** Idle time that it outlasts, pings included. */
  readonly aliveMs: Ms;
}

/**
 * What one session would have billed had its pauses been bridged as our policies do it: pings by the return hazard and one-hour writes,
 * both within the policy's bound, the last pings of threads that never go on counted. Sizes and pauses are as recorded, so that what was
 * not read for a pause's sake alone is what can be saved. Amounts in nano-USD as floats.
 */
export class InvestBill {
  /** The recorded calls. */
  calls = 0;
  /** On pings and premiums. */
  spent = 0;
  premium = 0;
  saved = 0;
  private readonly means: InvestMeans;

  constructor(means: InvestMeans) {
    this.means = means;
  }

  addThread(thread: ThreadTrace): void {
    const starts = new Set(thread.userMessages.map(({ beforeCallIndex }) => beforeCallIndex));
    const pauses = pausesOfThread(thread);
    let turns = NO_TURNS;
    let held: Held | undefined;
    let priced = this.price(thread, 0, pauses[0]);
    for (const index of thread.calls.keys()) {
      turns = withTurnCall(turns, starts.has(index), priced?.gapMs);
      const next = this.price(thread, index + 1, pauses[index + 1]);
      if (priced !== undefined) {
        this.calls += billNanoUsd(priced.model.prices, priced.usage, priced.at);
        const readable = this.readable(held, priced);
        const written = this.writeClass(priced, readable, { held, turns });
        held = this.wait(priced, this.write(priced, readable, written), next);
      }
      priced = next;
    }
  }

  private price(thread: ThreadTrace, index: number, pause: RecordedPause | undefined): PricedCall | undefined {
    const [before, call] = [thread.calls[index - 1], thread.calls[index]];
    const model = call === undefined ? undefined : this.means.recorded.ofCall(call)?.model;
    if (call?.usage === undefined || call.at === undefined || model === undefined) return undefined;
    const whole = before?.usage === undefined ? 0 : promptTokens(before.usage);
    const gapMs = before?.at === undefined ? Infinity : call.at - before.at;
    const keptTokens = Math.min(whole, call.prefix.keptTokens ?? Infinity);
    return { model, usage: call.usage, at: call.at, pause, keptTokens, gapMs };
  }

  /** What the call reads of what is held, and saves where it would have found nothing by default. */
  private readable(held: Held | undefined, priced: PricedCall): Tokens {
    const { model, gapMs } = priced;
    if (held === undefined || held.model !== model || gapMs > held.aliveMs) return 0;
    const { readable, lost } = foundOf(held, priced);
    if (lost > 0 && model.cacheRule.kind !== 'none' && gapMs > model.cacheRule.ttlMs)
      this.saved += rewriteOf(priced, lost);
    return readable;
  }

  /** A prefix that is mostly there goes on as it was written; one that is written anew is a new choice. */
  private writeClass(
    { model, usage, at, pause, keptTokens }: PricedCall,
    readable: Tokens,
    { held, turns }: { readonly held: Held | undefined; readonly turns: typeof NO_TURNS },
  ): WriteClass {
    if (isHourWrite(usage)) return '1h';
    if (held !== undefined && readable > 0 && readable >= keptTokens / 2) return held.writeClass;
    if (!this.means.mayWriteHours) return 'default';
    const prompt = promptTokens(usage);
    const writtenTokens = Math.max(0, heldBy(usage) - (usage.cacheReadTokens ?? 0));
    const { stretches } = this.means;
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
      this.means.returns,
      waitFor === undefined ? context : { ...context, waitFor, promptTokens: tokens },
      pause?.own,
    );
  }

  private write({ model, usage, at }: PricedCall, readable: Tokens, writeClass: WriteClass): Held {
    const tokens = heldBy(usage);
    const whole = { model, tokens, writeClass, aliveMs: 0 };
    // What was recorded for an hour has been paid for.
    if (writeClass === 'default' || isHourWrite(usage)) return whole;
    const written = Math.max(0, tokens - Math.max(readable, usage.cacheReadTokens ?? 0));
    const premium = premiumNanoUsd(model, written, at);
    // Past the bound, or without hours, what is new is written by default: it is gone after that time, and what stands before it is not.
    if (!this.means.mayWriteHours || !this.mayPay(premium))
      return readable > 0 ? { ...whole, tokens: readable } : { ...whole, writeClass: 'default' };
    this.spent += premium;
    this.premium += premium;
    return whole;
  }

  /** Pings until the next call comes. */
  private wait(priced: PricedCall, held: Held, next: PricedCall | undefined): Held {
    const { model, usage, at } = priced;
    const rule = model.cacheRule;
    if (rule.kind === 'none') return held;
    const prompt = { heldTokens: held.tokens, promptTokens: promptTokens(usage) };
    const ttlMs = ttlOf(rule, held.writeClass);
    const plan = this.planOf(priced, held, next);
    if (plan === undefined) return { ...held, aliveMs: ttlMs };
    const ping = pingNanoUsd(model, prompt, 0, at);
    const gapMs = next?.gapMs ?? Infinity;
    let sent = 0;
    while (sent < plan.maxCount && (sent + 1) * plan.everyMs < gapMs && this.mayPay(ping)) {
      sent += 1;
      this.spent += ping;
    }
    return { ...held, aliveMs: sent * plan.everyMs + ttlMs };
  }

  private planOf(
    priced: PricedCall,
    held: Held,
    next: PricedCall | undefined,
  ): { readonly everyMs: Ms; readonly maxCount: number } | undefined {
    const { model, usage, at, pause } = priced;
    const { writeClass } = held;
    if (this.means.foreseesPauses === true) return foreseenPlan(priced, held, next);
    if (pause === undefined) return undefined;
    const prompt = { heldTokens: held.tokens, promptTokens: promptTokens(usage) };
    const hazard = this.hazardOf(pause, prompt.promptTokens);
    return pausePlan(model, prompt, { hazard, outputTokens: 0, at, writeClass });
  }

  private mayPay(nano: number): boolean {
    if (this.means.foreseesPauses === true) return true;
    const account = {
      spentNanoUsd: toNanoUsd(this.calls + this.spent - this.saved),
      pingedNanoUsd: toNanoUsd(this.spent),
      savedNanoUsd: toNanoUsd(this.saved),
    };
    return isWithinPingBound(account, toNanoUsd(nano), PING_OVERHEAD_RATIO);
  }
}

/** As many pings as the pause takes, where they cost less than what the next call would have to write again. */
function foreseenPlan(
  { model, usage, at }: PricedCall,
  held: Held,
  next: PricedCall | undefined,
): { readonly everyMs: Ms; readonly maxCount: number } | undefined {
  const plan = keepAlivePlan(model, held.writeClass);
  const rule = model.cacheRule;
  if (plan === undefined || rule.kind === 'none' || next?.model !== model) return undefined;
  const ttlMs = ttlOf(rule, held.writeClass);
  const maxCount = Math.max(0, Math.ceil((next.gapMs - ttlMs) / plan.everyMs));
  const { lost } = foundOf(held, next);
  const ping = pingNanoUsd(model, { heldTokens: held.tokens, promptTokens: promptTokens(usage) }, 0, at);
  return maxCount * ping < rewriteOf(next, lost) ? { everyMs: plan.everyMs, maxCount } : undefined;
}

/** What a call can read of a prefix that is still there, and how much of it the recorded call did not. */
function foundOf(held: Held, { usage, keptTokens }: PricedCall): { readonly readable: Tokens; readonly lost: Tokens } {
  const readable = Math.min(held.tokens, keptTokens, heldBy(usage));
  const read = usage.cacheReadTokens;
  return { readable, lost: read === undefined ? 0 : Math.max(0, readable - read) };
}

function rewriteOf({ model, usage, at }: PricedCall, tokens: Tokens): number {
  return rewriteNanoUsd(model, { heldTokens: tokens, promptTokens: promptTokens(usage) }, at);
}

function isHourWrite({ cacheWrite1hTokens }: Usage): boolean {
  return (cacheWrite1hTokens ?? 0) > 0;
}

function heldBy(usage: Usage): Tokens {
  return (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
}
