import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { Model } from '../domain/model.ts';
import { CHAT, CLAUDE, GEMINI, GPT } from '../testing/internal/gateway-kit.ts';
import type { Fields } from '../wires/shared/fields.ts';
import { translateCall } from '../wires/translate-call.ts';
import { WIRE_FORMATS } from '../wires/wire-formats.ts';

const words = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.trim() !== '');
const id = fc.stringMatching(/^[a-z0-9]{4,12}$/u);
const input = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/u), fc.oneof(words, fc.integer(), fc.boolean()), {
  maxKeys: 3,
});

/** Rounds of a tool loop: what the model says and asks for, and what comes back. */
const round = fc.record({
  text: fc.option(words),
  calls: fc.uniqueArray(fc.record({ id, input, result: words, failed: fc.boolean() }), {
    selector: (call) => call.id,
    maxLength: 3,
  }),
});
const session = fc.record({
  system: words,
  ask: words,
  rounds: fc.array(
    round.filter(({ text, calls }) => text !== null || calls.length > 0),
    { maxLength: 4 },
  ),
  maxTokens: fc.integer({ min: 1, max: 30_000 }),
  effort: fc.option(fc.constantFrom('low', 'medium', 'high'), { nil: undefined }),
  temperature: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
});
type Session = typeof session extends fc.Arbitrary<infer Value> ? Value : never;

const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };

function anthropicBody(value: Session): Fields {
  const messages: JsonValue[] = [{ role: 'user', content: [{ type: 'text', text: value.ask }] }];
  value.rounds.forEach(({ text, calls }, index) => {
    const said: JsonObject[] = text === null ? [] : [{ type: 'text', text }];
    messages.push({
      role: 'assistant',
      content: [
        ...said,
        ...calls.map((call) => ({ type: 'tool_use', id: `${call.id}${index}`, name: 'Read', input: call.input })),
      ],
    });
    messages.push({
      role: 'user',
      content:
        calls.length === 0
          ? [{ type: 'text', text: 'go on' }]
          : calls.map((call) => ({
              type: 'tool_result',
              tool_use_id: `${call.id}${index}`,
              content: [{ type: 'text', text: call.result }],
              ...(call.failed ? { is_error: true } : {}),
            })),
    });
  });
  return {
    model: CLAUDE.wireModel,
    max_tokens: value.maxTokens,
    system: [{ type: 'text', text: value.system }],
    tools: [{ name: 'Read', description: 'reads', input_schema: schema }],
    ...(value.effort === undefined ? {} : { output_config: { effort: value.effort }, thinking: { type: 'adaptive' } }),
    ...(value.temperature === undefined || value.effort !== undefined ? {} : { temperature: value.temperature }),
    messages,
    stream: true,
  };
}

/** Cache markers are placed anew for each model, and so are no part of what must come back. */
function withoutMarkers(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (key === 'cache_control' ? undefined : inner)),
  ) as unknown;
}

function again(model: Model, body: Fields): unknown {
  const inbound = WIRE_FORMATS[model.wire].readRequest(body, () => undefined);
  return translateCall(inbound, model, { dialect: 'openai', cacheKey: 'k', reanchorAt: undefined, promptTokens: 0 })
    .body;
}

describe('request → neutral → request', () => {
  test('gives an Anthropic body back as it was', () => {
    fc.assert(
      fc.property(session, (value) => {
        const body = anthropicBody(value);
        expect(withoutMarkers(again(CLAUDE, body))).toEqual(withoutMarkers(body));
      }),
    );
  });

  test.each([
    ['openai-responses', GPT],
    ['openai-chat', CHAT],
    ['gemini-generate-content', GEMINI],
  ] as const)('gives an %s body back as it was', (_wire, model) => {
    fc.assert(
      fc.property(session, (value) => {
        const inbound = WIRE_FORMATS['anthropic-messages'].readRequest(anthropicBody(value), () => undefined);
        const body = translateCall(inbound, model, {
          dialect: 'openai',
          cacheKey: 'k',
          reanchorAt: undefined,
          promptTokens: 0,
        }).body as Fields;
        expect(again(model, body)).toEqual(body);
      }),
    );
  });

  test.each([GPT, CHAT, GEMINI])('keeps every word, call and result on the way to $wire and back', (model) => {
    fc.assert(
      fc.property(session, (value) => {
        const body = anthropicBody(value);
        const there = translateCall(
          WIRE_FORMATS['anthropic-messages'].readRequest(body, () => undefined),
          model,
          { dialect: 'openai', cacheKey: 'k', reanchorAt: undefined, promptTokens: 0 },
        );
        const back = WIRE_FORMATS[model.wire].readRequest(there.body as Fields, () => undefined);
        const home = WIRE_FORMATS['anthropic-messages'].readRequest(body, () => undefined);
        expect(back.system).toBe(home.system);
        expect(back.tools).toEqual(home.tools);
        expect(textsOf(back.messages)).toEqual(textsOf(home.messages));
      }),
    );
  });
});

function textsOf(messages: readonly unknown[]): readonly string[] {
  const found: string[] = [];
  JSON.stringify(messages, (key, value: unknown) => {
    if ((key === 'text' || key === 'toolCallId') && typeof value === 'string')
      found.push(value.replace(/^\[tool error\] /u, ''));
    return value;
  });
  return found;
}
