import { roundNanoUsd } from '../../domain/money.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { shippedReturns } from '../../warmth/shipped-returns.ts';
import { addSums, type Counts } from '../metrics/sums.ts';
import { FanOut } from '../simulation/fan-out.ts';
import { InvestBill } from '../simulation/invest-bill.ts';
import type { RecordedModels } from '../simulation/recorded-models.ts';
import { timingNano } from '../simulation/switch-timing.ts';
import type { Workload } from '../simulation/workload.ts';
import type { CacheMiss } from './cache-report.ts';
import type { MissCause } from './replay-report.ts';
import type { WarmthLoss, WarmthOption, WarmthOptionName, WarmthReport } from './warmth-report.ts';

/** Gathers, thread by thread, what cold caches cost and what keeping them warm would have saved. Plain sums beside one session. */
export interface WarmthTally {
  /** Threads of one session come one after the other. */
  add(work: Workload, misses: readonly CacheMiss[]): void;
  /** What the sessions so far came to, as plain data for another tally to add. Ends the session that is open. */
  figures(): WarmthFigures;
  addFigures(part: WarmthFigures): void;
  report(): WarmthReport;
}

/** Plain data that adds up. */
export interface WarmthFigures {
  readonly losses: Map<WarmthLoss['cause'], Counts<'callCount' | 'nano'>>;
  readonly net: Map<WarmthOptionName, number>;
  readonly spent: Map<WarmthOptionName, number>;
  billedNano: number;
  inferredSessionCount: number;
}

function noFigures(): WarmthFigures {
  return {
    losses: new Map(),
    net: new Map(),
    spent: new Map(),
    billedNano: 0,
    inferredSessionCount: 0,
  };
}

const CAUSES: Readonly<Record<MissCause, WarmthLoss['cause']>> = {
  pause: 'pause',
  compaction: 'cut',
  'history-rewound': 'cut',
  'prompt-shrunk': 'cut',
  'model-switch': 'switch',
  'user-message': 'other',
  'tool-result': 'other',
  'tools-changed': 'other',
  'system-changed': 'other',
  'effort-changed': 'other',
};
const SHOWN: readonly WarmthLoss['cause'][] = ['pause', 'cut', 'cold-start', 'switch', 'other'];

const MEANS = {
  pings: { mayWriteHours: false },
  'pings-and-hours': { mayWriteHours: true },
  'pings-in-hindsight': { mayWriteHours: false, foreseesPauses: true },
} as const;
const INVESTED = Object.keys(MEANS) as readonly (keyof typeof MEANS)[];

export function createWarmthTally(recorded: RecordedModels): WarmthTally {
  return new Tally(recorded);
}

class Tally implements WarmthTally {
  private readonly recorded: RecordedModels;
  private readonly sums = noFigures();
  private session: SessionTrace | undefined;
  private bills: readonly (readonly [keyof typeof MEANS, InvestBill])[] = [];
  private fanOut = new FanOut();

  constructor(recorded: RecordedModels) {
    this.recorded = recorded;
  }

  add(work: Workload, misses: readonly CacheMiss[]): void {
    if (work.session !== this.session) this.begin(work.session);
    for (const nano of work.billedNano) this.sums.billedNano += nano;
    for (const { cause, costNano } of misses) this.lose(CAUSES[cause], costNano);
    const start = coldStartNano(work);
    if (start > 0) this.lose('cold-start', start);
    for (const [, bill] of this.bills) bill.addThread(work.thread);
    this.fanOut.addThread(work);
    addTo(this.sums.net, 'timing', timingNano(work));
  }

  /** A bound on pings is kept session by session. */
  private begin(session: SessionTrace): void {
    this.close();
    if (session.inferred?.includes('cache-reads') === true) this.sums.inferredSessionCount += 1;
    const base = { recorded: this.recorded, returns: shippedReturns(), stretches: shippedStretches() };
    this.session = session;
    this.bills = INVESTED.map((name) => [name, new InvestBill({ ...base, ...MEANS[name] })]);
    this.fanOut = new FanOut();
  }

  private close(): void {
    for (const [name, { saved, spent }] of this.bills) {
      addTo(this.sums.net, name, saved - spent);
      addTo(this.sums.spent, name, spent);
    }
    addTo(this.sums.net, 'fan-out', this.fanOut.savedNano);
    this.bills = [];
    this.fanOut = new FanOut();
    this.session = undefined;
  }

  private lose(cause: WarmthLoss['cause'], nano: number): void {
    const sum = this.sums.losses.get(cause) ?? { callCount: 0, nano: 0 };
    this.sums.losses.set(cause, { callCount: sum.callCount + 1, nano: sum.nano + nano });
  }

  figures(): WarmthFigures {
    this.close();
    return this.sums;
  }

  addFigures(part: WarmthFigures): void {
    addSums(this.sums, part);
  }

  report(): WarmthReport {
    this.close();
    return {
      billedNanoUsd: roundNanoUsd(this.sums.billedNano),
      losses: SHOWN.flatMap((cause) => this.lossOf(cause)),
      options: [...INVESTED, 'timing' as const, 'fan-out' as const].map((name) => this.optionOf(name)),
    };
  }

  private lossOf(cause: WarmthLoss['cause']): readonly WarmthLoss[] {
    const sum = this.sums.losses.get(cause);
    if (sum === undefined) return [];
    const { callCount, nano } = sum;
    const label = this.sums.inferredSessionCount > 0 ? 'modelled' : 'measured';
    return [{ cause, callCount, costNanoUsd: roundNanoUsd(nano), billRatio: this.ratioOf(nano), label }];
  }

  private optionOf(name: WarmthOptionName): WarmthOption {
    const net = this.sums.net.get(name) ?? 0;
    return {
      name,
      savedNanoUsd: Math.round(net),
      spentNanoUsd: roundNanoUsd(this.sums.spent.get(name) ?? 0),
      billRatio: this.ratioOf(net),
      label: name === 'fan-out' ? 'assumed' : 'modelled',
    };
  }

  private ratioOf(nano: number): number {
    return this.sums.billedNano === 0 ? 0 : nano / this.sums.billedNano;
  }
}

function addTo(sums: Map<WarmthOptionName, number>, name: WarmthOptionName, nano: number): void {
  sums.set(name, (sums.get(name) ?? 0) + nano);
}

/** What a thread's first prompt cost beyond reading it. A prompt that its vendor does not cache costs nothing beyond that. */
function coldStartNano(work: Workload): number {
  const [call, m] = [work.thread.calls[work.sourceIndex[0] ?? 0], work.recorded[0] ?? 0];
  const model = work.models[m];
  const read = call?.usage?.cacheReadTokens;
  if (read === undefined || model === undefined || model.cacheRule.kind === 'none') return 0;
  const unread = Math.max(0, (work.promptTokens[0] ?? 0) - read / model.tokenRatio);
  return unread * model.tokenRatio < model.cacheRule.minTokens ? 0 : unread * (work.savedNanoPerToken[m] ?? 0);
}
