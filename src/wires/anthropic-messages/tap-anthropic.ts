import { finishIn, noteSignature, type TappedAnswer, type TapReader } from '../shared/answer-tap.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
import { ANTHROPIC_FINISH } from './anthropic-stream-codec.ts';
import { anthropicTier, anthropicUsage, mergeAnthropicUsage } from './anthropic-usage-codec.ts';

/** Reads Messages answers as they pass. */
export const anthropicTap: TapReader = {
  deltaMark: 'delta',
  stream: createAnthropicTake,
  whole: takeAnthropicMessage,
};

function createAnthropicTake(): ReturnType<TapReader['stream']> {
  let usage: Fields | undefined;
  const merge = (answer: TappedAnswer, later: unknown): void => {
    if (!isFields(later)) return;
    usage = usage === undefined ? later : mergeAnthropicUsage(usage, later);
    answer.usage = anthropicUsage(usage ?? {});
    answer.servedTier = anthropicTier(usage);
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
  answer.servedTier = anthropicTier(usage);
  for (const block of listIn(message['content'])) {
    noteSignature(answer, fieldsIn(block)['signature'] ?? fieldsIn(block)['data']);
  }
}
