import { describe, expect, test } from 'vitest';
import type { CallRequest } from '../../domain/call.ts';
import { userMessage, type Message } from '../../domain/transcript.ts';
import { aGptModel, aModel, modelId } from '../../testing/model-builders.ts';
import { editJson } from '../shared/json-bytes.ts';
import { WIRE_FORMATS } from '../wire-formats.ts';
import { anthropicMessages } from './anthropic-messages-format.ts';
import { encodeAnthropic } from './anthropic-request-codec.ts';
import { betasOf, effortEdits, MESSAGE_EFFORT_BETA } from './message-effort.ts';

const claude = aModel({ usualEffort: 'medium', effortPerMessage: true });
const answer: Message = { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] };
const raised: readonly Message[] = [
  userMessage('Plan.'),
  answer,
  { ...userMessage('Again.'), effort: 'high' },
  answer,
  { ...userMessage('Next.'), effort: 'usual' },
];

function request(messages: readonly Message[], more: Partial<CallRequest> = {}): CallRequest {
  return { model: claude.id, system: '', tools: [], messages, cacheKey: 'k', cacheMarkers: [], ...more };
}

const said = (effort: string): object => ({ role: 'system', content: [], output_config: { effort } });

describe('an effort that a message sets', () => {
  test('is said behind it, and the head of the request stays what it was', () => {
    const { body } = encodeAnthropic(claude, request(raised));
    expect(body).not.toHaveProperty('output_config');
    expect(body.messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'system',
      'assistant',
      'user',
      'system',
    ]);
    expect(body.messages[3]).toEqual(said('high'));
    // The usual one of the model, as its caller asks for none.
    expect(body.messages[6]).toEqual(said('medium'));
    expect(betasOf(body as never)).toEqual([MESSAGE_EFFORT_BETA]);
  });

  test('goes back to what the call asks for', () => {
    const { body } = encodeAnthropic(claude, request(raised, { effort: 'low' }));
    expect(body.output_config).toEqual({ effort: 'low' });
    expect(body.messages[6]).toEqual(said('low'));
  });

  test('of a model whose vendor knows no such message is asked for by the whole call', () => {
    const { effortPerMessage: _, ...plain } = claude;
    const { body } = encodeAnthropic(plain, request(raised.slice(0, 3)));
    expect(body.output_config).toEqual({ effort: 'high' });
    expect(betasOf(body as never)).toEqual([]);
    expect(encodeAnthropic(plain, request(raised)).body).not.toHaveProperty('output_config');
  });

  test('reaches every other vendor as the effort that the call ends with', () => {
    const gpt = aGptModel({ id: modelId('gpt') });
    const { body } = WIRE_FORMATS['openai-responses'].writeRequest(gpt, request(raised.slice(0, 3)), 'openai');
    expect(body).toMatchObject({ reasoning: { effort: 'high' } });
  });
});

describe('a caller that says efforts itself', () => {
  const read = (messages: readonly object[]): readonly Message[] =>
    anthropicMessages.readRequest({ model: 'm', messages }, () => undefined).messages;
  const user = { role: 'user', content: 'Do.' };
  const results = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }] };
  const turn = { role: 'assistant', content: 'Done.' };

  test('means the user’s turn before, where that brings words', () => {
    expect(read([user, said('low')])).toEqual([{ ...userMessage('Do.'), effort: 'low' }]);
  });

  test('means the next turn that does, elsewhere', () => {
    const efforts = read([user, turn, said('max'), results, user]).map((one) => one.role === 'user' && one.effort);
    expect(efforts).toEqual([undefined, false, undefined, 'max']);
  });
});

test('efforts are put behind messages of a body, whose other bytes stay', () => {
  const text =
    '{"messages": [ {"role":"user","content":"a"} ,{"role":"assistant","content":"b"},  {"role":"user","content":"c"} ],"x":1.50}';
  const edited = editJson(
    Buffer.from(text),
    effortEdits([
      { messageIndex: 0, effort: 'high' },
      { messageIndex: 2, effort: 'low' },
    ]),
  ).toString();
  const parsed = JSON.parse(edited) as { readonly messages: readonly object[] };
  expect(parsed.messages).toHaveLength(5);
  expect(parsed.messages[1]).toEqual(said('high'));
  expect(parsed.messages[4]).toEqual(said('low'));
  const added = (effort: string): string => `,${JSON.stringify(said(effort))}`;
  expect(edited.replace(added('high'), '').replace(added('low'), '')).toBe(text);
});
