import { afterEach, expect, test } from 'vitest';
import { asId, type EndpointId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aModel, modelId } from '../testing/index.ts';
import { CHAT, CLAUDE, GPT, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../testing/internal/gateway-test.ts';
import { jpegOf, pdfOf, pngOf } from '../testing/internal/media-files.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const GEMINI = aModel({
  id: modelId('gemini-3.8-test'),
  wireModel: 'gemini-3.8-test',
  endpoint: asId<EndpointId>('google'),
  wire: 'openai-chat',
  vendor: 'google',
  family: 'gemini',
  inputModalities: ['text', 'image', 'pdf', 'audio', 'video'],
});

async function rig(options: Partial<Parameters<typeof startGatewayKit>[0]> = {}): Promise<GatewayKit> {
  const models = options.models ?? [CLAUDE, GPT, CHAT];
  const vendor = await createScriptedServer({ models, vendorChecks: false, script: () => ({ text: 'A cat.' }) });
  open.push(vendor);
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, ...options, models });
  open.push(kit.gateway);
  return kit;
}

const PHOTO = jpegOf(4032, 3024, 3_600_000).toString('base64');
const SHOT = pngOf(1024, 1024, 400_000).toString('base64');

const claudeImage = (data: string): object => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/jpeg', data },
});
const url = (data: string): string => `data:image/jpeg;base64,${data}`;

/** One image in each place where a format lets one stand. */
const PLACES: readonly (readonly [string, string, (data: string) => object])[] = [
  [
    'messages',
    '/v1/messages',
    (data) => ({ max_tokens: 500, messages: [{ role: 'user', content: [claudeImage(data)] }] }),
  ],
  [
    'messages, in a tool’s result',
    '/v1/messages',
    (data) => ({
      max_tokens: 500,
      tools: [{ name: 'Shot', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'Shot', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [claudeImage(data)] }] },
      ],
    }),
  ],
  [
    'chat',
    '/v1/chat/completions',
    (data) => ({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: url(data) } }] }] }),
  ],
  [
    'responses',
    '/v1/responses',
    (data) => ({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: url(data) }] }] }),
  ],
  [
    'responses, in a tool’s output',
    '/v1/responses',
    (data) => ({
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Look.' }] },
        { type: 'function_call', call_id: 'c1', name: 'shot', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_image', image_url: url(data) }] },
      ],
    }),
  ],
];

test.each(PLACES)('%s: an image weighs what its pixels do, not its bytes', async (_name, path, bodyOf) => {
  const kit = await rig();
  for (const [session, data] of [PHOTO, SHOT].entries()) {
    const headers = { 'x-pointsman-session': `s${session}` };
    const response = await kit.post(path, { model: 'auto', ...bodyOf(data) }, headers);
    expect(response.status, await response.text()).toBe(200);
  }
  for (const { input } of kit.steps) {
    expect(input.session.transcriptTokens).toBeLessThan(500);
    expect(Object.keys(input.session.mediaTokens ?? {}).toSorted()).toEqual([CHAT.id, CLAUDE.id, GPT.id].toSorted());
  }
  const weights = kit.steps.map(({ input }) => [
    input.session.mediaTokens?.[CLAUDE.id],
    input.session.mediaTokens?.[GPT.id],
  ]);
  expect(weights).toEqual([
    [1568, 14_364],
    [1369, 1229],
  ]);
});

test('the same question is priced by pixels: a bigger file of the same image changes nothing', async () => {
  const kit = await rig();
  for (const padBytes of [1000, 900_000]) {
    const data = pngOf(800, 600, padBytes).toString('base64');
    await (
      await kit.post('/v1/messages', {
        model: 'auto',
        max_tokens: 500,
        messages: [{ role: 'user', content: [claudeImage(data)] }],
      })
    ).text();
  }
  const [small, large] = kit.steps.map(({ decision }) =>
    decision.candidates.map((row) => [row.model, row.totalNanoUsd]),
  );
  expect(small).toEqual(large);
});

test('count_tokens says what an image weighs with the model that is named', async () => {
  const kit = await rig();
  const messages = [{ role: 'user', content: [claudeImage(PHOTO), { type: 'text', text: 'what?' }] }];
  const counts = [];
  for (const model of [GPT.id, 'auto']) {
    const response = await kit.post('/v1/messages/count_tokens', { model, messages });
    expect(response.status).toBe(200);
    counts.push(((await response.json()) as { input_tokens: number }).input_tokens);
  }
  expect(counts[0]).toBeGreaterThan(14_364);
  expect(counts[0]).toBeLessThan(14_500);
});

test('a long document fits the model whose vendor counts its pages small', async () => {
  const kit = await rig({
    models: [{ ...CLAUDE, inputModalities: ['text', 'image', 'pdf'], contextTokens: 200_000 }, GEMINI],
  });
  const source = { type: 'base64', media_type: 'application/pdf', data: pdfOf(120, 200_000).toString('base64') };
  const messages = [
    {
      role: 'user',
      content: [
        { type: 'document', source },
        { type: 'text', text: 'Sum it up.' },
      ],
    },
  ];
  const response = await kit.post('/v1/messages', { model: 'auto', max_tokens: 500, messages });
  expect(response.status, await response.text()).toBe(200);
  const { decision } = kit.steps[0] ?? {};
  expect(decision?.rejected.map((row) => [row.model, row.code])).toContainEqual([CLAUDE.id, 'context-too-small']);
  expect(kit.calls[0]?.servedModel ?? kit.calls[0]?.requestedModel).toBe(GEMINI.id);
});

test('a budget holds the weight of an image, not of its bytes', async () => {
  const { key, token } = anAccessKey({ name: 'poor', budgetNanoUsd: nanoFromUsd(0.2) });
  const kit = await rig({ deps: { accessKeys: [key] } });
  const body = { model: CLAUDE.id, max_tokens: 100, messages: [{ role: 'user', content: [claudeImage(PHOTO)] }] };
  // Two at once: each holds a few cents at most.
  const statuses = await Promise.all(
    [1, 2].map(async (n) => {
      const response = await kit.post('/v1/messages', body, {
        authorization: `Bearer ${token}`,
        'x-pointsman-session': `s${n}`,
      });
      await response.text();
      return response.status;
    }),
  );
  expect(statuses).toEqual([200, 200]);
});

test('what a vendor reported of an image corrects the next estimate, and stays out of the text', async () => {
  const kit = await rig({ models: [CLAUDE] });
  const first = { role: 'user', content: [claudeImage(PHOTO), { type: 'text', text: 'What is this?' }] };
  const next = [first, { role: 'assistant', content: 'A cat.' }, { role: 'user', content: 'Which kind?' }];
  for (const messages of [[first], next]) {
    const headers = { 'x-pointsman-session': 's' };
    await (await kit.post('/v1/messages', { model: 'auto', max_tokens: 500, messages }, headers)).text();
  }
  const [before, after] = kit.steps.map(({ input }) => input.session);
  expect(before?.mediaTokens).toEqual(after?.mediaTokens);
  expect(after?.transcriptTokens).toBeGreaterThan(0);
  expect(after?.transcriptTokens).toBeLessThan(400);
});
