import { expect, test } from 'vitest';
import { aModel } from '../testing/index.ts';
import { asConverseServes } from './converse-facts.ts';

const served = (wireModel: string): ReturnType<typeof aModel> =>
  asConverseServes(
    aModel({ wire: 'bedrock-converse', wireModel, toolCalling: true, inputModalities: ['text', 'image', 'pdf'] }),
  );

test.each([
  ['amazon.nova-pro-v1:0', true, ['text', 'image', 'pdf'], undefined],
  ['us.amazon.nova-micro-v1:0', true, ['text'], undefined],
  ['eu.meta.llama3-2-1b-instruct-v1:0', false, ['text', 'pdf'], undefined],
  ['meta.llama3-70b-instruct-v1:0', false, ['text', 'pdf'], undefined],
  ['us.meta.llama3-3-70b-instruct-v1:0', true, ['text', 'pdf'], { streamedTools: 'refused' }],
  [
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama4-scout-17b-instruct-v1:0',
    true,
    ['text', 'image', 'pdf'],
    { streamedTools: 'refused' },
  ],
  ['mistral.mixtral-8x7b-instruct-v0:1', false, ['text', 'pdf'], { system: 'refused' }],
  ['mistral.mistral-large-2407-v1:0', true, ['text', 'pdf'], { streamedTools: 'refused' }],
  ['mistral.mistral-large-3-675b-instruct', true, ['text', 'image', 'pdf'], undefined],
  ['deepseek.r1-v1:0', false, ['text', 'pdf'], undefined],
  ['somebody.new-model-v1:0', true, ['text', 'image', 'pdf'], undefined],
])('%s takes at Bedrock what AWS says that it takes', (wireModel, toolCalling, inputModalities, requestLimits) => {
  expect(served(wireModel)).toMatchObject({ toolCalling, inputModalities });
  expect(served(wireModel).requestLimits).toEqual(requestLimits);
});

test('what Bedrock refuses of a model is nobody else’s to refuse', () => {
  const model = aModel({ wire: 'openai-chat', wireModel: 'meta.llama4-scout-17b-instruct-v1:0' });
  expect(asConverseServes(model)).toBe(model);
});
