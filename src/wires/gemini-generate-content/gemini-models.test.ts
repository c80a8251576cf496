import { describe, expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import type { CallRequest } from '../../domain/call.ts';
import type { Effort } from '../../domain/step.ts';
import type { Message } from '../../domain/transcript.ts';
import { readRequest } from '../../providers/scripted/read-request.ts';
import { vendorObjection } from '../../providers/scripted/vendor-checks.ts';
import { modelId } from '../../testing/index.ts';
import { encodeGemini } from './gemini-request-codec.ts';

const MODELS = shippedModels().filter(({ wire, family }) => wire === 'gemini-generate-content' && family === 'gemini');
const IMAGE = { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: 'eA==' } } as const;
const TOOL = { name: 'Read', description: 'reads', inputSchema: { type: 'object', properties: {} } };

/** A loop of another model’s: a failed call and one that showed an image, with a word of the system behind them. */
const LOOP: readonly Message[] = [
  { role: 'user', content: [{ type: 'text', text: 'look' }, IMAGE] },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', text: 'hm', issued: { by: modelId('claude-x'), wire: { signature: 's' } } },
      { type: 'tool-call', toolCallId: 'a', toolName: 'Read', input: { path: 'ü' } },
      { type: 'tool-call', toolCallId: 'b', toolName: 'Read', input: {} },
    ],
  },
  { role: 'system', content: [{ type: 'text', text: 'be quick' }] },
  {
    role: 'user',
    content: [
      {
        type: 'tool-result',
        toolCallId: 'a',
        toolName: 'Read',
        content: [{ type: 'text', text: 'no' }],
        isError: true,
      },
      { type: 'tool-result', toolCallId: 'b', toolName: 'Read', content: [IMAGE], isError: false },
    ],
  },
];

const requestOf = (id: CallRequest['model'], more: Partial<CallRequest>): CallRequest => ({
  model: id,
  system: 'be brief',
  tools: [TOOL],
  messages: LOOP,
  cacheKey: 'k',
  cacheMarkers: [],
  ...more,
});

test('the catalogue has Gemini models of two generations', () => {
  expect(MODELS.map(({ id }) => id.slice(0, 8))).toEqual(expect.arrayContaining(['gemini-2', 'gemini-3']));
});

describe.each(MODELS)('$id', (model) => {
  const efforts: readonly (Effort | undefined)[] = [
    undefined,
    'none',
    'minimal',
    'low',
    'medium',
    'high',
    'xhigh',
    'max',
  ];

  test.each(efforts)(
    'takes a loop of another model at effort %s, with an image in a result and a form for its answer',
    (effort) => {
      const schema = { name: 'answer', schema: { type: 'object', properties: { a: { type: 'string' } } } };
      for (const form of [{}, { responseSchema: schema }, { isJsonAnswer: true }] as const) {
        const request = requestOf(model.id, { ...form, ...(effort === undefined ? {} : { effort }) });
        const { body } = encodeGemini(model, request);
        const path = `/v1beta/models/${model.wireModel}:streamGenerateContent`;
        expect(vendorObjection(readRequest(model.wire, body, path))).toBeUndefined();
        expect(JSON.stringify(body)).toContain('eA==');
      }
    },
  );
});

test('an effort is a level for models that have levels, a budget for those that count', () => {
  const thinkingOf = (id: string, effort: Effort): unknown => {
    const model = MODELS.find((one) => one.id === id);
    if (model === undefined) throw new Error(`no such model: ${id}`);
    return encodeGemini(model, requestOf(model.id, { effort })).body.generationConfig?.thinkingConfig;
  };
  expect(thinkingOf('gemini-3.1-pro-preview', 'high')).toEqual({ thinkingLevel: 'HIGH', includeThoughts: true });
  expect(thinkingOf('gemini-2.5-pro', 'none')).toEqual({ thinkingBudget: 1024, includeThoughts: true });
  expect(thinkingOf('gemini-2.5-flash', 'none')).toEqual({ thinkingBudget: 0 });
  expect(thinkingOf('gemini-2.5-flash', 'max')).toEqual({ thinkingBudget: 24_576, includeThoughts: true });
});
