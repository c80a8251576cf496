import { billNanoUsd } from '../../src/catalog/bill.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figures } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../src/domain/money.ts';
import type { At, Tokens } from '../../src/domain/time.ts';
import { promptTokens, type Usage } from '../../src/domain/usage.ts';
import { DEFAULT_ASSUMPTIONS } from '../../src/replay/simulation/assumptions.ts';
import { createRecordedModels, type RecordedModels } from '../../src/replay/simulation/recorded-models.ts';
import { pausesOfThread, type RecordedPause } from '../../src/replay/simulation/recorded-pauses.ts';
import type { CallTrace, SessionTrace } from '../../src/sessions/session-trace.ts';
import {
  keepAlivePlan,
  pingNanoUsd,
  rewriteNanoUsd,
  type HeldPrompt,
  type KeepAlivePlan,
} from '../../src/warmth/keep-alive.ts';
import { isWithinPingBound, pausePlan, PING_OVERHEAD_RATIO, type PingAccount } from '../../src/warmth/pause-plan.ts';
import { returnHazard } from '../../src/warmth/return-hazard.ts';
import type { JudgedFold } from './judged-fold.ts';

/** When pings of a waiting prefix are sent, and how many at most. */
type Keeper = (model: Model, held: HeldPrompt, pause: RecordedPause | undefined, at: At) => KeepAlivePlan | undefined;

/** Bills with pings against the plain time to live, per cent; the last pings of threads that never go on are counted. */
export function pauseFigures(folds: readonly JudgedFold[]): Figures {
  const recorded = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
  const ours = sumOf(folds, recorded, PING_OVERHEAD_RATIO, ({ returns }) => (model, held, pause, at) => {
    if (pause === undefined) return undefined;
    const hazard = returnHazard(returns, pause.context, pause.own);
    return pausePlan(model, held, { hazard, outputTokens: 0, at });
  });
  const skiRental = sumOf(folds, recorded, Infinity, () => (model) => keepAlivePlan(model));
  const at = { unit: '% of the plain bill', n: ours.sessionCount, label: 'modelled' } as const;
  return {
    'warmth.keepalive.ours.pct': { value: ours.pct, against: skiRental.pct, ...at },
    'warmth.keepalive.worst.pct': {
      value: ours.worstPct,
      against: skiRental.worstPct,
      ...at,
      unit: '% of that session',
    },
    'warmth.keepalive.baseline.ski-rental.pct': { value: skiRental.pct, ...at },
    'warmth.keepalive.pings.pct': { value: ours.pingPct, ...at },
  };
}

interface PauseSum {
  readonly pct: number;
  readonly worstPct: number;
  readonly pingPct: number;
  readonly sessionCount: number;
}

function sumOf(
  folds: readonly JudgedFold[],
  recorded: RecordedModels,
  ratio: number,
  keeperOf: (fold: JudgedFold) => Keeper,
): PauseSum {
  const sums = { plain: 0, net: 0, pinged: 0, worst: -Infinity, count: 0 };
  for (const fold of folds) {
    const keeper = keeperOf(fold);
    for (const session of fold.judged) {
      const { plain, net, pinged } = billSession(session, recorded, ratio, keeper);
      sums.plain += plain;
      sums.net += net;
      sums.pinged += pinged;
      sums.worst = Math.max(sums.worst, net / plain);
      sums.count += 1;
    }
  }
  const pct = (value: number): number => Number((100 * value).toFixed(2));
  return {
    pct: pct(sums.net / sums.plain),
    worstPct: pct(sums.worst),
    pingPct: pct(sums.pinged / sums.plain),
    sessionCount: sums.count,
  };
}

interface SessionBill {
  readonly plain: number;
  /** What pings changed of it. */
  readonly net: number;
  readonly pinged: number;
}

function billSession(session: SessionTrace, recorded: RecordedModels, ratio: number, keeper: Keeper): SessionBill {
  const bill = new RunningBill(ratio);
  for (const thread of session.threads) {
    const pauses = pausesOfThread(thread);
    for (const [index, call] of thread.calls.entries()) {
      const model = recorded.ofCall(call)?.model;
      const { usage, at } = call;
      if (model === undefined || usage === undefined || at === undefined) continue;
      bill.take(billNanoUsd(model.prices, usage, at));
      const held = { heldTokens: heldBy(usage), promptTokens: promptTokens(usage) };
      const plan = keeper(model, held, pauses[index], at);
      if (plan !== undefined) bill.pause(model, { call, at, next: thread.calls[index + 1], held, plan });
    }
  }
  return bill.sums();
}

/** What a session has come to: its calls, its pings, and what these have saved. */
class RunningBill {
  private calls = 0;
  private pinged = 0;
  private saved = 0;
  private readonly ratio: number;

  constructor(ratio: number) {
    this.ratio = ratio;
  }

  take(nano: NanoUsd): void {
    this.calls += nano;
  }

  pause(
    model: Model,
    of: {
      readonly call: CallTrace;
      readonly at: At;
      readonly next: CallTrace | undefined;
      readonly held: HeldPrompt;
      readonly plan: KeepAlivePlan;
    },
  ): void {
    const { call, next, plan } = of;
    const gapMs = next?.at === undefined ? Infinity : next.at - of.at;
    const ping = pingNanoUsd(model, of.held, 0, of.at);
    let sent = 0;
    while (sent < plan.maxCount && (sent + 1) * plan.everyMs < gapMs && this.mayPing(ping)) {
      sent += 1;
      this.pinged += ping;
    }
    if (next !== undefined) this.saved += savedBy(model, { call, next, gapMs, warmMs: sent * plan.everyMs });
  }

  private mayPing(ping: NanoUsd): boolean {
    const account: PingAccount = {
      spentNanoUsd: toNanoUsd(this.calls + this.pinged - this.saved),
      pingedNanoUsd: toNanoUsd(this.pinged),
      savedNanoUsd: toNanoUsd(this.saved),
    };
    return isWithinPingBound(account, ping, this.ratio);
  }

  sums(): SessionBill {
    return { plain: this.calls, net: this.pinged - this.saved, pinged: this.pinged };
  }
}

function heldBy(usage: Usage): Tokens {
  return (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
}

/** What the next call reads only because of pings, at the price of writing it. */
function savedBy(
  model: Model,
  of: { readonly call: CallTrace; readonly next: CallTrace; readonly gapMs: number; readonly warmMs: number },
): number {
  const { call, next, gapMs, warmMs } = of;
  const rule = model.cacheRule;
  if (rule.kind === 'none' || call.usage === undefined || next.usage === undefined) return 0;
  if (next.requestedModel !== call.requestedModel || gapMs <= rule.ttlMs || gapMs > warmMs + rule.ttlMs) return 0;
  const held = heldBy(call.usage);
  const warm = Math.min(held, next.prefix.keptTokens ?? held, heldBy(next.usage));
  const lost = Math.max(0, warm - (next.usage.cacheReadTokens ?? 0));
  return rewriteNanoUsd(model, { heldTokens: lost, promptTokens: promptTokens(next.usage) }, next.at ?? 0);
}
