import type { CallResult } from '../../domain/call.ts';
import { isPointsmanError } from '../../domain/errors.ts';
import { asId, type ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { roundNanoUsd } from '../../domain/money.ts';
import type { Tokens } from '../../domain/time.ts';
import { messageText, userMessage, type Message, type UserPart } from '../../domain/transcript.ts';
import { expectStretch, NO_TURNS } from '../../predict/forecast/stretches.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import { dialledFailureNanoUsd } from '../../router/dial.ts';
import { driftRatio } from '../../router/drift.ts';
import { chooseCompaction, type SummaryWriter } from '../../warmth/compaction.ts';
import { warmthAt } from '../../warmth/warmth-at.ts';
import { cacheEffort, warmthQuery } from '../model/call-log.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import type { JobRun } from '../model/job-run.ts';
import { growChain, startChain, type PromptChain } from '../model/prompt-chain.ts';
import { PROVIDER_FAULTS } from '../model/provider-faults.ts';
import type { StepCall } from '../model/step-call.ts';

/** What a summary of a step's work is asked to keep to, in reference tokens. */
const SUMMARY_TOKENS: Tokens = 2000;
/** Less than this is not worth looking at. */
const LEAST_TOKENS: Tokens = 40_000;

const ASK = `# Summary

The work so far leaves this conversation; only what you write now stays. Write, in at most 1,500 words: what was found out and where (paths,
names, exact values), what was changed, what was tried and did not work, what is still to do. Write nothing that you do not know from above,
call no tool, and do not give the step's answer yet.`;
const GO_ON = 'Go on with the step from this summary. What it does not say can be looked up again.';

/** Makes one call of the step. */
type MakeCall = (call: StepCall) => Promise<Pick<CallResult, 'message'>>;

/** A step's transcript before its next call. */
export interface GrownTranscript {
  /** As the next call would be made. */
  readonly call: StepCall;
  /** How many messages the attempt began with: they stay. */
  readonly openingCount: number;
  /** Models that the step's hard limits let through; those that take no tool calls of others but by their signature write none. */
  readonly writers: readonly Model[];
  /** The prompt has no room, whatever it costs to make some. Absent: only where that is known of the model's window. */
  readonly mustBeShorter?: boolean;
}

/** What the step goes on with; the slot of its next call is taken. */
export interface CompactedTranscript {
  readonly messages: readonly Message[];
  /** `none`: none came of it; `too-long`: what was to be summed up does not fit who sums up. */
  readonly summary: 'written' | 'none' | 'too-long';
}

/**
 * Puts a summary in the place of a step's work so far, where `chooseCompaction` says that it pays or that the prompt no longer fits; the
 * call that writes it takes the slot of the next one. `undefined`: the step goes on as it is. Only after tools have run, when nothing is
 * left to answer, unless it must be. A job that starts over compacts where it did, and nowhere else.
 * @throws PointsmanError of `makeCall`, but for what a provider did
 */
export async function compactTranscript(
  run: JobRun,
  grown: GrownTranscript,
  makeCall: MakeCall,
): Promise<CompactedTranscript | undefined> {
  const { call, openingCount } = grown;
  const last = call.messages.at(-1);
  const mustBe = grown.mustBeShorter === true;
  if (last?.role !== 'user' || (!mustBe && last.content[0]?.type !== 'tool-result')) return undefined;
  const tokens = tokensOf(call, openingCount);
  if (!mustBe && tokens.prompt - tokens.kept < LEAST_TOKENS) return undefined;
  const writer = await chosenWriter(run, grown, tokens);
  if (writer === undefined) return undefined;
  const text = await askForSummary(run, call, { writer, makeCall });
  // What is no summary costs what it cost; the work stays as it was.
  if (text === '' || text === undefined)
    return { messages: [...call.messages], summary: text === '' ? 'none' : 'too-long' };
  return { messages: withSummary(call.messages.slice(0, openingCount), text), summary: 'written' };
}

/** An opening, and what stands in the place of the work that followed. Pure. */
export function withSummary(
  opening: readonly Message[],
  text: string,
  next: Message = userMessage(GO_ON),
): readonly Message[] {
  return [...opening, { role: 'assistant', content: [{ type: 'text', text: `# Summary\n\n${text}` }] }, next];
}

/** Empty: none came. `undefined`: it was too long for the writer, and so it would be again. */
async function askForSummary(
  run: JobRun,
  call: StepCall,
  { writer, makeCall }: { readonly writer: Model; readonly makeCall: MakeCall },
): Promise<string | undefined> {
  const { journal } = run.services;
  const failed = slotKey<true | 'too-long'>('compaction-failed', call);
  const known = await journal.fact(run.entry.jobId, failed);
  if (known !== undefined) return known === true ? '' : undefined;
  const [last] = call.messages.slice(-1);
  const asking = {
    role: 'user',
    content: [...((last?.content ?? []) as readonly UserPart[]), { type: 'text', text: ASK }],
  } as const;
  const messages: readonly Message[] = [...call.messages.slice(0, -1), asking];
  const prompt: PromptChain = growChain(startChain(call.system, call.tools), messages);
  try {
    const { message } = await makeCall({ ...call, ...prompt, model: writer, messages, isQuiet: true });
    return message.content.some((part) => part.type === 'tool-call') ? '' : messageText(message).trim();
  } catch (thrown) {
    if (!isPointsmanError(thrown) || !PROVIDER_FAULTS.has(thrown.code)) throw thrown;
    const isTooLong = thrown.code === 'context-overflow';
    await journal.settle(run.entry.jobId, failed, isTooLong ? 'too-long' : true);
    return isTooLong ? undefined : '';
  }
}

interface TranscriptTokens {
  readonly prompt: Tokens;
  readonly kept: Tokens;
}

function tokensOf({ chain, messageEnds }: StepCall, openingCount: number): TranscriptTokens {
  const end = messageEnds[openingCount - 1] ?? 0;
  return { prompt: chain.tokens.at(-1) ?? 0, kept: chain.tokens[end - 1] ?? 0 };
}

/** As it was chosen before, or by what it costs now: a call that was paid for in this slot was no summary. */
async function chosenWriter(run: JobRun, grown: GrownTranscript, tokens: TranscriptTokens): Promise<Model | undefined> {
  const { journal, catalog } = run.services;
  const key = slotKey<ModelId>('compaction', grown.call);
  const known = await journal.fact(run.entry.jobId, key);
  if (known !== undefined) return catalog.get(known);
  if (run.calls.answered(grown.call) !== undefined) return undefined;
  const choice = choose(run, grown, tokens);
  const writer =
    choice.kind === 'compact' ? choice.writer : grown.mustBeShorter === true ? grown.call.model : undefined;
  if (writer === undefined) return undefined;
  return catalog.get(await journal.settle(run.entry.jobId, key, asId<ModelId>(writer.id)));
}

function choose(
  run: JobRun,
  { call, writers }: GrownTranscript,
  { prompt, kept }: TranscriptTokens,
): ReturnType<typeof chooseCompaction> {
  const at = run.services.clock();
  const query = {
    ...warmthQuery(at, call.trigger, call.thread, cacheEffort(call.model, call.messages)),
    chain: call.chain,
  };
  const rows = warmthAt(run.calls.ledger(), writers.includes(call.model) ? writers : [...writers, call.model], query);
  const warmTokensOf = (model: Model): Tokens => rows.find((row) => row.model === model.id)?.warmTokens ?? 0;
  const toWriter = (model: Model): SummaryWriter => ({
    model,
    warmTokens: warmTokensOf(model),
    lossNanoUsd: roundNanoUsd(
      driftRatio([], model.family, call.model.family, 'handoff') * dialledFailureNanoUsd(run.policy, call.kind),
    ),
  });
  // A step is one turn: the calls that are usually left of one that has come so far.
  const turns = { ...NO_TURNS, callsInTurn: call.callIndex + 1 };
  const able = writers.filter(
    (model) => model.id === call.model.id || model.requestLimits?.unsignedCalls !== 'refused',
  );
  return chooseCompaction({ model: call.model, warmTokens: warmTokensOf(call.model) }, able.map(toWriter), {
    promptTokens: prompt,
    keptTokens: kept,
    summaryTokens: SUMMARY_TOKENS,
    callCount: expectStretch(shippedStretches(), turns, prompt).callCount,
    at,
  });
}

function slotKey<Value>(what: string, { stepId, attempt, callIndex }: StepCall): FactKey<Value> {
  return factKey(`${what}/${stepId}/${attempt}/${callIndex}`);
}
