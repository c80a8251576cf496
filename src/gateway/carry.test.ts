import { afterEach, describe, expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, GEMINI, GPT, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

const READS: Partial<Model> = { inputModalities: ['text', 'image', 'pdf'] };
const EVERYTHING: Partial<Model> = { inputModalities: ['text', 'image', 'pdf', 'audio', 'video'] };
const MODELS = {
  anthropic: { ...CLAUDE, ...READS },
  responses: { ...GPT, ...READS },
  chat: { ...CHAT, ...EVERYTHING },
  gemini: { ...GEMINI, ...EVERYTHING },
} as const;
type WireName = keyof typeof MODELS;

let kit: GatewayKit | undefined;
let vendor: ScriptedServer | undefined;
afterEach(async () => {
  await kit?.gateway.close();
  await vendor?.close();
});

async function open(models: readonly Model[]): Promise<GatewayKit> {
  vendor = await createScriptedServer({ script: () => ({ text: 'fine' }) });
  kit = await startGatewayKit({ upstreamUrl: vendor.url, models });
  return kit;
}

const PDF = 'JVBERi0xLjQ=';
const WAV = 'UklGRg==';
const user = (...content: object[]): object => ({
  messages: [{ role: 'user', content: [...content, { type: 'text', text: 'sum' }] }],
});
const input = (...content: object[]): object => ({
  input: [{ type: 'message', role: 'user', content: [...content, { type: 'input_text', text: 'sum' }] }],
});
const claude = (fields: object): object => ({ max_tokens: 99, ...fields });
const call = (id: string): object => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });

const contents = (...parts: object[]): object => ({
  contents: [{ role: 'user', parts: [...parts, { text: 'sum' }] }],
});
const googles = (fields: object): object => ({ ...contents(), ...fields });

interface Case {
  readonly name: string;
  readonly from: WireName;
  readonly body: object;
  /** Wires that carry it, with what must be in the request there; the others refuse with this word. */
  readonly carriedBy?: Partial<Record<WireName, string>>;
  readonly word: string;
}

const CASES: readonly Case[] = [
  {
    name: 'a PDF as a file of Chat',
    from: 'chat',
    body: user({ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }),
    carriedBy: {
      anthropic: '"type":"document"',
      responses: '"type":"input_file"',
      gemini: '"mimeType":"application/pdf"',
    },
    word: 'application/pdf',
  },
  {
    name: 'a PDF in the place of an image',
    from: 'chat',
    body: user({ type: 'image_url', image_url: { url: `data:application/pdf;charset=utf-8;base64,${PDF}` } }),
    carriedBy: {
      anthropic: '"media_type":"application/pdf"',
      responses: '"type":"input_file"',
      gemini: '"mimeType":"application/pdf"',
    },
    word: 'application/pdf',
  },
  {
    name: 'an image by another spelling',
    from: 'chat',
    body: user({ type: 'image_url', image_url: 'data:image/jpg;base64,AA==' }),
    carriedBy: {
      anthropic: '"media_type":"image/jpeg"',
      responses: 'data:image/jpeg;base64,AA==',
      gemini: '"mimeType":"image/jpeg"',
    },
    word: 'image/jpeg',
  },
  {
    name: 'a file of text',
    from: 'chat',
    body: user({ type: 'file', file: { filename: 'a.csv', file_data: 'data:text/csv;base64,YSxi' } }),
    carriedBy: { anthropic: 'a,b', responses: 'a,b', gemini: 'a,b' },
    word: '',
  },
  {
    name: 'a PDF as a file of Responses',
    from: 'responses',
    body: input({ type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` }),
    carriedBy: { anthropic: '"type":"document"', chat: '"file_data"', gemini: '"mimeType":"application/pdf"' },
    word: 'application/pdf',
  },
  {
    name: 'a PDF by its address',
    from: 'responses',
    body: input({ type: 'input_file', file_url: 'https://x.test/a.pdf' }),
    carriedBy: { anthropic: '"url":"https://x.test/a.pdf"', gemini: '"fileUri":"https://x.test/a.pdf"' },
    word: 'application/pdf',
  },
  {
    name: 'sound',
    from: 'chat',
    body: user({ type: 'input_audio', input_audio: { data: WAV, format: 'wav' } }),
    carriedBy: { gemini: '"mimeType":"audio/wav"' },
    word: 'audio/wav',
  },
  {
    name: 'a film',
    from: 'chat',
    body: user({ type: 'video_url', video_url: { url: 'https://x.test/a.mp4' } }),
    carriedBy: { gemini: '"fileUri":"https://x.test/a.mp4"' },
    word: 'video/mp4',
  },
  {
    name: 'an archive',
    from: 'chat',
    body: user({ type: 'file', file: { filename: 'a.zip', file_data: 'data:application/zip;base64,AA==' } }),
    word: 'application/zip',
  },
  { name: 'a file by id', from: 'chat', body: user({ type: 'file', file: { file_id: 'file-1' } }), word: 'file_id' },
  {
    name: 'an image by id',
    from: 'responses',
    body: input({ type: 'input_image', file_id: 'file-1' }),
    word: 'file_id',
  },
  { name: 'several choices', from: 'chat', body: { ...user(), n: 3 }, word: 'n: 3' },
  { name: 'logprobs', from: 'chat', body: { ...user(), logprobs: true }, word: 'logprobs' },
  { name: 'speech', from: 'chat', body: { ...user(), modalities: ['text', 'audio'], audio: {} }, word: 'audio' },
  ...['previous_response_id', 'conversation', 'prompt'].map((field): Case => ({
    name: field,
    from: 'responses',
    body: { ...input(), [field]: field === 'prompt' ? { id: 'p' } : 'resp_1' },
    word: field === 'previous_response_id' ? "Previous response with id 'resp_1' not found" : field,
  })),
  { name: 'background', from: 'responses', body: { ...input(), background: true }, word: 'background' },
  ...['item_reference', 'compaction', 'file_search_call', 'computer_call', 'shell_call'].map((type): Case => ({
    name: `an item ${type}`,
    from: 'responses',
    body: {
      input: [
        { type: 'message', role: 'user', content: 'a' },
        { type, id: 'x' },
        { type: 'message', role: 'user', content: 'b' },
      ],
    },
    word: type,
  })),
  ...['shell', 'local_shell', 'apply_patch'].map((type): Case => ({
    name: `the tool ${type}`,
    from: 'responses',
    body: {
      ...input(),
      tools: [{ type }, { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }],
    },
    word: type,
  })),
  {
    name: 'nothing but a search',
    from: 'responses',
    body: { ...input(), tools: [{ type: 'web_search' }] },
    word: 'web_search',
  },
  ...['server_tool_use', 'web_search_tool_result', 'code_execution_tool_result', 'mcp_tool_use'].map((type): Case => ({
    name: `a block ${type}`,
    from: 'anthropic',
    body: claude({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [{ type, id: 's', name: 'x', input: {} }] },
        { role: 'user', content: 'b' },
      ],
    }),
    word: type,
  })),
  {
    name: 'a container upload',
    from: 'anthropic',
    body: claude({ messages: [{ role: 'user', content: [{ type: 'container_upload', file_id: 'f' }] }] }),
    word: 'container_upload',
  },
  {
    name: 'a document by file id',
    from: 'anthropic',
    body: claude({
      messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'f' } }] }],
    }),
    word: 'store',
  },
  {
    name: 'a document of blocks',
    from: 'anthropic',
    body: claude({
      messages: [
        {
          role: 'user',
          content: [{ type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'page one' }] } }],
        },
      ],
    }),
    carriedBy: { responses: 'page one', chat: 'page one', gemini: 'page one' },
    word: '',
  },
  {
    name: 'a forced search',
    from: 'anthropic',
    body: claude({
      ...user(),
      tools: [
        { type: 'web_search_20250305', name: 'web_search' },
        { name: 'f', input_schema: { type: 'object' } },
      ],
      tool_choice: { type: 'tool', name: 'web_search' },
    }),
    word: 'web_search',
  },
  {
    name: 'tools that the client runs',
    from: 'anthropic',
    body: claude({
      ...user(),
      tools: [
        { type: 'bash_20250124', name: 'bash' },
        { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
      ],
    }),
    carriedBy: { responses: '"name":"bash"', chat: '"name":"str_replace_based_edit_tool"', gemini: '"name":"bash"' },
    word: '',
  },
  {
    name: 'tool servers that the vendor calls',
    from: 'anthropic',
    body: claude({ ...user(), mcp_servers: [{ type: 'url', url: 'https://a.b', name: 'a' }] }),
    word: 'mcp_servers',
  },
  {
    name: 'a tool of Chat that its vendor runs',
    from: 'chat',
    body: { messages: [{ role: 'user', content: 'a' }], tools: [{ type: 'web_search_preview' }] },
    word: 'web_search_preview',
  },
  ...[
    { audio: { id: 'audio_1' }, content: null },
    { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,eA==' } }], content: 'here' },
    { content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,eA==' } }] },
    { content: [{ type: 'text', text: 'k' }, { type: 'hologram' }] },
  ].map((said, at): Case => ({
    name: `an answer of Chat that is more than words (${at})`,
    from: 'chat',
    body: {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', ...said },
        { role: 'user', content: 'b' },
      ],
    },
    word: ['spoken', 'images', 'image_url', 'hologram'][at] ?? '',
  })),
  {
    name: 'a call in the older form of Chat, and its result',
    from: 'chat',
    body: {
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"at":7}' } },
        { role: 'function', name: 'f', content: 'seven' },
        { role: 'user', content: 'b' },
      ],
      functions: [{ name: 'f', parameters: { type: 'object' } }],
    },
    carriedBy: {
      anthropic: '"name":"f","input":{"at":7}',
      responses: '"name":"f","arguments":"{\\"at\\":7}"',
      gemini: '"args":{"at":7}',
    },
    word: '',
  },
  {
    name: 'a forced call in the older form of Chat',
    from: 'chat',
    body: {
      messages: [{ role: 'user', content: 'a' }],
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
    },
    carriedBy: {
      anthropic: '"tool_choice":{"type":"tool","name":"f"',
      responses: '"tool_choice":{"type":"function"',
      gemini: '"allowedFunctionNames":["f"]',
    },
    word: '',
  },
  {
    name: 'free-form tools of Chat',
    from: 'chat',
    body: {
      messages: [
        { role: 'user', content: 'a' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'custom', custom: { name: 'sql', input: 'select 1' } }, call('c2')],
        },
        { role: 'tool', tool_call_id: 'c1', content: '1' },
        { role: 'tool', tool_call_id: 'c2', content: '2' },
      ],
      tools: [{ type: 'custom', custom: { name: 'sql', description: 'runs' } }],
    },
    carriedBy: { anthropic: '"input":{"input":"select 1"}', responses: 'select 1', gemini: 'select 1' },
    word: '',
  },
  {
    name: 'a PDF of Google’s',
    from: 'gemini',
    body: contents({ inlineData: { mimeType: 'application/pdf', data: PDF } }),
    carriedBy: { anthropic: '"type":"document"', responses: '"type":"input_file"', chat: '"file_data"' },
    word: 'application/pdf',
  },
  {
    name: 'an image of Google’s by its address',
    from: 'gemini',
    body: contents({ fileData: { mimeType: 'image/png', fileUri: 'https://x.test/a.png' } }),
    carriedBy: { anthropic: 'https://x.test/a.png', responses: 'https://x.test/a.png', chat: 'https://x.test/a.png' },
    word: 'image/png',
  },
  {
    name: 'sound of Google’s',
    from: 'gemini',
    body: contents({ inlineData: { mimeType: 'audio/wav', data: WAV } }),
    carriedBy: { chat: '"input_audio"' },
    word: 'audio/wav',
  },
  ...['gs://bucket/a.pdf', 'https://generativelanguage.googleapis.com/v1beta/files/x', 'https://youtu.be/x'].map(
    (fileUri): Case => ({
      name: `a file at ${fileUri}`,
      from: 'gemini',
      body: contents({ fileData: { mimeType: 'video/mp4', fileUri } }),
      word: 'fileUri',
    }),
  ),
  {
    name: 'an image in the result of a tool',
    from: 'gemini',
    body: {
      contents: [
        { role: 'user', parts: [{ text: 'a' }] },
        { role: 'model', parts: [{ functionCall: { id: 'i', name: 'f', args: {} } }] },
        {
          role: 'user',
          parts: [
            {
              functionResponse: {
                id: 'i',
                name: 'f',
                response: { output: 'shown' },
                parts: [{ inlineData: { mimeType: 'image/png', data: 'eA==' } }],
              },
            },
          ],
        },
      ],
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
    },
    carriedBy: { anthropic: '"media_type":"image/png"', responses: 'eA==', chat: 'eA==' },
    word: '',
  },
  ...(
    [
      [{ cachedContent: 'cachedContents/x' }, 'cachedContent'],
      [{ generationConfig: { candidateCount: 2 } }, 'candidateCount: 2'],
      [{ generationConfig: { responseLogprobs: true } }, 'responseLogprobs'],
      [{ generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }, 'IMAGE'],
      [{ generationConfig: { responseMimeType: 'text/x.enum' } }, 'text/x.enum'],
      [{ tools: [{ googleSearch: {} }] }, 'googleSearch'],
    ] as const
  ).map(([fields, word]): Case => ({ name: word, from: 'gemini', body: googles(fields), word })),
  ...[
    { executableCode: { language: 'PYTHON', code: '1' } },
    { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
    { inlineData: { mimeType: 'image/png', data: 'eA==' } },
  ].map((part): Case => ({
    name: `a turn of Google’s with ${Object.keys(part).join()}`,
    from: 'gemini',
    body: {
      contents: [
        { role: 'user', parts: [{ text: 'a' }] },
        { role: 'model', parts: [part] },
        { role: 'user', parts: [{ text: 'b' }] },
      ],
    },
    word: Object.keys(part).join(),
  })),
];

const PATHS = { anthropic: '/v1/messages', chat: '/v1/chat/completions', responses: '/v1/responses' } as const;

/** Sends a body of one format; Google’s has model and stream in its address. */
async function say(gateway: GatewayKit, from: WireName, model: string, { stream, ...body }: Asked): Promise<Response> {
  if (from !== 'gemini')
    return gateway.post(PATHS[from], { ...body, ...(stream === undefined ? {} : { stream }), model });
  const method = stream === true ? 'streamGenerateContent?alt=sse' : 'generateContent';
  return gateway.post(`/v1beta/models/${model}:${method}`, body);
}

interface Asked {
  readonly stream?: boolean;
}

const WIRES = Object.keys(MODELS) as readonly WireName[];

describe.each(CASES)('$name', ({ from, body, carriedBy = {}, word }) => {
  const others = WIRES.filter((wire) => wire !== from);
  const pairs = others.flatMap((to) => [true, false].map((stream) => ({ to, stream })));

  test.each(pairs)('named towards $to (stream $stream): whole, or an error that names it', async ({ to, stream }) => {
    const gateway = await open([MODELS[to]]);
    const response = await say(gateway, from, MODELS[to].id, { ...body, stream });
    const text = await response.text();
    const wanted = carriedBy[to];
    if (wanted === undefined) {
      expect([response.status, text]).toEqual([400, expect.stringContaining(word) as string]);
      expect(vendor?.calls).toEqual([]);
      return;
    }
    expect([response.status, text]).toEqual([200, expect.stringContaining('fine') as string]);
    expect(JSON.stringify(vendor?.calls[0]?.body)).toContain(wanted);
  });

  test('with auto it goes to a model that takes it, or is an error that names it', async () => {
    const rest = others.map((wire) => MODELS[wire]);
    const gateway = await open(rest);
    const response = await say(gateway, from, 'auto', body);
    const text = await response.text();
    const able = others.filter((wire) => carriedBy[wire] !== undefined);
    if (able.length === 0) expect([response.status, text]).toEqual([400, expect.stringContaining(word) as string]);
    else expect(able.map((wire) => MODELS[wire].id)).toContain(response.headers.get('x-pointsman-model'));
  });
});

test('the native vendor is where auto sends what only it can take, and the others are left out with a reason', async () => {
  const gateway = await open(Object.values(MODELS));
  const body = { messages: [{ role: 'user', content: 'x' }], n: 2, model: 'auto' };
  const response = await gateway.post('/v1/chat/completions', body);
  expect(response.headers.get('x-pointsman-model')).toBe(CHAT.id);
  expect(gateway.steps[0]?.decision.rejected).toContainEqual(
    expect.objectContaining({ model: CLAUDE.id, code: 'cannot-carry', why: expect.stringContaining('n: 2') as string }),
  );
});

test('a free-form tool of a Chat caller is called in its own form', async () => {
  vendor = await createScriptedServer({
    script: () => ({ toolCalls: [{ name: 'sql', input: { input: 'select 2' } }] }),
  });
  kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
  const body = {
    model: CLAUDE.id,
    messages: [{ role: 'user', content: 'x' }],
    tools: [{ type: 'custom', custom: { name: 'sql' } }],
  };
  const whole = (await (await kit.post('/v1/chat/completions', body)).json()) as {
    choices: [{ message: { tool_calls: unknown[] } }];
  };
  expect(whole.choices[0].message.tool_calls).toMatchObject([
    { type: 'custom', custom: { name: 'sql', input: 'select 2' } },
  ]);
  const streamed = await (await kit.post('/v1/chat/completions', { ...body, stream: true })).text();
  expect(streamed).toContain('"custom":{"input":"select 2"}');
});
