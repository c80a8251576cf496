import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asId, type EndpointId } from '../../domain/ids.ts';
import { CHAT, CLAUDE, GPT } from '../../testing/internal/gateway-kit.ts';
import { lookAlikeKey } from '../../wires/shared/body/look-alike-keys.ts';
import { pingBody } from './ping-body.ts';

const bytesOf = (body: object): Buffer => Buffer.from(JSON.stringify(body));
const pinged = (...[model, dialect, body]: readonly [typeof CLAUDE, 'generic' | 'openai', object]): object =>
  JSON.parse(pingBody(model, dialect, bytesOf(body)).bytes.toString()) as object;

test('Anthropic is asked for nothing, or for the least that it allows beside what would change the prefix', () => {
  const least = (more: object, model = CLAUDE): number =>
    pingBody(model, 'generic', bytesOf({ messages: [], max_tokens: 900, ...more })).outputTokens;
  expect(least({})).toBe(0);
  expect(least({ thinking: { type: 'disabled' }, tool_choice: { type: 'auto' } })).toBe(0);
  expect(least({ thinking: { type: 'adaptive' } })).toBe(1);
  expect(least({ tool_choice: { type: 'tool', name: 'Read' } })).toBe(1);
  expect(least({ output_format: { type: 'json_schema' } })).toBe(1);
  expect(least({ output_config: { format: { type: 'json_schema' } } })).toBe(1);
  expect(least({ output_config: { effort: 'low' } })).toBe(0);
  expect(least({ thinking: { type: 'enabled', budget_tokens: 2000 } })).toBe(2001);
  // Who else speaks this format does not say that it takes 0.
  expect(least({}, { ...CLAUDE, endpoint: asId<EndpointId>('elsewhere') })).toBe(1);
});

test('the other formats are asked for sixteen tokens in one piece, under the name that the endpoint knows', () => {
  const messages = [{ role: 'user', content: 'x' }];
  const streamed = { stream: true, stream_options: { include_usage: true } };
  expect(pinged(CHAT, 'generic', { messages, ...streamed })).toEqual({ messages, max_tokens: 16 });
  expect(pinged(CHAT, 'openai', { messages, ...streamed })).toEqual({ messages, max_completion_tokens: 16 });
  expect(pinged(CHAT, 'openai', { messages, max_tokens: 99 })).toEqual({ messages, max_tokens: 16 });
  expect(pinged(CHAT, 'generic', { messages, max_completion_tokens: 99 })).toEqual({
    messages,
    max_completion_tokens: 16,
  });
  expect(pinged(GPT, 'openai', { input: 'x', stream: true, store: true })).toEqual({
    input: 'x',
    max_output_tokens: 16,
    store: false,
  });
});

test('whatever the body holds, every byte but the two fields of the answer stays', () => {
  const rest = fc
    .dictionary(
      fc.string().filter((name) => !['max_tokens', 'stream', '[object Object]'].includes(name)),
      fc.jsonValue(),
      // A body with a key that some servers take for another never gets as far as a ping.
    )
    .filter((fields) => lookAlikeKey(fields) === undefined);
  fc.assert(
    fc.property(rest, fc.constantFrom('', ' ', '\n  '), fc.boolean(), (fields, space, isFirst) => {
      const answer = { max_tokens: 800, stream: true };
      const body = isFirst ? { ...answer, ...fields } : { ...fields, ...answer };
      const sent = Buffer.from(JSON.stringify(body, undefined, space));
      const { bytes, outputTokens } = pingBody(CLAUDE, 'generic', sent);
      const expected = isFirst ? { max_tokens: outputTokens, ...fields } : { ...fields, max_tokens: outputTokens };
      expect(JSON.stringify(JSON.parse(bytes.toString()))).toBe(JSON.stringify(JSON.parse(JSON.stringify(expected))));
      for (const [name, value] of Object.entries(fields)) {
        if (space === '') expect(bytes.includes(`${JSON.stringify(name)}:${JSON.stringify(value)}`)).toBe(true);
      }
    }),
  );
});
