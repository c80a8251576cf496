import { priceRowFor } from '../catalog/bill.ts';
import { surchargeOf } from '../catalog/price-terms.ts';
import { NANO_PER_TOKEN, roundNanoUsd } from '../domain/money.ts';
import { promptTokens } from '../domain/usage.ts';
import type { CallTrace, ClientName, DroppedRows, SessionTrace } from '../sessions/session-trace.ts';
import type { MoneyBreakdown, MoneyRow, RecordedSummary, Reconciliation } from './report/replay-report.ts';
import { listPrice } from './simulation/build-workload.ts';
import type { RecordedModels } from './simulation/recorded-models.ts';
import type { Workload } from './simulation/workload.ts';

/** Counts what the logs hold, whether or not it can be priced. */
export interface RecordedTally {
  addSession(session: SessionTrace, recorded: RecordedModels): void;
  addWorkload(work: Workload): void;
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

export function createRecordedTally(): RecordedTally {
  const counts = {
    session: 0,
    inferred: 0,
    thread: 0,
    call: 0,
    noUsage: 0,
    unknownCache: 0,
    priceList: 0,
    correction: 0,
    toolError: 0,
  };
  const tokens = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  const unpriced = new Map<string, number>();
  const unpricedTerms = new Map<string, number>();
  const clients = new Map<ClientName, { sessionCount: number; callCount: number }>();
  const span = { first: Infinity, last: -Infinity };
  const sums = { billed: 0, routable: 0, surcharge: 0, compared: 0, equal: 0, logged: 0, recomputed: 0 };
  const differences = new Map<string, { callCount: number; differenceNanoUsd: number }>();
  const money = { model: new Sums(), kind: new Sums(), trigger: new Sums(), agent: new Sums(), bucket: new Sums() };
  const dropped = {
    malformedCount: 0,
    oversizedCount: 0,
    unknownTypes: new Map<string, number>(),
    duplicateCallCount: 0,
    syntheticCallCount: 0,
    summedCallCount: 0,
  };

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
        money.model.add(model.id, nano);
        money.kind.add(work.steps[work.stepOf[i] ?? 0]?.kind ?? 'other', nano);
        money.trigger.add(call.trigger, nano);
        money.agent.add(agent, nano);
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
      byModel: money.model.rows(),
      byKind: money.kind.rows(),
      byTrigger: money.trigger.rows(),
      byAgent: money.agent.rows(),
      byBucket: money.bucket.rows(),
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

function addBuckets(sums: Sums, work: Workload, i: number, call: CallTrace): void {
  const model = work.models[work.recorded[i] ?? 0];
  const usage = call.usage;
  if (usage === undefined || model === undefined) return;
  const row = priceRowFor(model.prices, promptTokens(usage));
  sums.add('uncached', usage.uncachedTokens * row.input * NANO_PER_TOKEN);
  sums.add('cacheRead', (usage.cacheReadTokens ?? 0) * (row.cacheRead ?? row.input) * NANO_PER_TOKEN);
  const long = usage.cacheWrite1hTokens ?? 0;
  const write = row.cacheWrite ?? row.input;
  const written = ((usage.cacheWriteTokens ?? 0) - long) * write + long * (row.cacheWrite1h ?? write);
  sums.add('cacheWrite', written * NANO_PER_TOKEN);
  sums.add('output', usage.outputTokens * row.output * NANO_PER_TOKEN);
}

class Sums {
  private readonly byName = new Map<string, { callCount: number; nano: number }>();

  add(name: string, nano: number): void {
    const row = this.byName.get(name);
    if (row === undefined) this.byName.set(name, { callCount: 1, nano });
    else {
      row.callCount += 1;
      row.nano += nano;
    }
  }

  rows(): readonly MoneyRow[] {
    return [...this.byName]
      .map(([name, row]) => ({ name, callCount: row.callCount, costNanoUsd: roundNanoUsd(row.nano) }))
      .sort((a, b) => b.costNanoUsd - a.costNanoUsd);
  }
}
