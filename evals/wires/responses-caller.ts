import OpenAI from 'openai';
import type {
  Response as OpenaiResponse,
  ResponseCreateParamsNonStreaming,
} from 'openai/resources/responses/responses';
import { shapeFlaw } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { eventsOf, recordingFetch, type Caller, type Received } from './caller.ts';
import { freeText } from './chat-caller.ts';
import { chance, pick, type Random, type Talk, type TalkCall, type TalkPart, type TalkTurn } from './talk.ts';

/** OpenAI Responses, through `openai`. */
export const responsesCaller: Caller = {
  wire: 'openai-responses',
  write: (talk, model, random) => {
    const [first, ...others] = talk.system;
    const asInstructions = first !== undefined && chance(random, 0.5);
    const developer = asInstructions ? others : talk.system;
    return {
      model,
      ...(asInstructions ? { instructions: first } : {}),
      ...(talk.maxTokens === undefined ? {} : { max_output_tokens: Math.max(16, talk.maxTokens) }),
      input: [
        ...developer.map((text) => message('developer', [{ kind: 'text', text }], random)),
        ...talk.turns.flatMap((turn) => items(turn, talk, random)),
      ],
      ...tools(talk, random),
      ...(talk.temperature === undefined ? {} : { temperature: talk.temperature }),
      ...(talk.topP === undefined ? {} : { top_p: talk.topP }),
      ...(talk.effort === undefined ? {} : { reasoning: { effort: talk.effort, summary: 'auto' } }),
      ...(talk.schema === undefined
        ? {}
        : { text: { format: { type: 'json_schema', name: 'answer', schema: talk.schema } } }),
      store: false,
    };
  },
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
    const params = body as ResponseCreateParamsNonStreaming;
    const answer = isStream
      ? await client.responses.stream({ ...params, stream: true }).finalResponse()
      : await client.responses.create(params);
    const { text, headers: got } = seen();
    const flaw = isStream
      ? eventsOf(text)
          .map((event) => shapeFlaw('OpenaiResponsesEvent', event))
          .find((one) => one !== undefined)
      : shapeFlaw('OpenaiResponsesAnswer', JSON.parse(text));
    return received(answer, { flaw, headers: got });
  },
};

function message(role: string, parts: readonly TalkPart[], random: Random): object {
  const [only] = parts;
  const isPlain = parts.length === 1 && only?.kind === 'text' && chance(random, 0.5);
  return {
    ...(chance(random, 0.5) ? { type: 'message' } : {}),
    role,
    content: isPlain ? only.text : parts.flatMap(part),
  };
}

function items(turn: TalkTurn, talk: Talk, random: Random): readonly object[] {
  switch (turn.role) {
    case 'user':
      return [message('user', turn.parts, random)];
    case 'system':
      return [message(pick(random, ['developer', 'system']), [{ kind: 'text', text: turn.text }], random)];
    case 'assistant':
      return [
        ...(turn.text === ''
          ? []
          : [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: turn.text }] }]),
        ...turn.calls.map((call) => callItem(call, talk)),
        ...turn.calls.map((call) => output(call, talk, random)),
      ];
  }
}

function isFree(talk: Talk, name: string): boolean {
  return talk.tools.some((tool) => tool.name === name && tool.isFreeForm);
}

function callItem({ id, name, json }: TalkCall, talk: Talk): object {
  return isFree(talk, name)
    ? { type: 'custom_tool_call', call_id: id, name, input: freeText(json) }
    : { type: 'function_call', call_id: id, name, arguments: json };
}

function output({ id, name, result, isError }: TalkCall, talk: Talk, random: Random): object {
  const texts = result.flatMap((one) => (one.kind === 'text' ? [one.text] : []));
  const isPlain = texts.length === result.length && chance(random, 0.6);
  return {
    type: isFree(talk, name) ? 'custom_tool_call_output' : 'function_call_output',
    call_id: id,
    output: isPlain ? `${isError ? 'Error: ' : ''}${texts.join('\n')}` : result.flatMap(part),
  };
}

function part(one: TalkPart): readonly object[] {
  switch (one.kind) {
    case 'text':
      return [{ type: 'input_text', text: one.text }];
    case 'image':
      return [{ type: 'input_image', image_url: `data:${one.mediaType};base64,${one.data}`, detail: 'auto' }];
    case 'image-url':
      return [{ type: 'input_image', image_url: one.url, detail: 'low' }];
    case 'pdf':
      return [{ type: 'input_file', filename: 'a.pdf', file_data: `data:${one.mediaType};base64,${one.data}` }];
    case 'audio':
      return [{ type: 'input_text', text: 'a sound that this format has no part for' }];
  }
}

function tools(talk: Talk, random: Random): object {
  if (talk.tools.length === 0) return {};
  const choice = talk.toolChoice;
  const wanted =
    typeof choice === 'object'
      ? { type: isFree(talk, choice.tool) ? 'custom' : 'function', name: choice.tool }
      : choice;
  return {
    tools: talk.tools.map(({ name, description, schema, isFreeForm }) => {
      const about = { name, ...(description === undefined ? {} : { description }) };
      return isFreeForm
        ? { type: 'custom', ...about }
        : { type: 'function', ...about, parameters: schema, strict: pick(random, [false, null]) };
    }),
    ...(wanted === undefined ? {} : { tool_choice: wanted }),
    ...(talk.parallel === undefined ? {} : { parallel_tool_calls: talk.parallel }),
  };
}

function received(answer: OpenaiResponse, rest: Pick<Received, 'flaw' | 'headers'>): Received {
  const parts = answer.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const refusal = parts.flatMap((one) => (one.type === 'refusal' ? [one.refusal] : [])).join('');
  const calls = answer.output.flatMap((item): Received['calls'] => {
    if (item.type === 'function_call') return [{ name: item.name, json: item.arguments }];
    return item.type === 'custom_tool_call' ? [{ name: item.name, json: JSON.stringify({ input: item.input }) }] : [];
  });
  const cut = answer.incomplete_details?.reason;
  return {
    text: parts.flatMap((one) => (one.type === 'output_text' ? [one.text] : [])).join(''),
    refusal,
    calls,
    finish:
      cut === 'max_output_tokens'
        ? 'length'
        : refusal !== '' || cut === 'content_filter'
          ? 'refusal'
          : calls.length > 0
            ? 'tool-calls'
            : 'stop',
    ...rest,
  };
}
