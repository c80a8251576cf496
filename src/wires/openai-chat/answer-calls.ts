import { textIn, type Fields } from '../shared/fields.ts';
import type { ToolForm } from '../shared/inbound-call.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';

type WireToolCall =
  | { readonly id: string; readonly type: 'function'; readonly function: { readonly name: string; arguments: string } }
  | { readonly id: string; readonly type: 'custom'; readonly custom: { readonly name: string; input: string } };

type CallPart = Extract<CodecPart, { type: 'tool-call-start' | 'tool-call-delta' | 'tool-call-end' }>;

/**
 * The calls of one answer in the form that their tools were offered in: functions, free-form tools, or the older `function_call`,
 * which has room for one call: of several it says the first.
 */
export class AnswerCalls {
  readonly #forms: ReadonlyMap<string, ToolForm>;
  readonly #calls = new Map<number, WireToolCall>();
  readonly #positions = new Map<number, number>();

  constructor(forms: ReadonlyMap<string, ToolForm>) {
    this.#forms = forms;
  }

  get isEmpty(): boolean {
    return this.#calls.size === 0;
  }

  get finishReason(): 'tool_calls' | 'function_call' {
    return this.#isOlder ? 'function_call' : 'tool_calls';
  }

  /** The delta that a stream gains; `undefined`: none. */
  push(part: CallPart): Fields | undefined {
    switch (part.type) {
      case 'tool-call-start':
        return this.#start(part);
      case 'tool-call-delta':
        return this.#calls.get(part.index)?.type === 'custom'
          ? undefined
          : this.#delta(part.index, { function: { arguments: part.inputJson } });
      case 'tool-call-end':
        return this.#end(part);
    }
  }

  /** The fields of a whole message. */
  message(): Fields {
    if (this.isEmpty) return {};
    const [first] = this.#calls.values();
    return this.#isOlder && first?.type === 'function'
      ? { function_call: first.function }
      : { tool_calls: [...this.#calls.values()] };
  }

  /** Callers of the older form offer nothing else. */
  get #isOlder(): boolean {
    return [...this.#forms.values()].some((form) => form.kind === 'older-function');
  }

  #start({
    index,
    toolCallId: id,
    toolName: name,
  }: Extract<CallPart, { type: 'tool-call-start' }>): Fields | undefined {
    const position = this.#positions.size;
    this.#positions.set(index, position);
    const call: WireToolCall =
      this.#forms.get(name)?.kind === 'custom'
        ? { id, type: 'custom', custom: { name, input: '' } }
        : { id, type: 'function', function: { name, arguments: '' } };
    this.#calls.set(index, call);
    return this.#delta(index, call);
  }

  #end({ index, input }: Extract<CallPart, { type: 'tool-call-end' }>): Fields | undefined {
    const call = this.#calls.get(index);
    if (call?.type === 'function') call.function.arguments = JSON.stringify(input);
    if (call?.type !== 'custom') return undefined;
    call.custom.input = textIn(input['input']) ?? JSON.stringify(input);
    return this.#delta(index, { custom: { input: call.custom.input } });
  }

  #delta(index: number, fields: Fields): Fields | undefined {
    const position = this.#positions.get(index) ?? 0;
    if (!this.#isOlder) return { tool_calls: [{ index: position, ...fields }] };
    return position > 0 ? undefined : { function_call: fields['function'] };
  }
}
