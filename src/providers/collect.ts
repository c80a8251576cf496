import type { CallResult, StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Model } from '../domain/model.ts';
import type { AssistantPart, IssuedState } from '../domain/transcript.ts';
import type { Usage } from '../domain/usage.ts';

/** How a call ended. A failed one still says what it is known to have used. */
export type CallOutcome =
  | { readonly kind: 'finished'; readonly result: CallResult }
  | {
      readonly kind: 'failed';
      readonly error: PointsmanError;
      readonly usage: Usage | undefined;
      readonly retryCount: number;
      readonly lostTryCount?: number;
      /** What had arrived; tool calls that did not end are left out. */
      readonly partial: readonly AssistantPart[];
    };

export interface CollectOptions {
  readonly model: Model;
  readonly endpoint?: EndpointId;
  /** Sees each part as it arrives, for live output. */
  readonly onPart?: (part: StreamPart) => void;
}

/** Folds a stream into its outcome. Never throws for a failed call. */
export async function collectOutcome(parts: AsyncIterable<StreamPart>, options: CollectOptions): Promise<CallOutcome> {
  const blocks = new Map<number, OpenBlock>();
  let start: Extract<StreamPart, { type: 'start' }> | undefined;
  for await (const part of parts) {
    options.onPart?.(part);
    if (part.type === 'start') start = part;
    else if (part.type === 'finish') return { kind: 'finished', result: toResult(part, start, blocks, options) };
    else if (part.type === 'error') return toFailure(part, blocks);
    else foldPart(blocks, part);
  }
  const error = new PointsmanError('internal', 'A provider stream ended without a finish or error part');
  return { kind: 'failed', error, usage: undefined, retryCount: 0, partial: toParts(blocks) };
}

/**
 * Folds a stream into its result.
 * @throws PointsmanError the error that ended the stream.
 */
export async function collect(parts: AsyncIterable<StreamPart>, options: CollectOptions): Promise<CallResult> {
  const outcome = await collectOutcome(parts, options);
  if (outcome.kind === 'failed') throw outcome.error;
  return outcome.result;
}

type ContentPart = Exclude<StreamPart, { type: 'start' | 'finish' | 'error' }>;

interface OpenBlock {
  kind: 'text' | 'thinking' | 'tool-call';
  text: string;
  toolCallId: string;
  toolName: string;
  input: JsonObject | undefined;
  issued: IssuedState | undefined;
}

function foldPart(blocks: Map<number, OpenBlock>, part: ContentPart): void {
  const block = blocks.get(part.index);
  switch (part.type) {
    case 'text-start':
      blocks.set(part.index, openBlock('text'));
      break;
    case 'thinking-start':
      blocks.set(part.index, openBlock('thinking'));
      break;
    case 'tool-call-start':
      blocks.set(part.index, { ...openBlock('tool-call'), toolCallId: part.toolCallId, toolName: part.toolName });
      break;
    case 'text-delta':
    case 'thinking-delta':
      if (block !== undefined) block.text += part.text;
      break;
    case 'thinking-end':
      if (block !== undefined) block.issued = part.issued;
      break;
    case 'tool-call-end':
      if (block !== undefined) Object.assign(block, { input: part.input, issued: part.issued });
      break;
    case 'tool-call-delta':
    case 'text-end':
      break;
  }
}

function openBlock(kind: OpenBlock['kind']): OpenBlock {
  return { kind, text: '', toolCallId: '', toolName: '', input: undefined, issued: undefined };
}

function toParts(blocks: ReadonlyMap<number, OpenBlock>): readonly AssistantPart[] {
  return [...blocks.entries()].toSorted(([a], [b]) => a - b).flatMap(([, block]) => toPart(block));
}

function toPart(block: OpenBlock): readonly AssistantPart[] {
  const issued = block.issued === undefined ? {} : { issued: block.issued };
  switch (block.kind) {
    case 'text':
      return block.text === '' ? [] : [{ type: 'text', text: block.text }];
    case 'thinking':
      return block.text === '' && block.issued === undefined ? [] : [{ type: 'thinking', text: block.text, ...issued }];
    case 'tool-call': {
      const { toolCallId, toolName, input } = block;
      return input === undefined ? [] : [{ type: 'tool-call', toolCallId, toolName, input, ...issued }];
    }
  }
}

function toFailure(
  { error, usage, retryCount = 0, lostTryCount }: Extract<StreamPart, { type: 'error' }>,
  blocks: ReadonlyMap<number, OpenBlock>,
): CallOutcome {
  const lost = lostTryCount === undefined ? {} : { lostTryCount };
  return { kind: 'failed', error, usage, retryCount, ...lost, partial: toParts(blocks) };
}

function toResult(
  finish: Extract<StreamPart, { type: 'finish' }>,
  start: Extract<StreamPart, { type: 'start' }> | undefined,
  blocks: ReadonlyMap<number, OpenBlock>,
  { model, endpoint }: CollectOptions,
): CallResult {
  return {
    message: { role: 'assistant', content: toParts(blocks), model: model.id },
    finishReason: finish.reason,
    usage: finish.usage,
    servedModel: start?.servedModel,
    ...(finish.servedTier === undefined ? {} : { servedTier: finish.servedTier }),
    endpoint: endpoint ?? model.endpoint,
    requestId: start?.requestId,
    ttftMs: finish.ttftMs,
    durationMs: finish.durationMs,
    retryCount: finish.retryCount ?? 0,
    ...(finish.lostTryCount === undefined ? {} : { lostTryCount: finish.lostTryCount }),
    ...(start?.losses === undefined ? {} : { losses: start.losses }),
  };
}
