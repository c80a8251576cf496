import { priceRowFor } from '../../catalog/bill.ts';
import { surchargeOf } from '../../catalog/price-terms.ts';
import { NANO_PER_TOKEN, roundNanoUsd } from '../../domain/money.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { CallTrace, ClientName, DroppedRows, SessionTrace } from '../../sessions/session-trace.ts';
import { addSums, type Counts } from '../metrics/sums.ts';
import type { MoneyBreakdown, MoneyRow, RecordedSummary, Reconciliation } from '../report/replay-report.ts';
import { listPrice } from '../simulation/build-workload.ts';
import type { RecordedModels } from '../simulation/recorded-models.ts';
import type { Workload } from '../simulation/workload.ts';

/** Counts what the logs hold, whether or not it can be priced. */
export interface RecordedTally {
  /** What was counted so far, as plain data for another tally to add. */
  readonly figures: RecordedFigures;
  addSession(session: SessionTrace, recorded: RecordedModels): void;
  addWorkload(work: Workload): void;
  addFigures(part: RecordedFigures): void;
  summary(): RecordedSummary;
  reconciliation(): Reconciliation;
  money(): MoneyBreakdown;
  dropped(): DroppedRows;
}

const DROPPED_COUNTS = [
  'malformedCount',
  'oversizedCount',
  'duplicateCallCount',
  'syntheticCallCount',
  'summedCallCount',
] as const;

/** What the logs hold, as plain data that adds up; `span` is from the first to the last call. */
export interface RecordedFigures {
  readonly sums: {
    readonly counts: Counts<
      'session' | 'inferred' | 'thread' | 'call' | 'noUsage' | 'unknownCache' | 'priceList' | 'correction' | 'toolError'
    >;
    readonly tokens: Counts<'uncached' | 'cacheRead' | 'cacheWrite' | 'output'>;
    readonly unpriced: Map<string, number>;
    readonly unpricedTerms: Map<string, number>;
    readonly clients: Map<ClientName, Counts<'sessionCount' | 'callCount'>>;
    readonly sums: Counts<'billed' | 'routable' | 'surcharge' | 'compared' | 'equal' | 'logged' | 'recomputed'>;
    readonly differences: Map<string, Counts<'callCount' | 'differenceNanoUsd'>>;
    readonly money: Record<'model' | 'kind' | 'trigger' | 'agent' | 'bucket', Money>;
    readonly dropped: Counts<(typeof DROPPED_COUNTS)[number]> & { readonly unknownTypes: Map<string, number> };
  };
  readonly span: { first: number; last: number };
}

function noSums(): RecordedFigures['sums'] {
  return {
    counts: {
      session: 0,
      inferred: 0,
      thread: 0,
      call: 0,
      noUsage: 0,
      unknownCache: 0,
      priceList: 0,
      correction: 0,
      toolError: 0,
    },
    tokens: { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0 },
    unpriced: new Map(),
    unpricedTerms: new Map(),
    clients: new Map(),
    sums: { billed: 0, routable: 0, surcharge: 0, compared: 0, equal: 0, logged: 0, recomputed: 0 },
    differences: new Map(),
    money: { model: noMoney(), kind: noMoney(), trigger: noMoney(), agent: noMoney(), bucket: noMoney() },
    dropped: {
      malformedCount: 0,
      oversizedCount: 0,
      unknownTypes: new Map(),
      duplicateCallCount: 0,
      syntheticCallCount: 0,
      summedCallCount: 0,
    },
  };
}

export function createRecordedTally(): RecordedTally {
  const figures: RecordedFigures = { sums: noSums(), span: { first: Infinity, last: -Infinity } };
  const { span } = figures;
  const { counts, tokens, unpriced, unpricedTerms, clients, sums, differences, money, dropped } = figures.sums;

  function addCall(call: CallTrace, recorded: RecordedModels): void {
    counts.call += 1;
    counts.toolError += call.toolCalls.filter((tool) => tool.isError === true).length;
    if (call.at !== undefined) {
      span.first = Math.min(span.first, call.at);
      span.last = Math.max(span.last, call.at);
    }
    const usage = call.usage;
    if (usage === undefined) {
      counts.noUsage += 1;
      return;
    }
    tokens.uncached += usage.uncachedTokens;
    tokens.cacheRead += usage.cacheReadTokens ?? 0;
    tokens.cacheWrite += usage.cacheWriteTokens ?? 0;
    tokens.output += usage.outputTokens;
    if (usage.cacheReadTokens === undefined) counts.unknownCache += 1;
    const found = recorded.ofCall(call);
    const name = call.servedModel ?? call.requestedModel;
    if (found === undefined) unpriced.set(name, (unpriced.get(name) ?? 0) + 1);
    else if (found.basis === 'price-list') counts.priceList += 1;
  }

  function reconcile(call: CallTrace, model: string, billedNano: number): void {
    if (call.loggedCostNanoUsd === undefined) return;
    sums.compared += 1;
    sums.logged += call.loggedCostNanoUsd;
    sums.recomputed += billedNano;
    if (call.loggedCostNanoUsd === billedNano) sums.equal += 1;
    else {
      const row = differences.get(model) ?? { callCount: 0, differenceNanoUsd: 0 };
      row.callCount += 1;
      row.differenceNanoUsd += billedNano - call.loggedCostNanoUsd;
      differences.set(model, row);
    }
  }

  return {
    figures,
    addFigures(part) {
      addSums(figures.sums, part.sums);
      span.first = Math.min(span.first, part.span.first);
      span.last = Math.max(span.last, part.span.last);
    },
    addSession(session, recorded) {
      counts.session += 1;
      if (session.inferred?.includes('cache-reads') === true) counts.inferred += 1;
      counts.thread += session.threads.length;
      const client = clients.get(session.client) ?? { sessionCount: 0, callCount: 0 };
      client.sessionCount += 1;
      for (const thread of session.threads) {
        client.callCount += thread.calls.length;
        counts.correction += thread.userMessages.filter((message) => message.correction !== undefined).length;
        for (const call of thread.calls) addCall(call, recorded);
      }
      clients.set(session.client, client);
      for (const key of DROPPED_COUNTS) dropped[key] += session.dropped[key];
      for (const [type, count] of Object.entries(session.dropped.unknownTypes)) {
        dropped.unknownTypes.set(type, (dropped.unknownTypes.get(type) ?? 0) + count);
      }
    },
    addWorkload(work) {
      const agent = work.thread.parentThreadId === undefined ? 'main' : (work.thread.agentType ?? 'sub-agent');
      for (let i = 0; i < work.callCount; i += 1) {
        const call = work.thread.calls[work.sourceIndex[i] ?? 0];
        const model = work.models[work.recorded[i] ?? 0];
        const nano = work.billedNano[i] ?? 0;
        if (call?.usage === undefined || model === undefined) continue;
        const extra = surchargeOf(model.vendor, model.wireModel, roundNanoUsd(nano), call.terms);
        sums.billed += nano;
        if (isRoutable(work, i)) sums.routable += nano;
        sums.surcharge += extra.nanoUsd;
        for (const term of extra.unpriced) unpricedTerms.set(term, (unpricedTerms.get(term) ?? 0) + 1);
        reconcile(call, model.id, nano + extra.nanoUsd);
        addMoney(money.model, model.id, nano);
        addMoney(money.kind, work.steps[work.stepOf[i] ?? 0]?.kind ?? 'other', nano);
        addMoney(money.trigger, call.trigger, nano);
        addMoney(money.agent, agent, nano);
        addBuckets(money.bucket, work, i, call);
      }
    },
    summary: () => ({
      sessionCount: counts.session,
      inferredReadsSessionCount: counts.inferred,
      threadCount: counts.thread,
      callCount: counts.call,
      callsWithoutUsageCount: counts.noUsage,
      unpriced: [...unpriced]
        .map(([model, callCount]) => ({ model, callCount }))
        .sort((a, b) => b.callCount - a.callCount),
      priceListCallCount: counts.priceList,
      tokens,
      callsWithUnknownCacheCount: counts.unknownCache,
      billedNanoUsd: roundNanoUsd(sums.billed),
      surchargeNanoUsd: roundNanoUsd(sums.surcharge),
      unpricedTerms: [...unpricedTerms].map(([term, callCount]) => ({ term, callCount })),
      routableRatio: sums.billed > 0 ? sums.routable / sums.billed : 0,
      firstAt: Number.isFinite(span.first) ? span.first : undefined,
      lastAt: Number.isFinite(span.last) ? span.last : undefined,
      byClient: [...clients].map(([client, row]) => ({ client, ...row })),
      correctionCount: counts.correction,
      toolErrorCount: counts.toolError,
    }),
    reconciliation: () => ({
      comparedCallCount: sums.compared,
      equalCallCount: sums.equal,
      loggedNanoUsd: roundNanoUsd(sums.logged),
      recomputedNanoUsd: roundNanoUsd(sums.recomputed),
      differences: [...differences]
        .map(([model, row]) => ({ model, ...row }))
        .sort((a, b) => Math.abs(b.differenceNanoUsd) - Math.abs(a.differenceNanoUsd))
        .slice(0, 10),
    }),
    money: () => ({
      byModel: rowsOf(money.model),
      byKind: rowsOf(money.kind),
      byTrigger: rowsOf(money.trigger),
      byAgent: rowsOf(money.agent),
      byBucket: rowsOf(money.bucket),
    }),
    dropped: () => ({ ...dropped, unknownTypes: Object.fromEntries(dropped.unknownTypes) }),
  };
}

/** Whether a cheaper model than the recorded one is predicted to be enough for the step of this call. */
function isRoutable(work: Workload, i: number): boolean {
  const need = work.models[work.steps[work.stepOf[i] ?? 0]?.need ?? -1];
  const recorded = work.models[work.recorded[i] ?? 0];
  return need !== undefined && recorded !== undefined && listPrice(need) < listPrice(recorded);
}

function addBuckets(sums: Money, work: Workload, i: number, call: CallTrace): void {
  const model = work.models[work.recorded[i] ?? 0];
  const usage = call.usage;
  if (usage === undefined || model === undefined) return;
  const row = priceRowFor(model.prices, promptTokens(usage));
  addMoney(sums, 'uncached', usage.uncachedTokens * row.input * NANO_PER_TOKEN);
  addMoney(sums, 'cacheRead', (usage.cacheReadTokens ?? 0) * (row.cacheRead ?? row.input) * NANO_PER_TOKEN);
  const long = usage.cacheWrite1hTokens ?? 0;
  const write = row.cacheWrite ?? row.input;
  const written = ((usage.cacheWriteTokens ?? 0) - long) * write + long * (row.cacheWrite1h ?? write);
  addMoney(sums, 'cacheWrite', written * NANO_PER_TOKEN);
  addMoney(sums, 'output', usage.outputTokens * row.output * NANO_PER_TOKEN);
}

type Money = Map<string, Counts<'callCount' | 'nano'>>;

function noMoney(): Money {
  return new Map();
}

function addMoney(money: Money, name: string, nano: number): void {
  const row = money.get(name);
  if (row === undefined) money.set(name, { callCount: 1, nano });
  else {
    row.callCount += 1;
    row.nano += nano;
  }
}

function rowsOf(money: Money): readonly MoneyRow[] {
  return [...money]
    .map(([name, row]) => ({ name, callCount: row.callCount, costNanoUsd: roundNanoUsd(row.nano) }))
    .sort((a, b) => b.costNanoUsd - a.costNanoUsd);
}
