import { noteSignature, servedTierIn, type TappedAnswer, type TapReader } from '../shared/answer-tap.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
import type { SseEvent } from '../shared/sse.ts';
import { responsesUsage } from './responses-usage.ts';

/** Reads Responses answers as they pass. */
export const responsesTap: TapReader = {
  deltaMark: 'delta',
  stream: () => takeResponsesEvent,
  whole: takeResponse,
};

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
  // What the first event says is what was asked for.
  answer.servedTier = servedTierIn(response['service_tier']);
  if (response['status'] === 'failed') answer.hasError = true;
  const reason = textIn(fieldsIn(response['incomplete_details'])['reason']);
  const output = listIn(response['output']).map(fieldsIn);
  const hasCalls = output.some((item) => (textIn(item['type']) ?? '').endsWith('_call'));
  if (response['status'] === 'completed') answer.finishReason = hasCalls ? 'tool-calls' : 'stop';
  else if (response['status'] === 'incomplete') {
    answer.finishReason = reason === 'content_filter' ? 'content-filter' : 'length';
  }
  for (const item of output) noteSignature(answer, item['encrypted_content']);
  // What a response that is not stored is made of is kept under no name.
  if (response['store'] !== false) answer.keptIds = output.flatMap((item) => textIn(item['id']) ?? []);
  const { usage } = response;
  if (isFields(usage)) answer.usage = responsesUsage(usage);
}
