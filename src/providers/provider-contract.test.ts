import { describe, test } from 'vitest';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { REAL_ADAPTERS, aGptModel, aModel, anExplicitCache, providerContract } from '../testing/index.ts';
import type { EndpointConfig } from '../wires/shared/endpoint-config.ts';
import { createProviders } from './create-providers.ts';

const exact = anExplicitCache({
  kind: 'automatic',
  exactBreakpoint: true,
  lookBackBlocks: undefined,
  longTtlMs: undefined,
});

const GEMINI: Partial<Model> = {
  wire: 'gemini-generate-content',
  wireModel: 'gemini-3-test',
  requestLimits: { unsignedCalls: 'refused' },
};

/** Each wire, and the dialects and cache kinds that change what is written on it. */
const kinds: readonly (readonly [string, Model, Partial<EndpointConfig>])[] = [
  ['anthropic', aModel(), {}],
  ['openai responses', aGptModel(), {}],
  ['gemini', aGptModel(GEMINI), {}],
  ['openai responses with breakpoints', aGptModel({ cacheRule: exact }), {}],
  ['openai chat', aGptModel({ wire: 'openai-chat' }), {}],
  ['openai chat with breakpoints', aGptModel({ wire: 'openai-chat', cacheRule: exact }), {}],
  ['a local chat server', aGptModel({ wire: 'openai-chat' }), { dialect: 'generic' }],
  ['mistral', aGptModel({ wire: 'openai-chat' }), { dialect: 'mistral' }],
  [
    'openrouter with markers',
    aGptModel({ wire: 'openai-chat', cacheRule: anExplicitCache() }),
    { dialect: 'openrouter' },
  ],
];

describe.each(kinds)('the provider contract over %s', (_name, model, extra) => {
  const cases = providerContract((server, overrides) => {
    const id: EndpointId = asId('openai');
    const config = { id, wires: [model.wire], baseUrl: server.url, ...extra, ...overrides };
    const provider = createProviders([config], { adapters: REAL_ADAPTERS }).get(id);
    if (provider === undefined) throw new Error('no provider');
    return { provider, model };
  });
  test.each(cases.map((contractCase) => [contractCase.name, contractCase] as const))(
    '%s',
    async (_name, contractCase) => {
      await contractCase.run();
    },
  );
});
