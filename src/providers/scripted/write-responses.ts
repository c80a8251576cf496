import { chunksOf, frame, sealThinking, type Answer, type WireAnswer } from './answer.ts';

type Item = Readonly<Record<string, unknown>>;
type Emit = (type: string, fields: Item) => void;

/** OpenAI Responses: one item per thought, text and tool call; usage in the closing event. */
export function writeResponses(answer: Answer): WireAnswer {
  const frames: string[] = [];
  const emit: Emit = (type, fields) => {
    frames.push(frame({ type, sequence_number: frames.length, ...fields }, type));
  };
  const base = {
    id: `resp_${answer.seed.slice(0, 40)}`,
    object: 'response',
    created_at: answer.createdAtSeconds,
    model: answer.servedModel,
    error: null,
    store: false,
    access_programs: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: 'auto',
    tools: [],
    top_p: null,
  };
  const isTiered = answer.servedTier !== undefined;
  // What served is said with the end; the start repeats what was asked for.
  const asked = isTiered ? { service_tier: 'auto' } : {};
  const opening = { ...base, ...asked, status: 'in_progress', output: [], usage: null, incomplete_details: null };
  emit('response.created', { response: opening });
  emit('response.in_progress', { response: opening });
  const output: Item[] = [];
  if (answer.thinking !== '') output.push(emitReasoning(answer, output.length, emit));
  if (answer.text !== '') output.push(emitText(answer, output.length, emit));
  for (const call of answer.toolCalls) output.push(emitCall(call, output.length, emit));
  const cut =
    answer.finish === 'length' ? 'max_output_tokens' : answer.finish === 'content-filter' ? 'content_filter' : null;
  const body = {
    ...base,
    status: cut === null ? 'completed' : 'incomplete',
    incomplete_details: cut === null ? null : { reason: cut },
    output,
    usage: usageOf(answer),
    ...(isTiered ? { service_tier: answer.servedTier } : {}),
  };
  emit(cut === null ? 'response.completed' : 'response.incomplete', { response: body });
  return { frames, body };
}

function emitReasoning(answer: Answer, index: number, emit: Emit): Item {
  const id = `rs_${answer.seed.slice(0, 40)}`;
  const sealed = sealThinking(answer.servedModel, answer.thinking);
  const item = {
    id,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: answer.thinking }],
    encrypted_content: sealed,
  };
  const at = { item_id: id, output_index: index, summary_index: 0 };
  emit('response.output_item.added', { output_index: index, item: { id, type: 'reasoning', summary: [] } });
  emit('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  for (const delta of chunksOf(answer.thinking)) emit('response.reasoning_summary_text.delta', { ...at, delta });
  emit('response.reasoning_summary_text.done', { ...at, text: answer.thinking });
  emit('response.output_item.done', { output_index: index, item });
  return item;
}

function emitText(answer: Answer, index: number, emit: Emit): Item {
  const id = `msg_${answer.seed.slice(0, 40)}`;
  const refused = answer.finish === 'refusal';
  const part = refused
    ? { type: 'refusal', refusal: answer.text }
    : { type: 'output_text', text: answer.text, annotations: [], logprobs: [] };
  const at = { item_id: id, output_index: index, content_index: 0 };
  const kind = refused ? 'response.refusal' : 'response.output_text';
  const item = { id, type: 'message', role: 'assistant', status: 'completed', content: [part] };
  emit('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress', content: [] } });
  emit('response.content_part.added', { ...at, part: refused ? { ...part, refusal: '' } : { ...part, text: '' } });
  for (const delta of chunksOf(answer.text))
    emit(`${kind}.delta`, { ...at, delta, ...(refused ? {} : { logprobs: [] }) });
  emit(`${kind}.done`, { ...at, ...(refused ? { refusal: answer.text } : { text: answer.text, logprobs: [] }) });
  emit('response.content_part.done', { ...at, part });
  emit('response.output_item.done', { output_index: index, item });
  return item;
}

function emitCall(call: Answer['toolCalls'][number], index: number, emit: Emit): Item {
  const id = `fc_${call.id}`;
  const json = JSON.stringify(call.input);
  const item = {
    id,
    type: 'function_call',
    status: 'completed',
    call_id: call.id,
    name: call.name,
    ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
    arguments: json,
  };
  emit('response.output_item.added', { output_index: index, item: { ...item, status: 'in_progress', arguments: '' } });
  for (const delta of chunksOf(json)) {
    emit('response.function_call_arguments.delta', { item_id: id, output_index: index, delta });
  }
  emit('response.function_call_arguments.done', { item_id: id, output_index: index, arguments: json });
  emit('response.output_item.done', { output_index: index, item });
  return item;
}

function usageOf({ cache, outputTokens, thinkingTokens }: Answer): Item {
  return {
    input_tokens: cache.promptTokens,
    input_tokens_details: { cached_tokens: cache.readTokens, cache_write_tokens: cache.writeTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: thinkingTokens },
    total_tokens: cache.promptTokens + outputTokens,
  };
}
