import type { FinishReason } from '../domain/call.ts';
import type { Wire } from '../domain/model.ts';
import type { Usage } from '../domain/usage.ts';
import { anthropicUsage, mergeAnthropicUsage } from './anthropic-messages/anthropic-usage-codec.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from './shared/fields.ts';
import { chatUsage, responsesUsage } from './shared/openai-usage-codec.ts';
import { createSseParser, type SseEvent } from './shared/sse.ts';

/** What an answer says about itself, read from bytes that pass by unchanged. */
export interface TappedAnswer {
  usage: Usage | undefined;
  servedModel: string | undefined;
  finishReason: FinishReason | undefined;
  /** `response.id` of the Responses API. */
  responseId: string | undefined;
  /** The stream reached the end that its protocol prescribes. */
  isComplete: boolean;
  /** The stream ended in an error event. */
  hasError: boolean;
  /** Signatures and encrypted reasoning that the answer carries. */
  readonly signatures: string[];
}

export interface AnswerTap {
  readonly answer: TappedAnswer;
  push(chunk: Buffer): void;
  /** True between events, where a ping may go. */
  readonly atBoundary: boolean;
}

function emptyAnswer(): TappedAnswer {
  return {
    usage: undefined,
    servedModel: undefined,
    finishReason: undefined,
    responseId: undefined,
    isComplete: false,
    hasError: false,
    signatures: [],
  };
}

/** Reads a stream that is relayed as it is. Parses only the few events that say something. */
export function createStreamTap(wire: Wire): AnswerTap {
  const answer = emptyAnswer();
  const take = TAKERS[wire]();
  const parser = createSseParser((event) => take(answer, event));
  return {
    answer,
    push: (chunk) => parser.push(chunk),
    get atBoundary() {
      return parser.atBoundary;
    },
  };
}

/** Reads a whole JSON answer. */
export function tapBody(wire: Wire, bytes: Buffer): TappedAnswer {
  const answer = emptyAnswer();
  const body = parseFields(bytes.toString('utf8'));
  if (body === undefined) return answer;
  answer.isComplete = true;
  switch (wire) {
    case 'anthropic-messages':
      takeAnthropicMessage(answer, body);
      break;
    case 'openai-chat':
      takeChatChunk(answer, body);
      break;
    case 'openai-responses':
      takeResponse(answer, body);
      break;
  }
  return answer;
}

type Take = (answer: TappedAnswer, event: SseEvent) => void;

const TAKERS: Readonly<Record<Wire, () => Take>> = {
  'anthropic-messages': createAnthropicTake,
  'openai-chat': () => takeChatEvent,
  'openai-responses': () => takeResponsesEvent,
};

const ANTHROPIC_FINISH: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
};

function createAnthropicTake(): Take {
  let usage: Fields | undefined;
  const merge = (answer: TappedAnswer, later: unknown): void => {
    if (!isFields(later)) return;
    usage = usage === undefined ? later : mergeAnthropicUsage(usage, later);
    answer.usage = anthropicUsage(usage ?? {});
  };
  return (answer, { event, data }) => {
    switch (event ?? '') {
      case 'message_start': {
        const message = fieldsIn(parseFields(data)?.['message']);
        answer.servedModel = textIn(message['model']);
        merge(answer, message['usage']);
        return;
      }
      case 'content_block_start':
        if (data.includes('"redacted_thinking"')) {
          noteSignature(answer, fieldsIn(parseFields(data)?.['content_block'])['data']);
        }
        return;
      case 'content_block_delta':
        if (data.includes('"signature_delta"')) {
          noteSignature(answer, fieldsIn(parseFields(data)?.['delta'])['signature']);
        }
        return;
      case 'message_delta': {
        const fields = parseFields(data);
        answer.finishReason = finishIn(ANTHROPIC_FINISH, fieldsIn(fields?.['delta'])['stop_reason']);
        merge(answer, fields?.['usage']);
        return;
      }
      case 'message_stop':
        answer.isComplete = true;
        return;
      case 'error':
        answer.hasError = true;
        return;
      default:
    }
  };
}

function takeAnthropicMessage(answer: TappedAnswer, message: Fields): void {
  answer.servedModel = textIn(message['model']);
  answer.finishReason = finishIn(ANTHROPIC_FINISH, message['stop_reason']);
  const { usage } = message;
  if (isFields(usage)) answer.usage = anthropicUsage(usage);
  for (const block of listIn(message['content'])) {
    noteSignature(answer, fieldsIn(block)['signature'] ?? fieldsIn(block)['data']);
  }
}

const CHAT_FINISH: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'content-filter',
};

function takeChatEvent(answer: TappedAnswer, { data }: SseEvent): void {
  if (data === '[DONE]') {
    answer.isComplete = true;
    return;
  }
  const says =
    answer.servedModel === undefined ||
    data.includes('"usage":{') ||
    data.includes('"finish_reason":"') ||
    data.includes('"error"');
  const chunk = says ? parseFields(data) : undefined;
  if (chunk !== undefined) takeChatChunk(answer, chunk);
}

function takeChatChunk(answer: TappedAnswer, chunk: Fields): void {
  if (chunk['error'] !== undefined && chunk['error'] !== null) answer.hasError = true;
  answer.servedModel ??= textIn(chunk['model']);
  for (const choice of listIn(chunk['choices'])) {
    answer.finishReason ??= finishIn(CHAT_FINISH, fieldsIn(choice)['finish_reason']);
  }
  const { usage } = chunk;
  if (isFields(usage)) answer.usage = chatUsage(usage);
}

function takeResponsesEvent(answer: TappedAnswer, { event, data }: SseEvent): void {
  switch (event ?? '') {
    case 'response.created': {
      const response = fieldsIn(parseFields(data)?.['response']);
      answer.servedModel = textIn(response['model']);
      answer.responseId = textIn(response['id']);
      return;
    }
    case 'response.output_item.done':
      if (data.includes('"encrypted_content"')) {
        noteSignature(answer, fieldsIn(parseFields(data)?.['item'])['encrypted_content']);
      }
      return;
    case 'response.completed':
    case 'response.incomplete':
    case 'response.failed':
      takeResponse(answer, fieldsIn(parseFields(data)?.['response']));
      answer.isComplete = event !== 'response.failed';
      return;
    case 'error':
      answer.hasError = true;
      return;
    default:
  }
}

function takeResponse(answer: TappedAnswer, response: Fields): void {
  answer.servedModel ??= textIn(response['model']);
  answer.responseId ??= textIn(response['id']);
  if (response['status'] === 'failed') answer.hasError = true;
  const reason = textIn(fieldsIn(response['incomplete_details'])['reason']);
  const output = listIn(response['output']).map(fieldsIn);
  const hasCalls = output.some((item) => (textIn(item['type']) ?? '').endsWith('_call'));
  if (response['status'] === 'completed') answer.finishReason = hasCalls ? 'tool-calls' : 'stop';
  else if (response['status'] === 'incomplete') {
    answer.finishReason = reason === 'content_filter' ? 'content-filter' : 'length';
  }
  for (const item of output) noteSignature(answer, item['encrypted_content']);
  const { usage } = response;
  if (isFields(usage)) answer.usage = responsesUsage(usage);
}

function finishIn(table: Readonly<Record<string, FinishReason>>, value: unknown): FinishReason | undefined {
  if (typeof value !== 'string') return undefined;
  return Object.hasOwn(table, value) ? table[value] : 'other';
}

function noteSignature(answer: TappedAnswer, value: unknown): void {
  if (typeof value === 'string' && value !== '' && !answer.signatures.includes(value)) answer.signatures.push(value);
}
