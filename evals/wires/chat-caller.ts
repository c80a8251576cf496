import OpenAI from 'openai';
import type {
  ChatCompletion,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageToolCall,
} from 'openai/resources/chat/completions/completions';
import { shapeFlaw } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { eventsOf, recordingFetch, type Caller, type Received } from './caller.ts';
import { chance, pick, type Random, type Talk, type TalkCall, type TalkPart, type TalkTurn } from './talk.ts';

/** OpenAI Chat Completions, through `openai`. */
export const chatCaller: Caller = {
  wire: 'openai-chat',
  write: (talk, model, random) => ({
    model,
    ...(talk.maxTokens === undefined
      ? {}
      : { [pick(random, ['max_tokens', 'max_completion_tokens'])]: talk.maxTokens }),
    messages: [
      ...talk.system.map((text) => ({ role: pick(random, ['system', 'developer']), content: said(text, random) })),
      ...talk.turns.flatMap((turn) => messages(turn, talk, random)),
    ],
    ...tools(talk),
    ...(talk.temperature === undefined ? {} : { temperature: talk.temperature }),
    ...(talk.topP === undefined ? {} : { top_p: talk.topP }),
    ...(talk.stop.length === 0
      ? {}
      : { stop: talk.stop.length === 1 && chance(random, 0.5) ? talk.stop[0] : talk.stop.slice(0, 4) }),
    ...(talk.effort === undefined ? {} : { reasoning_effort: talk.effort }),
    ...(talk.schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: talk.schema } } }),
  }),
  send: async (body, { url, isStream, headers }) => {
    const { fetch, seen } = recordingFetch();
    const client = new OpenAI({
      apiKey: 'k',
      baseURL: `${url}/v1`,
      maxRetries: 0,
      timeout: 60_000,
      fetch,
      defaultHeaders: headers,
    });
    const params = body as ChatCompletionCreateParamsNonStreaming;
    const answer = isStream
      ? await client.chat.completions.stream({ ...params, stream: true }).finalChatCompletion()
      : await client.chat.completions.create(params);
    const { text, headers: got } = seen();
    const flaw = isStream
      ? eventsOf(text)
          .map((event) => shapeFlaw('OpenaiChatEvent', event))
          .find((one) => one !== undefined)
      : shapeFlaw('OpenaiChatAnswer', JSON.parse(text));
    return received(answer, { flaw, headers: got });
  },
};

function said(text: string, random: Random): unknown {
  return chance(random, 0.5) ? text : [{ type: 'text', text }];
}

function messages(turn: TalkTurn, talk: Talk, random: Random): readonly object[] {
  switch (turn.role) {
    case 'user': {
      const [only] = turn.parts;
      const isPlain = turn.parts.length === 1 && only?.kind === 'text';
      return [{ role: 'user', content: isPlain ? said(only.text, random) : turn.parts.map(part) }];
    }
    case 'system':
      return [{ role: pick(random, ['system', 'developer']), content: said(turn.text, random) }];
    case 'assistant':
      return [
        {
          role: 'assistant',
          content: turn.text === '' ? pick(random, [null, '']) : turn.text,
          ...(turn.thought === undefined ? {} : { reasoning_content: turn.thought }),
          ...(turn.calls.length === 0 ? {} : { tool_calls: turn.calls.map((call) => toolCall(call, talk)) }),
        },
        ...turn.calls.map((call) => result(call, random)),
      ];
  }
}

function toolCall({ id, name, json }: TalkCall, talk: Talk): object {
  const isFreeForm = talk.tools.some((tool) => tool.name === name && tool.isFreeForm);
  return isFreeForm
    ? { id, type: 'custom', custom: { name, input: freeText(json) } }
    : { id, type: 'function', function: { name, arguments: json } };
}

export function freeText(json: string): string {
  return (JSON.parse(json) as { readonly input: string }).input;
}

function result({ id, result: parts, isError }: TalkCall, random: Random): object {
  const texts = parts.flatMap((one) => (one.kind === 'text' ? [one.text] : []));
  const text = `${isError ? 'Error: ' : ''}${texts.join('\n')}`;
  return { role: 'tool', tool_call_id: id, content: said(text, random) };
}

function part(one: TalkPart): object {
  switch (one.kind) {
    case 'text':
      return { type: 'text', text: one.text };
    case 'image':
      return { type: 'image_url', image_url: { url: `data:${one.mediaType};base64,${one.data}` } };
    case 'image-url':
      return { type: 'image_url', image_url: { url: one.url, detail: 'low' } };
    case 'pdf':
      return { type: 'file', file: { filename: 'a.pdf', file_data: `data:${one.mediaType};base64,${one.data}` } };
    case 'audio':
      return { type: 'input_audio', input_audio: { data: one.data, format: 'wav' } };
  }
}

function tools(talk: Talk): object {
  if (talk.tools.length === 0) return {};
  const choice = talk.toolChoice;
  const named = typeof choice === 'object' ? talk.tools.find((tool) => tool.name === choice.tool) : undefined;
  const wanted =
    named === undefined
      ? choice
      : named.isFreeForm
        ? { type: 'custom', custom: { name: named.name } }
        : { type: 'function', function: { name: named.name } };
  return {
    tools: talk.tools.map(({ name, description, schema, isFreeForm }) => {
      const about = { name, ...(description === undefined ? {} : { description }) };
      return isFreeForm
        ? { type: 'custom', custom: about }
        : { type: 'function', function: { ...about, parameters: schema } };
    }),
    ...(wanted === undefined ? {} : { tool_choice: wanted }),
    ...(talk.parallel === undefined ? {} : { parallel_tool_calls: talk.parallel }),
  };
}

const FINISHES: Readonly<Record<string, Received['finish']>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  length: 'length',
  content_filter: 'refusal',
};

function received({ choices: [choice] }: ChatCompletion, rest: Pick<Received, 'flaw' | 'headers'>): Received {
  if (choice === undefined) throw new Error('An answer without a choice');
  const { message, finish_reason: finish } = choice;
  return {
    text: message.content ?? '',
    refusal: message.refusal ?? '',
    calls: (message.tool_calls ?? []).map(callOf),
    finish: message.refusal ? 'refusal' : (FINISHES[finish] ?? 'other'),
    ...rest,
  };
}

function callOf(call: ChatCompletionMessageToolCall): Received['calls'][number] {
  return call.type === 'function'
    ? { name: call.function.name, json: call.function.arguments }
    : { name: call.custom.name, json: JSON.stringify({ input: call.custom.input }) };
}
