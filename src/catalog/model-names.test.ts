import { describe, expect, test } from 'vitest';
import { asId, type EndpointId } from '../domain/ids.ts';
import { shippedModels } from './load-catalog.ts';
import { unlistedModel, type ServingEndpoint } from './model-families.ts';
import { modelsNamed, readModelName } from './model-names.ts';

const models = shippedModels();
const found = (name: string): string | undefined => {
  const [match] = modelsNamed(models, name);
  return match === undefined ? undefined : `${match.model.id} as ${match.wireModel}`;
};

describe('a name of a listed model', () => {
  test.each([
    ['claude-opus-5-5', 'claude-opus-5-5 as claude-opus-5-5'],
    ['claude-opus-5-5[1m]', 'claude-opus-5-5 as claude-opus-5-5'],
    ['claude-opus-5-5-20260922', 'claude-opus-5-5 as claude-opus-5-5-20260922'],
    ['claude-opus-5-5-20260922[1m]', 'claude-opus-5-5 as claude-opus-5-5-20260922'],
    ['opus', 'claude-opus-5-5 as claude-opus-5-5'],
    ['sonnet[1m]', 'claude-sonnet-5 as claude-sonnet-5'],
    ['Haiku', 'claude-haiku-4-5 as claude-haiku-4-5'],
    ['claude-haiku-4.5', 'claude-haiku-4-5 as claude-haiku-4-5'],
    ['claude-4.6-sonnet', 'claude-sonnet-4-6 as claude-sonnet-4-6'],
    ['anthropic/claude-opus-4.8', 'claude-opus-4-8 as claude-opus-4-8'],
    ['anthropic.claude-opus-4-8-20260301-v1:0', 'claude-opus-4-8 as claude-opus-4-8-20260301'],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'claude-haiku-4-5 as claude-haiku-4-5-20251001'],
    ['global.anthropic.claude-sonnet-5', 'claude-sonnet-5 as claude-sonnet-5'],
    [
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6-v1',
      'claude-sonnet-4-6 as claude-sonnet-4-6',
    ],
    ['claude-haiku-4-5@20251001', 'claude-haiku-4-5 as claude-haiku-4-5-20251001'],
    ['claude-fable-5@default', 'claude-fable-5 as claude-fable-5'],
    ['publishers/anthropic/models/claude-opus-5@20260101', 'claude-opus-5 as claude-opus-5-20260101'],
    ['vertex_ai/claude-opus-5', 'claude-opus-5 as claude-opus-5'],
    ['bedrock/us.anthropic.claude-opus-5-v1:0', 'claude-opus-5 as claude-opus-5'],
    ['bedrock/converse/us.anthropic.claude-opus-5-v1:0', 'claude-opus-5 as claude-opus-5'],
    ['gpt-5.5-2026-04-24', 'gpt-5.5 as gpt-5.5-2026-04-24'],
    ['openai/gpt-6-sol', 'gpt-6-sol as gpt-6-sol'],
    ['GPT-6-Sol', 'gpt-6-sol as gpt-6-sol'],
    ['models/gemini-3.6-flash', 'gemini-3.6-flash as gemini-3.6-flash'],
    ['gemini-2.5-pro-001', 'gemini-2.5-pro as gemini-2.5-pro-001'],
    ['google/gemini-2.5-flash@001', 'gemini-2.5-flash as gemini-2.5-flash-001'],
    ['projects/p/locations/global/publishers/google/models/gemini-3.8-flash', 'gemini-3.8-flash as gemini-3.8-flash'],
    ['gemini-3.6-flash-latest', 'gemini-3.6-flash as gemini-3.6-flash-latest'],
    ['minimax-m3', 'MiniMax-M3 as MiniMax-M3'],
    ['qwen/qwen3.8-27b', 'qwen3.8-27b as qwen/qwen3.8-27b'],
  ])('%s is %s', (name, expected) => {
    expect(found(name)).toBe(expected);
  });

  test.each(['claude-opus-5-6', 'claude-opus', 'gpt-6-sol-mini', 'gemini-3.6', '', 'auto', 'sol'])(
    '%j is not taken for a neighbour',
    (name) => {
      expect(found(name)).toBeUndefined();
    },
  );

  test('every listed model is found by its own name, dated and sized, and no two share a key at one endpoint', () => {
    for (const model of models) {
      expect(modelsNamed(models, model.id)[0]?.model).toBe(model);
      expect(modelsNamed(models, `${model.wireModel}[1m]`)[0]?.model.wireModel).toBe(model.wireModel);
    }
    const keys = models.map((model) => `${model.endpoint} ${readModelName(model.wireModel).key}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('says where it must run', () => {
    expect(readModelName('eu.anthropic.claude-opus-5-v1:0').region).toBe('eu');
    expect(readModelName('global.anthropic.claude-opus-5-v1:0').region).toBeUndefined();
  });
});

describe('a name that no row lists', () => {
  const endpoint = (id: string, isReady = true): ServingEndpoint => ({
    id: asId<EndpointId>(id),
    wires:
      id === 'anthropic'
        ? ['anthropic-messages']
        : id === 'openai'
          ? ['openai-responses', 'openai-chat']
          : ['openai-chat'],
    compliance: {},
    isReady,
  });
  const endpoints = ['ollama', 'anthropic', 'openai', 'google', 'openrouter'].map((id) => endpoint(id));

  test.each([
    ['claude-sonnet-5-5', 'anthropic', 'anthropic-messages', 'claude-sonnet-5-5'],
    ['claude-fable-5-2[1m]', 'anthropic', 'anthropic-messages', 'claude-fable-5-2'],
    ['us.anthropic.claude-haiku-5-5-20261001-v1:0', 'anthropic', 'anthropic-messages', 'claude-haiku-5-5-20261001'],
    ['gpt-7-nova', 'openai', 'openai-chat', 'gpt-7-nova'],
    ['o5-mini', 'openai', 'openai-chat', 'o5-mini'],
    ['ft:gpt-5.4-mini:acme::a1', 'openai', 'openai-chat', 'ft:gpt-5.4-mini:acme::a1'],
    ['gemini-4-pro', 'google', 'openai-chat', 'gemini-4-pro'],
    ['tunedModels/own-1', 'google', 'openai-chat', 'tunedModels/own-1'],
    ['text-embedding-3-small', 'openai', 'openai-chat', 'text-embedding-3-small'],
    ['whisper-1', 'openai', 'openai-chat', 'whisper-1'],
    ['imagen-4', 'google', 'openai-chat', 'imagen-4'],
    ['ollama/qwen3-coder:30b', 'ollama', 'openai-chat', 'qwen3-coder:30b'],
    ['openrouter/nous/hermes-9', 'openrouter', 'openai-chat', 'nous/hermes-9'],
  ])('%s goes to %s over %s as %s', (name, where, wire, wireModel) => {
    const model = unlistedModel(name, { models, endpoints }, 'openai-chat');
    expect(model).toMatchObject({ endpoint: where, wire, wireModel });
    expect(model?.prices.base.input).toBeNaN();
  });

  test('has the limits and habits of a sibling', () => {
    const sibling = models.find((model) => model.family === 'claude');
    const model = unlistedModel('claude-opus-9', { models, endpoints }, 'anthropic-messages');
    expect(model).toMatchObject({ contextTokens: sibling?.contextTokens, cacheRule: sibling?.cacheRule });
  });

  test.each(['hal-9000', 'nobody/x', 'ollama/', 'ollama/a b', 'gpt', `claude-${'x'.repeat(300)}`])(
    '%s is nobody’s',
    (name) => {
      expect(unlistedModel(name, { models, endpoints }, 'openai-chat')).toBeUndefined();
    },
  );
});
