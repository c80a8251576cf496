import { createServer, type ServerResponse } from 'node:http';

/**
 * An instant model server for benchmarks: Chat Completions, Messages and Responses, JSON and a stream of twenty chunks.
 * Prints its port.
 */
const CHUNKS = 20;
const WORDS = 'Hello from the benchmark. '.repeat(3);

const chatUsage = {
  prompt_tokens: 20,
  completion_tokens: CHUNKS,
  total_tokens: 20 + CHUNKS,
  prompt_tokens_details: { cached_tokens: 0 },
};
const messagesUsage = {
  input_tokens: 20,
  output_tokens: CHUNKS,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
};

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function messagesStream(model: string): readonly string[] {
  const message = {
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    usage: { ...messagesUsage, output_tokens: 1 },
  };
  return [
    event('message_start', { message }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: CHUNKS }, (_, index) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: `word${index} ` } }),
    ),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: messagesUsage }),
    event('message_stop', {}),
  ];
}

function chatStream(model: string): readonly string[] {
  const chunk = (delta: object, finish: string | null, more: object = {}): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...Array.from({ length: CHUNKS }, (_, index) => chunk({ content: `word${index} ` }, null)),
    chunk({}, 'stop'),
    chunk({}, null, { choices: [], usage: chatUsage }),
    'data: [DONE]\n\n',
  ];
}

function jsonAnswer(isMessages: boolean, model: string): string {
  return isMessages
    ? JSON.stringify({
        id: 'msg_bench',
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text: WORDS }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: messagesUsage,
      })
    : JSON.stringify({
        id: 'chatcmpl-bench',
        object: 'chat.completion',
        created: 1,
        model,
        choices: [{ index: 0, message: { role: 'assistant', content: WORDS }, finish_reason: 'stop' }],
        usage: chatUsage,
      });
}

const made = new Map<string, readonly string[]>();

/** As much as a reader needs: the text's deltas, and the whole answer at the end. */
function responsesStream(model: string): readonly string[] {
  const item = { type: 'message', id: 'msg_bench', role: 'assistant', status: 'in_progress', content: [] };
  const place = { item_id: 'msg_bench', output_index: 0, content_index: 0 };
  const part = { type: 'output_text', text: '', annotations: [] };
  const whole = responsesAnswer(model);
  return [
    event('response.created', { response: { ...whole, status: 'in_progress', output: [], usage: null } }),
    event('response.output_item.added', { output_index: 0, item }),
    event('response.content_part.added', { ...place, part }),
    ...Array.from({ length: CHUNKS }, (_, index) =>
      event('response.output_text.delta', { ...place, delta: `word${index} ` }),
    ),
    event('response.output_text.done', { ...place, text: WORDS }),
    event('response.content_part.done', { ...place, part: { ...part, text: WORDS } }),
    event('response.output_item.done', { output_index: 0, item: whole['output'][0] ?? item }),
    event('response.completed', { response: whole }),
  ];
}

function responsesAnswer(model: string): { readonly output: readonly object[]; readonly [field: string]: unknown } {
  const content = [{ type: 'output_text', text: WORDS, annotations: [] }];
  return {
    id: 'resp_bench',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model,
    output: [{ type: 'message', id: 'msg_bench', role: 'assistant', status: 'completed', content }],
    usage: { input_tokens: 20, output_tokens: CHUNKS, total_tokens: 20 + CHUNKS },
  };
}

type Format = 'messages' | 'chat' | 'responses';

const STREAMS = { messages: messagesStream, chat: chatStream, responses: responsesStream } as const;

function wholeAnswer(format: Format, model: string): string {
  return format === 'responses' ? JSON.stringify(responsesAnswer(model)) : jsonAnswer(format === 'messages', model);
}

function answer(response: ServerResponse, format: Format, model: string, isStream: boolean): void {
  const key = `${format} ${model} ${isStream}`;
  let chunks = made.get(key);
  if (chunks === undefined) {
    chunks = isStream ? STREAMS[format](model) : [wholeAnswer(format, model)];
    made.set(key, chunks);
  }
  if (isStream) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    for (const chunk of chunks) response.write(chunk);
    response.end();
    return;
  }
  const body = chunks[0] ?? '';
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    // Parsing a large body would cost the upstream more than the proxy under test: only its two fields are looked for.
    const body = Buffer.concat(chunks).toString('latin1');
    const model = /"model":"([^"]+)"/u.exec(body)?.[1] ?? 'unknown';
    const url = request.url ?? '';
    const format = url.includes('/responses') ? 'responses' : url.includes('/messages') ? 'messages' : 'chat';
    answer(response, format, model, body.includes('"stream":true'));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${address !== null && typeof address === 'object' ? address.port : 0}\n`);
});
