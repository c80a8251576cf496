import { randomUUID } from 'node:crypto';
import { billNanoUsd, worstBillNanoUsd } from '../catalog/bill.ts';
import type { CallRequest } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import { formatUsd, type NanoUsd } from '../domain/money.ts';
import { SECOND_MS, type At, type Ms, type Tokens } from '../domain/time.ts';
import { CHARS_PER_TOKEN, messageText, type Message } from '../domain/transcript.ts';
import { promptTokens } from '../domain/usage.ts';
import type { CallOutcome } from '../providers/collect.ts';
import type { ModelCaller } from '../providers/model-caller.ts';
import type { BillEntry, Timing } from './journal.ts';

/** What is asked; the rest of a call follows from the model. */
export interface ModelQuestion
  extends Pick<CallRequest, 'messages'>, Partial<Omit<CallRequest, 'messages' | 'model'>> {}

export interface AskOutcome {
  readonly outcome: CallOutcome;
  readonly timing: Timing | undefined;
  readonly promptTokens: Tokens | undefined;
  /** Pieces that the words came in. */
  readonly pieceCount: number;
}

export type AskModel = (ask: ModelQuestion) => Promise<AskOutcome>;

export interface AskOptions {
  readonly model: Model;
  readonly isPriced: boolean;
  readonly call: ModelCaller;
  readonly maxOutputTokens: Tokens;
  /** `undefined`: no limit. */
  readonly budgetNanoUsd: NanoUsd | undefined;
  /** What was billed, or may have been, up to now. */
  readonly spentNanoUsd: () => NanoUsd;
  /** Told of every call before it is made, and again when its bill is known. */
  readonly onBill: (entry: BillEntry) => void;
  readonly timeoutMs: Ms;
  readonly signal: AbortSignal;
  readonly now: () => At;
}

/** Texts count as more tokens with some servers than four characters would say. */
const TOKEN_MARGIN = 1.6;

/**
 * Makes calls of one model, within the budget: a call that could go beyond it is not made. A call whose usage nobody tells counts
 * as what it could have billed at most.
 * @throws PointsmanError `budget-exhausted`
 */
export function openAsk(options: AskOptions): AskModel {
  const { model, isPriced, maxOutputTokens, budgetNanoUsd, now } = options;
  return async (ask) => {
    const request = toRequest(ask, options);
    const worst = isPriced ? mostOf(request, model, maxOutputTokens, now()) : undefined;
    const spent = options.spentNanoUsd();
    if (budgetNanoUsd !== undefined && spent + (worst ?? 0) > budgetNanoUsd) throw beyondBudget(budgetNanoUsd, spent);
    const bill = { v: 1, what: 'bill', callId: randomUUID() } as const;
    const unknown: BillEntry = { ...bill, billNanoUsd: null, ...(worst === undefined ? {} : { mostNanoUsd: worst }) };
    // Whoever is killed before an answer comes is billed for it all the same.
    options.onBill(unknown);
    const { outcome, pieceCount } = await callOnce(request, options);
    const usage = outcome.kind === 'finished' ? outcome.result.usage : outcome.usage;
    const known = usage === undefined || !isPriced ? undefined : billNanoUsd(model.prices, usage, now());
    if (!wasSent(outcome)) options.onBill({ ...bill, billNanoUsd: 0 });
    else if (known !== undefined) options.onBill({ ...bill, billNanoUsd: known });
    return {
      outcome,
      timing: timingOf(outcome),
      promptTokens: usage === undefined ? undefined : promptTokens(usage),
      pieceCount,
    };
  };
}

function toRequest(ask: ModelQuestion, { model, maxOutputTokens }: AskOptions): CallRequest {
  const usual = { system: '', tools: [], maxOutputTokens, cacheKey: 'evaluate', cacheMarkers: [] };
  return { ...usual, ...ask, model: model.id };
}

/** One that takes too long is a failure of the server's, and no abort. */
async function callOnce(
  request: CallRequest,
  { model, call, timeoutMs, signal }: AskOptions,
): Promise<Pick<AskOutcome, 'outcome' | 'pieceCount'>> {
  const limit = AbortSignal.timeout(timeoutMs);
  let pieceCount = 0;
  const outcome = await call(model, request, {
    signal: AbortSignal.any([signal, limit]),
    onPart: (part) => {
      if (part.type === 'text-delta' || part.type === 'thinking-delta') pieceCount += 1;
    },
  });
  const isLate = outcome.kind === 'failed' && limit.aborted && !signal.aborted;
  return { outcome: isLate ? { ...outcome, error: late(timeoutMs) } : outcome, pieceCount };
}

function wasSent(outcome: CallOutcome): boolean {
  return outcome.kind === 'finished' || outcome.error.details['wasSent'] !== false;
}

/** The most that a call may bill; `undefined`: a price is missing. */
export function mostOf(
  request: Pick<CallRequest, 'messages' | 'system' | 'tools'>,
  model: Model,
  outputTokens: Tokens,
  at: At,
): NanoUsd | undefined {
  return worstBillNanoUsd(model.prices, { promptTokens: likelyPromptTokens(request), outputTokens }, at);
}

export function likelyPromptTokens({
  messages,
  system,
  tools,
}: Pick<CallRequest, 'messages' | 'system' | 'tools'>): Tokens {
  const text = messages.reduce((sum, message) => sum + lengthOf(message), system.length);
  const offered = tools.length === 0 ? 0 : JSON.stringify(tools).length;
  return Math.ceil(((text + offered) / CHARS_PER_TOKEN) * TOKEN_MARGIN) + 50;
}

function lengthOf(message: Message): number {
  const calls = message.content.filter((part) => part.type === 'tool-call');
  return messageText(message).length + (calls.length === 0 ? 0 : JSON.stringify(calls).length);
}

function timingOf(outcome: CallOutcome): Timing | undefined {
  if (outcome.kind === 'failed') return undefined;
  const { ttftMs, durationMs, usage } = outcome.result;
  return { ttftMs, durationMs, ...(usage === undefined ? {} : { outputTokens: usage.outputTokens }) };
}

export function beyondBudget(budget: NanoUsd, spent: NanoUsd): PointsmanError {
  return new PointsmanError(
    'budget-exhausted',
    `The next call could go beyond the budget of ${formatUsd(budget)}; ${formatUsd(spent)} is spent or may be.`,
    { hint: 'What was graded is kept: the same command with a larger --budget goes on from there.' },
  );
}

function late(timeoutMs: Ms): PointsmanError {
  const seconds = Math.round(timeoutMs / SECOND_MS);
  return new PointsmanError('provider-timeout', `The model did not end its answer within ${seconds} seconds.`, {
    hint: 'Give it longer with --timeout SECONDS, or look whether the server is stuck.',
    details: { timeoutMs },
  });
}
