import { billNanoUsd } from '../catalog/bill.ts';
import type { Model } from '../domain/model.ts';
import { roundNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { At, Tokens } from '../domain/time.ts';

/** A transcript that may be replaced by a summary, in reference tokens. */
export interface CompactionOutlook {
  /** The next prompt as it stands. */
  readonly promptTokens: Tokens;
  /** Of its beginning, what stays: system, tools and the task. */
  readonly keptTokens: Tokens;
  readonly summaryTokens: Tokens;
  /** What is read again after it, beside the summary. Absent: nothing. */
  readonly rereadTokens?: Tokens;
  /** Calls that are expected to begin with it, the next one among them. */
  readonly callCount: number;
  readonly at: At;
}

/** A model, and what its cache holds of the transcript in its own tokens. */
export interface WarmModel {
  readonly model: Model;
  readonly warmTokens: Tokens;
}

/** Who may write a summary. */
export interface SummaryWriter extends WarmModel {
  /** What its summary leaves out, in USD: the chance that it fails the work, times what that costs. */
  readonly lossNanoUsd: NanoUsd;
}

export type CompactionChoice =
  | { readonly kind: 'keep' }
  /** `window`: the prompt no longer fits its model. */
  | {
      readonly kind: 'compact';
      readonly writer: Model;
      readonly why: 'pays' | 'window';
      readonly savedNanoUsd: NanoUsd;
    };

/** What of a window a prompt may fill before its answer has no room. */
const FITTING_RATIO = 0.9;

/**
 * Whether to go on with a transcript or with a summary of it, and who writes that, in USD: reading the transcript once more to write the
 * summary, writing the summary into the cache and what it leaves out, against what shorter prompts save over the calls to come. A cold
 * return makes it cheap, for the transcript is written again anyway; a warm cheap model may read it for less than the one that goes on.
 * A prompt that does not fit is compacted whatever it costs, by one that it fits. Pure.
 * @param stays the model that goes on
 * @param writers who may write the summary; one that the transcript does not fit is left out
 */
export function chooseCompaction(
  stays: WarmModel,
  writers: readonly SummaryWriter[],
  of: CompactionOutlook,
): CompactionChoice {
  const mustBe = !fits(stays.model, of.promptTokens);
  const after = of.keptTokens + of.summaryTokens + (of.rereadTokens ?? 0);
  if (of.promptTokens <= after) return { kind: 'keep' };
  const saved = goingOnNano(stays, of, of.promptTokens) - goingOnNano(stays, of, after);
  let best: { readonly writer: Model; readonly nano: number } | undefined;
  for (const writer of writers) {
    if (!canRead(writer.model, of)) continue;
    const { promptTokens, summaryTokens: outputTokens, at } = of;
    const nano = callNano(writer, { promptTokens, outputTokens, at }) + writer.lossNanoUsd;
    if (best === undefined || nano < best.nano) best = { writer: writer.model, nano };
  }
  if (best === undefined) return { kind: 'keep' };
  const savedNanoUsd = roundNanoUsd(saved - best.nano);
  if (!mustBe && savedNanoUsd <= 0) return { kind: 'keep' };
  return { kind: 'compact', writer: best.writer, why: mustBe ? 'window' : 'pays', savedNanoUsd };
}

function fits(model: Model, promptTokens: Tokens): boolean {
  return promptTokens * model.tokenRatio <= FITTING_RATIO * model.contextTokens;
}

/** Whoever writes a summary needs no more room than that takes. */
function canRead(model: Model, { promptTokens, summaryTokens }: CompactionOutlook): boolean {
  return (promptTokens + summaryTokens * model.outputRatio) * model.tokenRatio <= model.contextTokens;
}

/** Prompts of the calls to come, with nothing added to them: the first as warm as it is, the others reading it. */
function goingOnNano({ model, warmTokens }: WarmModel, of: CompactionOutlook, promptTokens: Tokens): number {
  // Of a shorter prompt only what it still begins with is warm.
  const found = promptTokens === of.promptTokens ? warmTokens : Math.min(warmTokens, of.keptTokens * model.tokenRatio);
  const first = callNano({ model, warmTokens: found }, { promptTokens, outputTokens: 0, at: of.at });
  const later = callNano({ model, warmTokens: Infinity }, { promptTokens, outputTokens: 0, at: of.at });
  return first + Math.max(0, of.callCount - 1) * later;
}

/** A call's bill, in reference tokens. What its cache does not hold is written where its vendor bills writes. */
function callNano(
  { model, warmTokens }: WarmModel,
  of: { readonly promptTokens: Tokens; readonly outputTokens: Tokens; readonly at: At },
): number {
  const prompt = of.promptTokens * model.tokenRatio;
  const caches = model.cacheRule.kind !== 'none' && prompt >= model.cacheRule.minTokens;
  const read = caches ? Math.min(prompt, warmTokens) : 0;
  const isWritten = caches && model.prices.base.cacheWrite !== undefined;
  const usage = {
    uncachedTokens: isWritten ? 0 : prompt - read,
    cacheReadTokens: read,
    cacheWriteTokens: isWritten ? prompt - read : 0,
    cacheWrite1hTokens: undefined,
    outputTokens: of.outputTokens * model.outputRatio * model.tokenRatio,
    reasoningTokens: undefined,
  };
  return billNanoUsd(model.prices, usage, of.at);
}

/** How a client's transcript grows, and what its compactions leave, in reference tokens. */
export interface GrowingTranscript {
  /** What a prompt holds after a compaction: system, tools, summary and what is read again. */
  readonly afterTokens: Tokens;
  readonly summaryTokens: Tokens;
  readonly growthTokens: Tokens;
  /** Calls that come back to a cold cache. */
  readonly coldRatio: number;
  readonly lossNanoUsd: NanoUsd;
}

/**
 * Of compaction at any size up to the model's window, the one that bills least a call, and its bill beside that of compacting only when the window
 * is full; answers are left out, for they are the same. Reference tokens, nano-USD a call. Pure.
 */
export function compactionThreshold(
  model: Model,
  of: GrowingTranscript,
  at: At,
): { readonly tokens: Tokens; readonly nanoUsdPerCall: number; readonly fullNanoUsdPerCall: number } {
  const last = model.contextTokens / model.tokenRatio;
  const callOf = (promptTokens: Tokens): number => {
    const warm = callNano({ model, warmTokens: Infinity }, { promptTokens, outputTokens: 0, at });
    return warm + of.coldRatio * (callNano({ model, warmTokens: 0 }, { promptTokens, outputTokens: 0, at }) - warm);
  };
  const compactOf = (promptTokens: Tokens): number =>
    callNano({ model, warmTokens: Infinity }, { promptTokens, outputTokens: of.summaryTokens, at }) +
    callNano({ model, warmTokens: 0 }, { promptTokens: of.afterTokens, outputTokens: 0, at }) +
    of.lossNanoUsd;
  let sum = 0;
  let count = 0;
  let best = { tokens: last, nanoUsdPerCall: Infinity };
  let full = Infinity;
  for (let tokens = of.afterTokens; tokens <= last; tokens += Math.max(1, of.growthTokens)) {
    sum += callOf(tokens);
    count += 1;
    full = (sum + compactOf(tokens)) / count;
    if (full < best.nanoUsdPerCall) best = { tokens, nanoUsdPerCall: full };
  }
  return { ...best, fullNanoUsdPerCall: full };
}
