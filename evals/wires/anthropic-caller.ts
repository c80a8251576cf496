import Anthropic from '@anthropic-ai/sdk';
import type { Message, MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages/messages';
import { parseExactJson } from '../../src/domain/json.ts';
import { shapeFlaw } from '../../src/testing/internal/vendor-shapes/vendor-shapes.ts';
import { eventsOf, recordingFetch, type Caller, type Received } from './caller.ts';
import { digitsKept } from './digits.ts';
import { chance, type Random, type Talk, type TalkCall, type TalkPart, type TalkTurn } from './talk.ts';

const MARK = { cache_control: { type: 'ephemeral' } };

/** Anthropic Messages, through `@anthropic-ai/sdk`. */
export const anthropicCaller: Caller = {
  wire: 'anthropic-messages',
  write: (talk, model, random) => {
    const system = talk.system.map((text) => ({ type: 'text', text }));
    const isThinking = talk.effort !== undefined && chance(random, 0.5);
    return {
      model,
      max_tokens: talk.maxTokens ?? 1000,
      ...(system.length === 0
        ? {}
        : { system: system.length === 1 && chance(random, 0.5) ? talk.system[0] : marked(system, talk) }),
      messages: talk.turns.flatMap((turn) => messages(turn, talk, random)),
      ...tools(talk, random),
      ...(talk.temperature === undefined ? {} : { temperature: Math.min(talk.temperature, 1) }),
      ...(talk.topP === undefined ? {} : { top_p: talk.topP }),
      ...(talk.stop.length === 0 ? {} : { stop_sequences: talk.stop }),
      ...(isThinking ? { thinking: talk.effort === 'none' ? { type: 'disabled' } : { type: 'adaptive' } } : {}),
      ...output(talk),
    };
  },
  send: async (body, { url, isStream, headers }) => {
    const { fetch, seen } = recordingFetch();
    const client = new Anthropic({
      apiKey: 'k',
      baseURL: url,
      maxRetries: 0,
      timeout: 60_000,
      fetch,
      defaultHeaders: headers,
    });
    const params = body as MessageCreateParamsNonStreaming;
    const message = isStream
      ? await client.messages.stream(params).finalMessage()
      : await client.messages.create(params);
    const { text, headers: said } = seen();
    const events = eventsOf(text);
    const flaw = isStream
      ? events
          .filter((event) => event['type'] !== 'ping')
          .map((event) => shapeFlaw('ClaudeEvent', event))
          .find((one) => one !== undefined)
      : shapeFlaw('ClaudeAnswer', JSON.parse(text));
    return received(message, isStream ? joinedJson(events) : text, { flaw, headers: said });
  },
};

function marked(blocks: readonly object[], talk: Talk): readonly object[] {
  return talk.isMarked ? [...blocks.slice(0, -1), { ...blocks.at(-1), ...MARK }] : blocks;
}

function messages(turn: TalkTurn, talk: Talk, random: Random): readonly object[] {
  switch (turn.role) {
    case 'user': {
      const [only] = turn.parts;
      const isPlain = turn.parts.length === 1 && only?.kind === 'text' && chance(random, 0.5);
      return [{ role: 'user', content: isPlain ? only.text : marked(turn.parts.flatMap(block), talk) }];
    }
    case 'system':
      return [{ role: 'system', content: chance(random, 0.5) ? turn.text : [{ type: 'text', text: turn.text }] }];
    case 'assistant': {
      const content = [
        // What another vendor's model thought comes back as a client kept it: with a signature that nobody knows.
        ...(turn.thought === undefined ? [] : [{ type: 'thinking', thinking: turn.thought, signature: 'c2ln' }]),
        ...(turn.text === '' ? [] : [{ type: 'text', text: turn.text }]),
        ...turn.calls.map(({ id, name, json }) => ({
          type: 'tool_use',
          id: safeId(id),
          name,
          input: parseExactJson(json),
        })),
      ];
      const results = turn.calls.map((call) => result(call, random));
      return [{ role: 'assistant', content }, ...(results.length === 0 ? [] : [{ role: 'user', content: results }])];
    }
  }
}

/** The vendor takes no other characters, and so its callers send none. */
function safeId(id: string): string {
  return id.replaceAll(/[^\w-]/gu, '_');
}

function result(call: TalkCall, random: Random): object {
  const [only] = call.result;
  const isPlain = call.result.length === 1 && only?.kind === 'text' && chance(random, 0.5);
  const content = isPlain ? only.text : call.result.flatMap(block);
  return {
    type: 'tool_result',
    tool_use_id: safeId(call.id),
    ...(call.result.length === 0 ? {} : { content }),
    ...(call.isError ? { is_error: true } : {}),
  };
}

function block(part: TalkPart): readonly object[] {
  switch (part.kind) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'image':
      return [{ type: 'image', source: { type: 'base64', media_type: part.mediaType, data: part.data } }];
    case 'image-url':
      return [{ type: 'image', source: { type: 'url', url: part.url } }];
    case 'pdf':
      return [{ type: 'document', source: { type: 'base64', media_type: part.mediaType, data: part.data } }];
    case 'audio':
      return [{ type: 'text', text: 'a sound that this format has no part for' }];
  }
}

function tools(talk: Talk, random: Random): object {
  if (talk.tools.length === 0) return {};
  const choice = talk.toolChoice;
  const disable = talk.parallel === undefined ? {} : { disable_parallel_tool_use: !talk.parallel };
  const wanted =
    choice === undefined
      ? talk.parallel === undefined
        ? {}
        : { tool_choice: { type: 'auto', ...disable } }
      : {
          tool_choice:
            choice === 'none'
              ? { type: 'none' }
              : typeof choice === 'object'
                ? { type: 'tool', name: choice.tool, ...disable }
                : { type: choice === 'required' ? 'any' : 'auto', ...disable },
        };
  return {
    tools: marked(
      talk.tools.map(({ name, description, schema }) => ({
        name,
        ...(description === undefined ? {} : { description }),
        input_schema: 'type' in schema ? schema : { type: 'object', ...schema },
        ...(chance(random, 0.1) ? { type: 'custom' } : {}),
      })),
      talk,
    ),
    ...wanted,
  };
}

function output(talk: Talk): object {
  const format = talk.schema === undefined ? {} : { format: { type: 'json_schema', schema: talk.schema } };
  const effort = talk.effort === undefined || talk.effort === 'none' ? {} : { effort: talk.effort };
  const config = { ...format, ...effort };
  return Object.keys(config).length === 0 ? {} : { output_config: config };
}

const FINISHES: Readonly<Record<string, Received['finish']>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  refusal: 'refusal',
};

function received(message: Message, wire: string, { flaw, headers }: Pick<Received, 'flaw' | 'headers'>): Received {
  const texts = message.content.flatMap((one) => (one.type === 'text' ? [one.text] : []));
  const isRefusal = message.stop_reason === 'refusal';
  return {
    text: isRefusal ? '' : texts.join(''),
    refusal: isRefusal ? texts.join('') : '',
    calls: message.content.flatMap((one) =>
      one.type === 'tool_use' ? [{ name: one.name, json: digitsKept(one.input, wire) }] : [],
    ),
    finish: FINISHES[message.stop_reason ?? ''] ?? 'other',
    flaw,
    headers,
  };
}

function joinedJson(events: readonly Readonly<Record<string, unknown>>[]): string {
  return events
    .map((event) => (event['delta'] as { readonly partial_json?: string } | undefined)?.partial_json ?? '')
    .join('');
}
