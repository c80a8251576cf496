import { request } from 'node:http';
import {
  ApiError,
  FunctionCallingConfigMode,
  GoogleGenAI,
  type Content,
  type FunctionCallingConfig,
  type GenerateContentResponse,
} from '@google/genai';
import { describe, expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import type { Script, ScriptedAnswer, ScriptedRequest } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, EVERY_WIRE, GEMINI, GPT, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { anAccessKey, closeAtEnd, openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { fieldsIn, listIn } from '../wires/shared/fields.ts';

interface Rig {
  readonly vendor: ScriptedServer;
  readonly kit: GatewayKit;
  /** Google's own SDK, pointed at the gateway. */
  readonly google: GoogleGenAI;
}

async function rig(script: Script = () => ({ thinking: 'hm', text: 'fine 🚂' })): Promise<Rig> {
  const vendor = closeAtEnd(await createScriptedServer({ script, strict: true, models: EVERY_WIRE }));
  const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: EVERY_WIRE });
  const google = new GoogleGenAI({ apiKey: 'local', httpOptions: { baseUrl: kit.url } });
  return { vendor, kit, google };
}

const weather = {
  name: 'weather',
  description: 'Tells the weather',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

describe.each(EVERY_WIRE)('Google’s SDK, answered by a model of $wire', (model: Model) => {
  test('reads a whole answer with its usage', async () => {
    const { google } = await rig();
    const answer = await google.models.generateContent({ model: model.id, contents: 'hi' });
    expect(answer.text).toBe('fine 🚂');
    expect(answer.modelVersion).toBe(model.wireModel);
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP');
    expect(answer.usageMetadata?.promptTokenCount).toBeGreaterThan(0);
    expect(answer.usageMetadata?.totalTokenCount).toBeGreaterThan(answer.usageMetadata?.promptTokenCount ?? 0);
  });

  test('reads a stream, with thoughts where it asks for them', async () => {
    const { google } = await rig();
    const config = { thinkingConfig: { includeThoughts: true } };
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await google.models.generateContentStream({ model: model.id, contents: 'hi', config })) {
      chunks.push(chunk);
    }
    const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
    const textOf = (thought: boolean): string =>
      parts
        .filter((part) => (part.thought === true) === thought)
        .map((part) => part.text)
        .join('');
    expect(textOf(false)).toBe('fine 🚂');
    expect(textOf(true)).toBe('hm');
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
  });

  test('runs a loop of parallel tools with its chat, whose history goes back as it came', async () => {
    const turns: Script = (request) =>
      request.messages.some((message) => message.role === 'assistant')
        ? { text: 'It rains.' }
        : {
            thinking: 'two cities',
            text: 'Looking.',
            toolCalls: [
              { name: 'weather', input: { city: 'Köln' } },
              { name: 'weather', input: { city: '東京' } },
            ],
          };
    const { google, vendor } = await rig(turns);
    const chat = google.chats.create({ model: model.id, config: { tools: [{ functionDeclarations: [weather] }] } });
    const first = await chat.sendMessage({ message: 'How is it?' });
    expect(first.functionCalls?.map((call) => call.args)).toEqual([{ city: 'Köln' }, { city: '東京' }]);
    const results = (first.functionCalls ?? []).map(({ id, name }, index) => ({
      functionResponse: {
        ...(id && { id }),
        ...(name && { name }),
        response: index === 0 ? { output: 'rain' } : { error: 'no data' },
      },
    }));
    expect((await chat.sendMessage({ message: results })).text).toBe('It rains.');
    expect(vendor.unexpected).toEqual([]);
    const back = vendor.calls[1]?.request.messages.at(-1);
    expect(JSON.stringify(back?.content)).toMatch(/rain.*no data/u);
  });

  test('counts tokens', async () => {
    const { google } = await rig();
    const { totalTokens } = await google.models.countTokens({ model: model.id, contents: 'one two three four' });
    expect(totalTokens).toBeGreaterThan(0);
  });

  test('throws its own error with the vendor’s words, before and inside a stream', async () => {
    const { google } = await rig(() => ({ failure: { kind: 'rejected', message: 'no such luck' } }));
    const contents = 'hi';
    for (const call of [
      google.models.generateContent({ model: model.id, contents }),
      google.models.generateContentStream({ model: model.id, contents }),
    ]) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ status: 400, message: expect.stringContaining('no such luck') as string });
    }
    const cut = await rig(() => ({ text: 'x'.repeat(200), failure: { kind: 'overloaded-midway' } }));
    const read = async (): Promise<void> => {
      for await (const chunk of await cut.google.models.generateContentStream({ model: model.id, contents }))
        void chunk;
    };
    await expect(read()).rejects.toBeInstanceOf(ApiError);
  });
});

describe('a caller of generateContent', () => {
  const body = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };

  test.each([CLAUDE, GEMINI])(
    'gets a stream as one list from $wire where it does not ask for events',
    async (model) => {
      const { kit } = await rig();
      const response = await kit.post(`/v1beta/models/${model.id}:streamGenerateContent`, body);
      expect(response.headers.get('content-type')).toContain('application/json');
      const list = (await response.json()) as readonly GenerateContentResponse[];
      expect(list.length).toBeGreaterThan(1);
      const text = list.flatMap((one) => one.candidates?.[0]?.content?.parts ?? []).map((part) => part.text ?? '');
      expect(text.join('')).toBe('fine 🚂');
      expect(list.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
      expect(kit.calls[0]?.usage?.outputTokens).toBeGreaterThan(0);
    },
  );

  test.each([CLAUDE, GEMINI])('gets an error in the middle of $wire as the last element of its list', async (model) => {
    const { kit } = await rig(() => ({ text: 'x'.repeat(200), failure: { kind: 'overloaded-midway' } }));
    const response = await kit.post(`/v1beta/models/${model.id}:streamGenerateContent`, body);
    const list = (await response.json()) as readonly { readonly error?: { readonly code: number } }[];
    expect(list.at(-1)?.error?.code).toBeGreaterThanOrEqual(500);
  });

  test.each(['/v1/models/', '/v1beta/models/', '/v1beta1/projects/p/locations/l/publishers/google/models/'])(
    'is known by the address %s',
    async (head) => {
      const { kit, vendor } = await rig();
      const response = await kit.post(`${head}${GEMINI.id}:generateContent`, body);
      expect(response.status).toBe(200);
      expect(vendor.calls[0]?.body).toEqual(body);
    },
  );

  test('is refused in its own words: no transcript, no such model, no such method', async () => {
    const { kit } = await rig();
    const refused = async (path: string, given: object): Promise<unknown> => (await kit.post(path, given)).json();
    expect(await refused(`/v1beta/models/${GEMINI.id}:generateContent`, {})).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT' },
    });
    expect(await refused('/v1beta/models/nobody-knows:generateContent', body)).toMatchObject({
      error: { code: 404, status: 'NOT_FOUND' },
    });
    expect(await refused(`/v1beta/models/${GEMINI.id}:dreamContent`, body)).toMatchObject({
      error: { code: 404, status: 'NOT_FOUND' },
    });
  });

  test.each([
    ['x-goog-api-key', (token: string) => ({ search: '', headers: { 'x-goog-api-key': token } })],
    ['the query', (token: string) => ({ search: `?key=${token}`, headers: {} })],
    ['the query beside others', (token: string) => ({ search: `?$alt=json&key=${token}`, headers: {} })],
    ['the query, with its name written in escapes', (token: string) => ({ search: `?%6Bey=${token}`, headers: {} })],
    [
      'the query, and twice more',
      (token: string) => ({ search: `?key=${token}&%6bey=${token}&access_token=${token}`, headers: {} }),
    ],
    ['Bearer', (token: string) => ({ search: '', headers: { authorization: `Bearer ${token}` } })],
  ])('is let in by an access key in %s, which goes no further', async (_where, brought) => {
    const { vendor } = await rig();
    const made = anAccessKey();
    const proxy = await openVendor((response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"code":400,"message":"seen"}}'),
    );
    const kit = await openGatewayKit({
      upstreamUrl: proxy.url,
      models: EVERY_WIRE,
      deps: { accessKeys: [made.key] },
    });
    const path = `/v1beta/models/${GEMINI.id}:generateContent`;
    expect((await kit.post(path, body)).status).toBe(401);
    const { search, headers } = brought(made.token);
    const response = await kit.post(path + search, body, headers);
    expect([response.status, proxy.seen.length]).toEqual([400, 1]);
    expect(proxy.seen.map(({ url, headers }) => url + JSON.stringify(headers)).join()).not.toContain(made.token);
    expect(vendor.calls).toEqual([]);
  });

  test.each(['gemini-9/../../files/x', 'gemini-9%2F..%2F..%2Ffiles%2Fx', 'google%2F..%2F..%2Ffiles', 'gemini-9%2F.'])(
    'cannot lead out of the address of models by the name %s',
    async (name) => {
      const { kit } = await rig();
      const { host, hostname, port } = new URL(kit.url);
      const path = `/v1beta/models/${name}:generateContent`;
      // A client of its own: `fetch` walks such paths itself.
      const status = await new Promise((resolve, reject) => {
        const sent = request({ hostname, port, path, method: 'POST', headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on('error', reject).end(JSON.stringify(body));
      });
      expect(status).toBe(404);
      expect(kit.calls).toEqual([]);
    },
  );

  test('reaches a Gemini model byte for byte, whatever its fields are called', async () => {
    const { url: upstreamUrl, seen } = await openVendor((response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"code":400,"message":"seen"}}'),
    );
    const kit = await openGatewayKit({ upstreamUrl, models: EVERY_WIRE });
    const raw =
      '{"contents":[{"role":"user","parts":[{"text":"\\u00e9 🚂"},{"inline_data":{"mime_type":"image/png","data":"eA=="}}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890,"x":1e400}},"thought_signature":"abcd"}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"o"}}}]}],"generation_config":{"topK":4},"tools":[{"googleSearch":{}}]}';
    await (await kit.post(`/v1beta/models/${GEMINI.id}:generateContent`, raw)).text();
    expect(seen.map(({ bytes }) => bytes.toString())).toEqual([raw]);
  });

  test('reads the list of models in its form', async () => {
    const { kit } = await rig();
    const list = (await (await fetch(`${kit.url}/v1beta/models`)).json()) as { models: readonly { name: string }[] };
    expect(list.models.map(({ name }) => name)).toContain(`models/${CLAUDE.id}`);
    const one = await fetch(`${kit.url}/v1beta/models/${CLAUDE.id}`);
    expect(await one.json()).toMatchObject({ name: `models/${CLAUDE.id}`, inputTokenLimit: CLAUDE.contextTokens });
    expect(await (await fetch(`${kit.url}/v1/models/${CLAUDE.id}`)).json()).toMatchObject({ id: CLAUDE.id });
    expect((await fetch(`${kit.url}/v1beta/models/nobody`)).status).toBe(404);
    expect((await fetch(`${kit.url}/v1beta/models/${CLAUDE.id.replaceAll('-', '%2D')}`)).status).toBe(200);
    expect((await fetch(`${kit.url}/v1beta/models/%ff`)).status).toBe(404);
  });

  test('whose ids are missing has calls and results paired by name and order', async () => {
    const { kit, vendor } = await rig();
    const call = (city: string): object => ({ functionCall: { name: 'weather', args: { city } } });
    const result = (output: string): object => ({ functionResponse: { name: 'weather', response: { output } } });
    const contents = [
      { role: 'user', parts: [{ text: 'hi' }] },
      { role: 'model', parts: [call('a'), call('b')] },
      { role: 'user', parts: [result('one'), result('two')] },
    ];
    const tools = [{ functionDeclarations: [weather] }];
    for (const model of [CLAUDE, GPT, CHAT]) {
      const response = await kit.post(`/v1beta/models/${model.id}:generateContent`, { contents, tools });
      expect(response.status, await response.clone().text()).toBe(200);
      const sent = vendor.calls.at(-1)?.request.messages.slice(1);
      const ids = sent?.[0]?.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []));
      const answered = sent?.[1]?.content.flatMap((part) => (part.type === 'tool-result' ? [part] : []));
      expect(new Set(ids).size).toBe(2);
      expect(answered?.map((part) => part.toolCallId)).toEqual(ids);
      expect(JSON.stringify(answered?.[0]?.content)).toContain('one');
    }
  });

  const hello = { role: 'user', parts: [{ text: 'hi' }] };
  const named = { name: 'f', description: 'does', parameters: { type: 'OBJECT', properties: {} } };
  test.each<[string, object, object]>([
    ['contents', { contents: { parts: { text: 'hi' } } }, { messages: [{ content: [{ text: 'hi' }] }] }],
    ['the system’s parts', { contents: [hello], system_instruction: { parts: { text: 'S' } } }, { system: 'S' }],
    ['tools', { contents: [hello], tools: { functionDeclarations: [named] } }, { tools: [{ name: 'f' }] }],
    ['declarations', { contents: [hello], tools: [{ function_declarations: named }] }, { tools: [{ name: 'f' }] }],
    ['a limit', { contents: [hello], generationConfig: { maxOutputTokens: '77' } }, { maxOutputTokens: 77 }],
    [
      'a budget',
      { contents: [hello], generationConfig: { thinkingConfig: { thinkingBudget: '20000' } } },
      { effort: 'high' },
    ],
  ])('may write %s as one thing for a list, or a number as text', async (_what, given, expected) => {
    const { kit, vendor } = await rig();
    const response = await kit.post(`/v1beta/models/${CLAUDE.id}:generateContent`, given);
    expect(response.status, await response.text()).toBe(200);
    expect(vendor.calls[0]?.request).toMatchObject(expected);
  });

  test.each<[string, object]>([
    ['a turn', { contents: [{ ...hello, odd: 1 }] }],
    ['a part', { contents: [{ role: 'user', parts: [{ text: 'hi', odd: 1 }] }] }],
    ['a declaration', { contents: [hello], tools: [{ functionDeclarations: [{ ...named, odd: 1 }] }] }],
    [
      'a call and its result',
      {
        contents: [
          hello,
          { role: 'model', parts: [{ functionCall: { name: 'f', args: {}, odd: 1 } }] },
          { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'o' } } }] },
        ],
        tools: [{ functionDeclarations: [named] }],
      },
    ],
  ])('is told of a field in %s that nobody knows', async (_what, given) => {
    const { kit } = await rig();
    const response = await kit.post(`/v1beta/models/${CLAUDE.id}:generateContent`, given);
    expect(response.status, await response.text()).toBe(200);
    expect(response.headers.get('x-pointsman-losses')).toContain('gemini.unknown');
  });

  test.each<[string, object]>([
    ['a turn of the role "system"', { contents: [{ role: 'system', parts: [{ text: 'be kind' }] }, hello] }],
    ['candidateCount', { contents: [hello], generationConfig: { candidateCount: '2' } }],
    ['IMAGE', { contents: [hello], generationConfig: { responseModalities: 'IMAGE' } }],
    ['googleSearch', { contents: [hello], tools: { googleSearch: {} } }],
  ])('is refused at another vendor for %s, by its name', async (name, given) => {
    const { kit, vendor } = await rig();
    const response = await kit.post(`/v1beta/models/${CLAUDE.id}:generateContent`, given);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining(name.replaceAll('"', '\\"')),
    ]);
    expect(vendor.calls).toEqual([]);
  });

  test('may write its fields in snake case', async () => {
    const { kit, vendor } = await rig();
    const snake = {
      system_instruction: { parts: [{ text: 'be kind' }] },
      generation_config: { max_output_tokens: 77, thinking_config: { thinking_level: 'high' } },
      tools: [{ function_declarations: [{ name: 'f', parameters_json_schema: { type: 'object', properties: {} } }] }],
      contents: [{ role: 'user', parts: [{ text: 'x' }, { inline_data: { mime_type: 'image/png', data: 'eA==' } }] }],
    };
    const response = await kit.post(`/v1beta/models/${CLAUDE.id}:generateContent`, snake);
    expect(response.status).toBe(200);
    expect(vendor.calls[0]?.request).toMatchObject({ system: 'be kind', maxOutputTokens: 77, effort: 'high' });
    expect(JSON.stringify(vendor.calls[0]?.body)).toContain('"media_type":"image/png"');
  });

  test('forces a tool, all of them or none in the words of other vendors', async () => {
    const { google, vendor } = await rig();
    const choices: readonly (readonly [FunctionCallingConfig, object])[] = [
      [
        { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['weather'] },
        { type: 'tool', name: 'weather' },
      ],
      [{ mode: FunctionCallingConfigMode.ANY }, { type: 'any' }],
      [{ mode: FunctionCallingConfigMode.NONE }, { type: 'none' }],
    ];
    for (const [functionCallingConfig, expected] of choices) {
      const config = { tools: [{ functionDeclarations: [weather] }], toolConfig: { functionCallingConfig } };
      await google.models.generateContent({ model: CLAUDE.id, contents: 'x', config });
      expect(fieldsIn(vendor.calls.at(-1)?.body)['tool_choice']).toEqual(expected);
    }
  });
});

const sixStops = 'a b c d e f'.split(' ');
test.each<[string, object]>([
  ['/v1/messages', { max_tokens: 9, stop_sequences: sixStops }],
  ['/v1/chat/completions', { stop: sixStops }],
])('a caller of %s is told of stop texts beyond the five that Google takes', async (path, given) => {
  const { kit, vendor } = await rig();
  const messages = [{ role: 'user', content: 'hi' }];
  const response = await kit.post(path, { model: GEMINI.id, messages, ...given });
  expect(response.status, await response.text()).toBe(200);
  expect(fieldsIn(vendor.calls[0]?.body)['generationConfig']).toMatchObject({ stopSequences: sixStops.slice(0, 5) });
  expect(response.headers.get('x-pointsman-losses')).toContain('any.stop_count');
});

test('a transcript that begins with a call reaches Google behind a user’s turn', async () => {
  const { kit, vendor } = await rig();
  const call = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } };
  const response = await kit.post('/v1/chat/completions', {
    model: GEMINI.id,
    messages: [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'sun' },
      { role: 'user', content: 'so?' },
    ],
    tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }],
  });
  expect(response.status, await response.text()).toBe(200);
  expect(vendor.calls[0]?.request.messages.map(({ role }) => role).slice(0, 2)).toEqual(['user', 'assistant']);
});

describe('signatures of Google’s calls', () => {
  const callOnce = ({ messages }: ScriptedRequest): ScriptedAnswer =>
    messages.some((message) => message.role === 'assistant')
      ? { text: 'done' }
      : { toolCalls: [{ name: 'weather', input: { city: 'x' } }] };
  const thinking: Script = (request) => ({ thinking: 'hm', ...callOnce(request) });
  const contentsOf = (history: readonly Content[], ...parts: readonly object[]): Content[] => [
    ...history,
    { role: 'user', parts: [...parts] },
  ];

  test('are put back where a client of Google’s format lost them', async () => {
    const { google, vendor } = await rig(callOnce);
    const config = { tools: [{ functionDeclarations: [weather] }] };
    const ask: Content = { role: 'user', parts: [{ text: 'hi' }] };
    const first = await google.models.generateContent({ model: GEMINI.id, contents: [ask], config });
    const call = first.functionCalls?.[0];
    const contents = contentsOf([ask, { role: 'model', parts: [{ functionCall: call ?? {} }] }], {
      functionResponse: { id: call?.id, name: 'weather', response: { output: 'sun' } },
    });
    await google.models.generateContent({ model: GEMINI.id, contents, config });
    const sent = listIn(fieldsIn(vendor.calls[1]?.body)['contents']).map(fieldsIn);
    const signature = fieldsIn(listIn(sent[1]?.['parts'])[0])['thoughtSignature'];
    expect(signature).toBe(first.candidates?.[0]?.content?.parts?.find((part) => part.functionCall)?.thoughtSignature);
    expect(signature).not.toBe('skip_thought_signature_validator');
  });

  test.each([CLAUDE, GEMINI])('of ours that a client keeps without their text do no harm at $wire', async (model) => {
    const { kit, vendor } = await rig();
    const first = await kit.post(`/v1beta/models/${CLAUDE.id}:generateContent`, {
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
    });
    const { candidates } = (await first.json()) as GenerateContentResponse;
    const kept = (candidates?.[0]?.content?.parts ?? []).map(({ text, ...rest }) =>
      text === '' ? rest : { text, ...rest },
    );
    expect(kept.some((part) => part.thoughtSignature !== undefined)).toBe(true);
    const contents = [
      { role: 'user', parts: [{ text: 'hi' }] },
      { role: 'model', parts: kept },
      { role: 'user', parts: [{ text: 'and now' }] },
    ];
    const response = await kit.post(`/v1beta/models/${model.id}:generateContent`, { contents });
    expect(response.status, await response.text()).toBe(200);
    expect(JSON.stringify(vendor.calls[1]?.body)).not.toContain(kept.at(-1)?.thoughtSignature);
  });

  test('of ours reach no vendor that only counts, whose count is of the model that it is asked for', async () => {
    const counter = await openVendor((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"totalTokens":5,"input_tokens":5}'),
    );
    const counts = await openGatewayKit({ upstreamUrl: counter.url, models: EVERY_WIRE });
    const { kit } = await rig(() => ({ thinking: 'a thought', text: 'fine' }));
    const ask = { role: 'user', parts: [{ text: 'hi' }] };
    const first = await kit.post(`/v1beta/models/${CLAUDE.id}:generateContent`, { contents: [ask] });
    const said = ((await first.json()) as GenerateContentResponse).candidates?.[0]?.content;
    const contents = [ask, said, ask];
    const wrapped = { model: 'models/gemini-auto', contents };
    await counts.post(`/v1beta/models/${GEMINI.id}:countTokens`, { contents });
    await counts.post('/v1beta/models/gemini-auto:countTokens', { generateContentRequest: wrapped });
    const message = { role: 'user', content: 'hi' };
    const limits = { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 } };
    const second = await kit.post('/v1/messages', { model: GEMINI.id, ...limits, messages: [message] });
    const { content } = (await second.json()) as { content: readonly object[] };
    const messages = [message, { role: 'assistant', content }, message];
    await counts.post('/v1/messages/count_tokens', { model: CLAUDE.id, messages });
    const words = { role: 'model', parts: [{ text: 'fine' }] };
    const seen = counter.seen.map(({ bytes }) => fieldsIn(JSON.parse(bytes.toString())));
    expect(seen[0]?.['contents']).toEqual([ask, words, ask]);
    const request = { model: `models/${GEMINI.wireModel}`, contents: [ask, words, ask] };
    expect(seen[1]?.['generateContentRequest']).toEqual(request);
    expect(JSON.stringify(content)).toContain('a thought');
    expect(JSON.stringify(seen[2]?.['messages'])).toMatch(/fine/u);
    expect(JSON.stringify(seen)).not.toContain('thought');
  });

  test('of ours never reach Google: a call that another vendor made goes with the documented placeholder', async () => {
    const { google, vendor } = await rig(thinking);
    const chat = google.chats.create({ model: CLAUDE.id, config: { tools: [{ functionDeclarations: [weather] }] } });
    const first = await chat.sendMessage({ message: 'hi' });
    const call = first.functionCalls?.[0];
    expect(first.candidates?.[0]?.content?.parts?.some((part) => part.thoughtSignature !== undefined)).toBe(true);
    const contents = contentsOf(chat.getHistory(), {
      functionResponse: { id: call?.id, name: 'weather', response: { output: 'sun' } },
    });
    await google.models.generateContent({
      model: GEMINI.id,
      contents,
      config: { tools: [{ functionDeclarations: [weather] }] },
    });
    const sent = JSON.stringify(vendor.calls[1]?.body);
    expect(sent).toContain('"thoughtSignature":"skip_thought_signature_validator"');
    expect(sent).not.toContain(Buffer.from('pointsman').toString('base64'));
  });
});
