import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { AnswerContext, AnswerEncoder } from '../shared/answer-encoder.ts';
import { fieldsIn, parseFields, textIn } from '../shared/fields.ts';
import { formatSse } from '../shared/sse.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';

type Item = Record<string, unknown>;

/** An output item while it is written. */
interface OpenItem {
  readonly outputIndex: number;
  readonly item: Item;
  text: string;
}

/** Fields that every response has, as the API fills them where a request says nothing. API reference, read 2026-11-29. */
const ECHOED = {
  access_programs: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: null,
  tool_choice: 'auto',
  tools: [],
  top_p: null,
};

/** Usage as the Responses API words it. */
function responsesUsage(usage: Usage): Readonly<Record<string, unknown>> {
  const input = promptTokens(usage);
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: input + usage.outputTokens,
  };
}

/** Answers an OpenAI Responses caller: custom and namespaced tools get back the form they were offered in. */
export function createResponsesEncoder(context: AnswerContext): AnswerEncoder {
  return new ResponsesEncoder(context);
}

class ResponsesEncoder implements AnswerEncoder {
  readonly #context: AnswerContext;
  readonly #open = new Map<number, OpenItem>();
  readonly #output: Item[] = [];
  #sequence = 0;
  #itemCount = 0;
  #status: 'in_progress' | 'completed' | 'incomplete' = 'in_progress';
  #incomplete: { readonly reason: string } | null = null;
  #usage: Usage | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(part: CodecPart): string {
    switch (part.type) {
      case 'start':
        return (
          this.#event('response.created', { response: this.#response() }) +
          this.#event('response.in_progress', { response: this.#response() })
        );
      case 'text-start':
        return this.#startText(part.index);
      case 'text-delta':
        return this.#delta(part.index, part.text, 'response.output_text.delta', { content_index: 0, logprobs: [] });
      case 'text-end':
        return this.#endText(part.index);
      case 'thinking-start':
        return this.#startThinking(part.index);
      case 'thinking-delta':
        return this.#delta(part.index, part.text, 'response.reasoning_summary_text.delta', { summary_index: 0 });
      case 'thinking-end':
        return this.#endThinking(part.index, this.#context.seal(part.issued));
      case 'tool-call-start':
        return this.#startCall(part.index, part.toolCallId, part.toolName);
      case 'tool-call-delta':
        return this.#callDelta(part.index, part.inputJson);
      case 'tool-call-end':
        return this.#endCall(part.index, part.input);
      case 'finish': {
        this.#usage = part.usage;
        const isSilent = part.reason === 'refusal' && !this.#hasWords();
        const refusal = isSilent ? this.#refuse() : '';
        // Words that came before a refusal went out as an answer's: only the end can still say what they were.
        const isFiltered = part.reason === 'content-filter' || (part.reason === 'refusal' && !isSilent);
        this.#status = part.reason === 'length' || isFiltered ? 'incomplete' : 'completed';
        if (this.#status === 'incomplete') {
          this.#incomplete = { reason: isFiltered ? 'content_filter' : 'max_output_tokens' };
        }
        return refusal + this.#event(`response.${this.#status}`, { response: this.#response() });
      }
      case 'error':
        return '';
    }
  }

  body(): string {
    return JSON.stringify(this.#response());
  }

  #response(): object {
    return {
      id: `resp_${this.#context.answerId}`,
      object: 'response',
      created_at: this.#context.createdAtSeconds,
      status: this.#status,
      error: null,
      incomplete_details: this.#incomplete,
      model: this.#context.model,
      output: this.#output,
      usage: this.#usage === undefined ? null : responsesUsage(this.#usage),
      store: false,
      previous_response_id: null,
      ...ECHOED,
    };
  }

  #event(type: string, fields: object): string {
    if (!this.#context.isStream) return '';
    return formatSse(type, JSON.stringify({ type, sequence_number: this.#sequence++, ...fields }));
  }

  #add(index: number, prefix: string, item: Item): OpenItem {
    const outputIndex = this.#itemCount++;
    const open = { outputIndex, item: { id: `${prefix}_${this.#context.answerId}_${outputIndex}`, ...item }, text: '' };
    this.#open.set(index, open);
    return open;
  }

  #added({ outputIndex, item }: OpenItem): string {
    return this.#event('response.output_item.added', { output_index: outputIndex, item });
  }

  #done({ outputIndex }: OpenItem, item: Item): string {
    this.#output.push(item);
    return this.#event('response.output_item.done', { output_index: outputIndex, item });
  }

  #at({ outputIndex, item }: OpenItem): { readonly item_id: unknown; readonly output_index: number } {
    return { item_id: item['id'], output_index: outputIndex };
  }

  #delta(index: number, text: string, type: string, fields: object): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    open.text += text;
    return this.#event(type, { ...this.#at(open), ...fields, delta: text });
  }

  #startText(index: number): string {
    const open = this.#add(index, 'msg', { type: 'message', status: 'in_progress', role: 'assistant', content: [] });
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    return (
      this.#added(open) + this.#event('response.content_part.added', { ...this.#at(open), content_index: 0, part })
    );
  }

  #endText(index: number): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    const part = { type: 'output_text', text: open.text, annotations: [], logprobs: [] };
    const at = { ...this.#at(open), content_index: 0 };
    return (
      this.#event('response.output_text.done', { ...at, text: open.text, logprobs: [] }) +
      this.#event('response.content_part.done', { ...at, part }) +
      this.#done(open, { ...open.item, status: 'completed', content: [part] })
    );
  }

  #hasWords(): boolean {
    return this.#output.some((item) => item['type'] === 'message');
  }

  /** A refusal without words of the model's: an empty output would read as an answer. */
  #refuse(): string {
    const open = this.#add(-1, 'msg', { type: 'message', status: 'in_progress', role: 'assistant', content: [] });
    const at = { ...this.#at(open), content_index: 0 };
    const refusal = 'The model refused to answer.';
    const part = { type: 'refusal', refusal };
    return (
      this.#added(open) +
      this.#event('response.content_part.added', { ...at, part: { type: 'refusal', refusal: '' } }) +
      this.#event('response.refusal.delta', { ...at, delta: refusal }) +
      this.#event('response.refusal.done', { ...at, refusal }) +
      this.#event('response.content_part.done', { ...at, part }) +
      this.#done(open, { ...open.item, status: 'completed', content: [part] })
    );
  }

  #startThinking(index: number): string {
    const open = this.#add(index, 'rs', { type: 'reasoning', summary: [] });
    const part = { type: 'summary_text', text: '' };
    return (
      this.#added(open) +
      this.#event('response.reasoning_summary_part.added', { ...this.#at(open), summary_index: 0, part })
    );
  }

  #endThinking(index: number, sealed: string): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    const part = { type: 'summary_text', text: open.text };
    const at = { ...this.#at(open), summary_index: 0 };
    return (
      this.#event('response.reasoning_summary_text.done', { ...at, text: open.text }) +
      this.#event('response.reasoning_summary_part.done', { ...at, part }) +
      this.#done(open, { ...open.item, summary: open.text === '' ? [] : [part], encrypted_content: sealed })
    );
  }

  #startCall(index: number, callId: string, toolName: string): string {
    const form = this.#context.toolForms.get(toolName);
    const status = 'in_progress';
    if (form?.kind === 'custom') {
      return this.#added(
        this.#add(index, 'ctc', { type: 'custom_tool_call', status, call_id: callId, name: form.name, input: '' }),
      );
    }
    if (form?.kind === 'tool-search') {
      const item = { type: 'tool_search_call', status, call_id: callId, execution: 'client', arguments: {} };
      return this.#added(this.#add(index, 'tsc', item));
    }
    const named = form?.kind === 'namespaced' ? { name: form.name, namespace: form.namespace } : { name: toolName };
    return this.#added(
      this.#add(index, 'fc', { type: 'function_call', status, call_id: callId, ...named, arguments: '' }),
    );
  }

  #callDelta(index: number, inputJson: string): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    open.text += inputJson;
    if (open.item['type'] !== 'function_call') return '';
    return this.#event('response.function_call_arguments.delta', { ...this.#at(open), delta: inputJson });
  }

  #endCall(index: number, input: object): string {
    const open = this.#open.get(index);
    if (open === undefined) return '';
    const at = this.#at(open);
    if (open.item['type'] === 'custom_tool_call') {
      const text = textIn(fieldsIn(input)['input']) ?? JSON.stringify(input);
      return (
        this.#event('response.custom_tool_call_input.delta', { ...at, delta: text }) +
        this.#event('response.custom_tool_call_input.done', { ...at, input: text }) +
        this.#done(open, { ...open.item, status: 'completed', input: text })
      );
    }
    if (open.item['type'] === 'tool_search_call') {
      return this.#done(open, { ...open.item, status: 'completed', arguments: input });
    }
    const text = parseFields(open.text) === undefined ? JSON.stringify(input) : open.text;
    return (
      this.#event('response.function_call_arguments.done', { ...at, arguments: text }) +
      this.#done(open, { ...open.item, status: 'completed', arguments: text })
    );
  }
}
