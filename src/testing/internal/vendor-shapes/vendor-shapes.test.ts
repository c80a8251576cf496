import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createScriptedServer } from '../../../providers/scripted/scripted-server.ts';
import { makeShapes, shapeNames, shapesFolder } from './make-shapes.ts';
import { requestFlaw, shapeFlaw } from './vendor-shapes.ts';

const said = { role: 'user', content: 'hi' };

test('every vendor type has a schema, made of the SDK that is installed', async () => {
  expect(shapeNames().length).toBeGreaterThan(9);
  expect(await makeShapes()).toBe(shapesFolder());
  const files = readdirSync(shapesFolder());
  for (const name of shapeNames()) expect(files).toEqual(expect.arrayContaining([`${name}.json`, `${name}.cjs`]));
});

test.each([
  ['anthropic-messages', 'claude-opus-5', { max_tokens: 1, messages: [said] }],
  ['openai-chat', 'gpt-5.5', { messages: [said] }],
  ['openai-chat', 'deepseek-chat', { messages: [said, { role: 'assistant', content: '', reasoning_content: 'hm' }] }],
  ['openai-responses', 'gpt-5.5', { input: 'hi', store: false }],
  ['gemini-generate-content', 'gemini-3.8-flash', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
] as const)('%s: %s takes what its SDK would send, and no field more', (wire, model, body) => {
  // Google's model stands in the address.
  const whole = wire === 'gemini-generate-content' ? body : { model, ...body };
  expect(requestFlaw(wire, model, whole)).toBeUndefined();
  expect(requestFlaw(wire, model, { ...whole, extra_field: 1 })).toContain('extra_field');
});

test('the flaw that is named is the one of the nearest alternative', () => {
  const part = { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'sharp' } };
  const body = { model: 'gpt-5.5', messages: [{ role: 'user', content: [part] }] };
  expect(requestFlaw('openai-chat', 'gpt-5.5', body)).toMatch(/^messages\.0\.content\.0\.image_url\.detail: /u);
  expect(shapeFlaw('OpenaiChatAnswer', { id: 'x', object: 'chat.completion' })).toContain('required');
});

test('OpenAI itself takes no thoughts of other vendors', () => {
  const messages = [said, { role: 'assistant', content: 'x', reasoning_content: 'hm' }];
  expect(requestFlaw('openai-chat', 'gpt-5.5', { model: 'gpt-5.5', messages })).toContain('reasoning_content');
});

test('a scripted server refuses by itself what has another shape', async () => {
  const server = await createScriptedServer();
  try {
    const body = JSON.stringify({ model: 'm', max_tokens: 5, messages: [said], tools: [{ name: 'f' }] });
    const answer = await fetch(`${server.url}/v1/messages`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('input_schema')]);
  } finally {
    await server.close();
  }
});
