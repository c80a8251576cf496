import { billNanoUsd } from '../../catalog/bill.ts';
import { roundNanoUsd } from '../../domain/money.ts';
import type { Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { CallTrace, PrefixRelation } from '../../sessions/session-trace.ts';
import { foldWarmth } from '../../warmth/fold-warmth.ts';
import { EMPTY_LEDGER, findEntry, longestReadable, newestMark, type WarmthLedger } from '../../warmth/ledger.ts';
import { addSums, type Counts } from '../metrics/sums.ts';
import { MISS_RATIO } from '../simulation/build-workload.ts';
import type { Workload } from '../simulation/workload.ts';
import type { CacheReport, MissCause } from './replay-report.ts';

/** A call that read less of the cache than the thread had put there. */
export interface CacheMiss {
  /** Index into the workload. */
  readonly index: number;
  readonly cause: MissCause;
  /** In the model's own tokens. */
  readonly lostTokens: Tokens;
  readonly costNano: number;
}

/** Gathers, thread by thread, how well the ledger foresees reads. Memory does not grow with the calls. */
export interface CacheTally {
  /** Folds a thread's calls through the warmth ledger and returns where they missed. */
  add(work: Workload): readonly CacheMiss[];
  /** What was gathered so far, as plain data for another tally to add. */
  readonly figures: CacheFigures;
  addFigures(part: CacheFigures): void;
  report(): CacheReport;
}

/** Plain data that adds up. */
export interface CacheFigures {
  readonly causes: Map<MissCause, Counts<'callCount' | 'lostTokens' | 'costNano'>>;
  readonly errors: Map<number, number>;
  readonly sums: Counts<'compared' | 'within' | 'cold' | 'coldByUser' | 'predictedNano' | 'billedNano'>;
}

function noFigures(): CacheFigures {
  return {
    causes: new Map(),
    errors: new Map(),
    sums: { compared: 0, within: 0, cold: 0, coldByUser: 0, predictedNano: 0, billedNano: 0 },
  };
}

const WITHIN_TOKENS = 50;
/** Errors are kept in bins of growing width: exact up to 64 tokens, then about 3 %. */
const BINS_PER_DOUBLING = 24;

export function createCacheTally(): CacheTally {
  const figures = noFigures();
  const { causes, errors, sums } = figures;

  function compare(work: Workload, i: number, usage: Usage, predicted: Tokens): void {
    const read = usage.cacheReadTokens ?? 0;
    const error = Math.abs(predicted - read);
    sums.compared += 1;
    if (error <= WITHIN_TOKENS) sums.within += 1;
    if (read === 0 && isInsideTtl(work, i)) {
      sums.cold += 1;
      sums.coldByUser += work.byUser[i] ?? 0;
    }
    errors.set(binOf(error), (errors.get(binOf(error)) ?? 0) + 1);
    const model = work.models[work.recorded[i] ?? 0];
    if (model === undefined) return;
    sums.billedNano += work.billedNano[i] ?? 0;
    sums.predictedNano += billNanoUsd(model.prices, withRead(usage, predicted), work.atMs[i] ?? 0);
  }

  return {
    figures,
    addFigures: (part) => addSums(figures, part),
    add(work) {
      const misses = foldThread(work, compare);
      for (const miss of misses) {
        const sum = causes.get(miss.cause) ?? { callCount: 0, lostTokens: 0, costNano: 0 };
        sum.callCount += 1;
        sum.lostTokens += miss.lostTokens;
        sum.costNano += miss.costNano;
        causes.set(miss.cause, sum);
      }
      return misses;
    },
    report: () => ({
      comparedCallCount: sums.compared,
      within50TokensRatio: sums.compared === 0 ? 0 : sums.within / sums.compared,
      medianAbsoluteErrorTokens: medianOf(errors, sums.compared),
      predictedNanoUsd: roundNanoUsd(sums.predictedNano),
      billedNanoUsd: roundNanoUsd(sums.billedNano),
      coldInsideTtlCount: sums.cold,
      coldAfterUserCount: sums.coldByUser,
      misses: [...causes]
        .map(([cause, sum]) => ({
          cause,
          callCount: sum.callCount,
          lostTokens: Math.round(sum.lostTokens),
          costNanoUsd: roundNanoUsd(sum.costNano),
        }))
        .sort((a, b) => b.costNanoUsd - a.costNanoUsd),
    }),
  };
}

const ACCOUNT = 'recorded';
const TRANSCRIPT = 'thread';

function foldThread(
  work: Workload,
  compare: (work: Workload, i: number, usage: Usage, predicted: Tokens) => void,
): readonly CacheMiss[] {
  let ledger = EMPTY_LEDGER;
  const misses: CacheMiss[] = [];
  const isTimed = work.thread.calls.every((call) => call.at !== undefined);
  const longWrite = (work.ttlMs[work.recorded[0] ?? 0] ?? 0) >= 3_600_000;
  for (let i = 0; i < work.callCount; i += 1) {
    const call = work.thread.calls[work.sourceIndex[i] ?? 0];
    const model = work.models[work.recorded[i] ?? 0];
    if (call?.usage === undefined || model === undefined) continue;
    const at = work.atMs[i] ?? 0;
    if (isCut(call.prefix.relation)) {
      ledger = foldWarmth(ledger, {
        type: 'transcript-changed',
        transcript: TRANSCRIPT,
        reason: 'edit',
        keptBlockCount: 0,
      });
    }
    const key = { endpoint: model.endpoint, account: ACCOUNT, model: model.id, effort: undefined };
    const query = { at, chain: undefined, reanchors: true };
    const entry = findEntry(ledger, key, TRANSCRIPT);
    const predicted = (entry && longestReadable(entry, model, query)?.tokens) ?? 0;
    if (isTimed && call.usage.cacheReadTokens !== undefined && model.cacheRule.kind !== 'none') {
      compare(work, i, call.usage, predicted);
    }
    const held = longestHeld(work, i);
    const miss = missAt(work, i, call, Math.max(predicted, held.tokens), held);
    if (miss !== undefined) misses.push(miss);
    ledger = newestMarks(
      foldWarmth(ledger, {
        type: 'call-finished',
        ...key,
        model,
        transcript: TRANSCRIPT,
        trigger: call.trigger,
        startedAt: at,
        readableAt: at,
        usage: call.usage,
        promptTokens: promptTokens(call.usage),
        chain: undefined,
        longWrite,
      }),
    );
  }
  return misses;
}

/** Whether the model's own previous call left a prefix that time alone has not ended. */
function isInsideTtl(work: Workload, i: number): boolean {
  const m = work.recorded[i] ?? 0;
  const last = work.recordedLast[i] ?? -1;
  if (last < 0 || (work.cachedTokens[last] ?? 0) < (work.minTokens[m] ?? 0)) return false;
  return (work.atMs[i] ?? 0) - (work.atMs[last] ?? 0) <= (work.ttlMs[m] ?? 0);
}

/** Without hashes only what the newest call left is foretold, so that alone says as much; the ledger stays small however long the thread is. */
function newestMarks(ledger: WarmthLedger): WarmthLedger {
  if (ledger.entries.every((entry) => entry.marks.length <= 1)) return ledger;
  return {
    ...ledger,
    entries: ledger.entries.map((entry) => {
      const newest = newestMark(entry.marks);
      return { ...entry, marks: newest === undefined ? [] : [newest] };
    }),
  };
}

function isCut(relation: PrefixRelation): boolean {
  return relation === 'compacted' || relation === 'tools-changed' || relation === 'system-changed';
}

interface HeldPrefix {
  /** The longest prefix of this thread that any model has held, in the called model's tokens. */
  readonly tokens: Tokens;
  /** True when the called model itself holds it, expired or not. */
  readonly bySame: boolean;
}

function longestHeld(work: Workload, i: number): HeldPrefix {
  if (i === 0) return { tokens: 0, bySame: false };
  const model = work.models[work.recorded[i] ?? 0];
  const tokens = Math.min(work.cachedTokens[i - 1] ?? 0, work.cachedTokens[i] ?? 0) * (model?.tokenRatio ?? 1);
  return { tokens, bySame: work.recorded[i - 1] === work.recorded[i] };
}

/** What was lost, and why, when a call read less than half of what the thread had already had cached. */
function missAt(work: Workload, i: number, call: CallTrace, expected: Tokens, held: HeldPrefix): CacheMiss | undefined {
  const read = call.usage?.cacheReadTokens;
  const m = work.recorded[i] ?? 0;
  const model = work.models[m];
  if (i === 0 || read === undefined || model === undefined || model.cacheRule.kind === 'none') return undefined;
  if (expected < model.cacheRule.minTokens || read >= expected * MISS_RATIO) return undefined;
  const lostTokens = expected - read;
  const perToken = (work.savedNanoPerToken[i * work.models.length + m] ?? 0) / model.tokenRatio;
  return { index: i, cause: causeOf(work, i, call, held), lostTokens, costNano: lostTokens * perToken };
}

const CAUSE_OF_RELATION: Readonly<Partial<Record<PrefixRelation, MissCause>>> = {
  compacted: 'compaction',
  'tools-changed': 'tools-changed',
  'system-changed': 'system-changed',
  rewound: 'history-rewound',
  shrunk: 'prompt-shrunk',
};

function causeOf(work: Workload, i: number, call: CallTrace, held: HeldPrefix): MissCause {
  const known = CAUSE_OF_RELATION[call.prefix.relation];
  if (known !== undefined) return known;
  if (!held.bySame) return 'model-switch';
  const last = work.recordedLast[i] ?? -1;
  const age = (work.atMs[i] ?? 0) - (work.atMs[last] ?? 0);
  if (age > (work.ttlMs[work.recorded[i] ?? 0] ?? 0)) return 'pause';
  if (call.prefix.relation === 'effort-changed') return 'effort-changed';
  return call.trigger === 'user' ? 'user-message' : 'tool-result';
}

/** The same prompt had it read exactly this much: what is not read is written where writes are reported, else plain input. */
function withRead(usage: Usage, predicted: Tokens): Usage {
  const total = promptTokens(usage);
  if ((usage.cacheWriteTokens ?? 0) === 0 && usage.cacheReadTokens !== predicted && usage.uncachedTokens > predicted) {
    const read = Math.min(predicted, total);
    return { ...usage, cacheReadTokens: read, uncachedTokens: total - read };
  }
  const cacheReadTokens = Math.min(predicted, total - usage.uncachedTokens);
  const cacheWriteTokens = total - usage.uncachedTokens - cacheReadTokens;
  const long = Math.min(usage.cacheWrite1hTokens ?? 0, cacheWriteTokens);
  return { ...usage, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens: long };
}

function binOf(error: number): number {
  return error < 64 ? error : Math.round(64 + BINS_PER_DOUBLING * Math.log2(error / 64));
}

function medianOf(bins: ReadonlyMap<number, number>, count: number): number {
  let seen = 0;
  for (const [bin, n] of [...bins].sort(([a], [b]) => a - b)) {
    seen += n;
    if (seen * 2 >= count) return bin < 64 ? bin : Math.round(64 * 2 ** ((bin - 64) / BINS_PER_DOUBLING));
  }
  return 0;
}
