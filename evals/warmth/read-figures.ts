import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figures } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import { MINUTE_MS, type Ms } from '../../src/domain/time.ts';
import type { Usage } from '../../src/domain/usage.ts';
import { DEFAULT_ASSUMPTIONS } from '../../src/replay/simulation/assumptions.ts';
import { createRecordedModels } from '../../src/replay/simulation/recorded-models.ts';
import { foldWarmth } from '../../src/warmth/fold-warmth.ts';
import { EMPTY_LEDGER, type WarmthEvent, type WarmthLedger } from '../../src/warmth/ledger.ts';
import { observeReturn, returnHazard, returnsWithin, type OwnReturns } from '../../src/warmth/return-hazard.ts';
import { shippedReturns } from '../../src/warmth/shipped-returns.ts';
import { warmthOf, type WarmthQuery } from '../../src/warmth/warmth-at.ts';
import type { BlockRequest, BlockSession } from '../data/block-sessions.ts';
import { referenceReads } from '../data/reference-reads.ts';

const WITHIN_RATIO = 0.02;
const ACCOUNT = 'recorded';
/** From here on a session has left more marks than a ledger keeps at once. */
const LATE_CALLS = 80;

/** Each request's read as the ledger foretells it from all before, held against the reference script's. */
export function readFigures(sessions: readonly BlockSession[]): Figures {
  const recorded = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
  const counts = { calls: 0, within: 0, low: 0, high: 0 };
  const foldMs: number[] = [];
  const lateMs: number[] = [];
  for (const session of sessions) {
    const reads = referenceReads(session);
    let ledger: WarmthLedger = EMPTY_LEDGER;
    let own: OwnReturns = {};
    for (const [index, request] of session.requests.entries()) {
      const model = recorded.find(request.model, undefined)?.model;
      const read = reads[index] ?? 0;
      if (model === undefined) continue;
      const foretold = foretoldTokens(ledger, model, session, request);
      counts.calls += 1;
      if (Math.abs(foretold - read) <= WITHIN_RATIO * read) counts.within += 1;
      else counts[foretold < read ? 'low' : 'high'] += 1;
      const event = eventOf(session, request, model, read);
      const timed = foldTimed({ ledger, own }, event, {
        index,
        gapMs: request.at - (session.requests[index - 1]?.at ?? request.at),
      });
      ({ ledger, own } = timed);
      foldMs.push(timed.tookMs);
      if (index >= LATE_CALLS) lateMs.push(timed.tookMs);
    }
  }
  const share = (count: number): number => Number(((100 * count) / counts.calls).toFixed(2));
  const at = { n: counts.calls, label: 'modelled' } as const;
  return {
    'warmth.read.within_2pct.pct': { value: share(counts.within), unit: '% of calls', ...at },
    'warmth.read.too_low.pct': { value: share(counts.low), unit: '% of calls', ...at },
    'warmth.read.too_high.pct': { value: share(counts.high), unit: '% of calls', ...at },
    'warmth.fold.us': timeFigure(foldMs),
    ...(lateMs.length === 0 ? {} : { 'warmth.fold.late.us': timeFigure(lateMs) }),
  };
}

interface Folded {
  readonly ledger: WarmthLedger;
  readonly own: OwnReturns;
}

/** What a gateway does of caches for each call: the fold, the thread's own returns, and when the next one may come. */
function foldTimed(
  { ledger, own }: Folded,
  event: Extract<WarmthEvent, { type: 'call-finished' }>,
  { index, gapMs }: { readonly index: number; readonly gapMs: Ms },
): Folded & { readonly tookMs: Ms } {
  const waitFor = event.trigger === 'user' ? 'person' : 'tool';
  const context = { waitFor, hasPaused: false, callCount: index + 1, promptTokens: event.promptTokens } as const;
  const startedAt = performance.now();
  const folded = foldWarmth(ledger, event);
  const returns = observeReturn(own, waitFor, gapMs);
  returnsWithin(returnHazard(shippedReturns(), context, returns), 0, 5 * MINUTE_MS);
  return { ledger: folded, own: returns, tookMs: performance.now() - startedAt };
}

function timeFigure(ms: readonly number[]): Figures[string] {
  return { value: Number((1000 * median(ms)).toFixed(2)), unit: 'µs a call, median', n: ms.length, label: 'measured' };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function queryOf(request: BlockRequest): WarmthQuery {
  return {
    now: request.at,
    trigger: request.trigger,
    transcript: request.thread,
    account: ACCOUNT,
    effort: undefined,
    // Ids name everything up to their block's end, as the chain's own hashes do.
    chain: { hashes: Array.from(request.blocks), tokens: [] },
    reanchors: true,
  };
}

function foretoldTokens(ledger: WarmthLedger, model: Model, session: BlockSession, request: BlockRequest): number {
  const row = warmthOf(ledger, model, queryOf(request));
  const head = headOf(session, request);
  const shared = row?.heads?.find(({ key }) => key === head.key)?.warmTokens ?? 0;
  return Math.max(row?.warmTokens ?? 0, shared);
}

/** Tools and system, as far as whole blocks go. Their own hash is that of the last of them. */
function headOf(session: BlockSession, request: BlockRequest): { readonly key: string; readonly tokens: number } {
  const count = Math.floor(session.headTokens / session.blockTokens);
  return { key: String(request.blocks[count - 1]), tokens: count * session.blockTokens };
}

function eventOf(
  session: BlockSession,
  request: BlockRequest,
  model: Model,
  read: number,
): Extract<WarmthEvent, { type: 'call-finished' }> {
  const cached = request.blocks.length * session.blockTokens;
  const usage: Usage = {
    uncachedTokens: request.promptTokens - cached,
    cacheReadTokens: read,
    cacheWriteTokens: cached - read,
    cacheWrite1hTokens: undefined,
    outputTokens: request.outputTokens,
    reasoningTokens: undefined,
  };
  const { transcript, trigger, account, effort, chain } = queryOf(request);
  return {
    type: 'call-finished',
    model,
    account,
    effort,
    transcript,
    trigger,
    startedAt: request.at,
    readableAt: request.readableAt,
    usage,
    promptTokens: request.promptTokens,
    chain,
    longWrite: false,
    head: headOf(session, request),
  };
}
