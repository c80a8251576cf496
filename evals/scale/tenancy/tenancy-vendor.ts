import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marksIn } from './marks.ts';

export const VENDOR_SECRET = 'sk-vendor-secret-of-the-operator-0001';

/** One account at a vendor that all principals share: it keeps files, batches, conversations and responses, and tells everything to everybody. */
export interface TenancyVendor {
  readonly url: string;
  close(): Promise<void>;
}

interface Said {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const json = (value: object, status = 200): Said => ({ status, type: 'application/json', text: JSON.stringify(value) });

export async function openTenancyVendor(): Promise<TenancyVendor> {
  const shelf = createShelf();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const { status, type, text } = shelf.answer(request, Buffer.concat(chunks).toString());
      response.writeHead(status, { 'content-type': type }).end(text);
    });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Shelf {
  answer(request: IncomingMessage, body: string): Said;
}

/** Of each list the newest things, as pages of vendors are. */
const PAGE = 20;

function createShelf(): Shelf {
  let count = 0;
  const kept = new Map<string, { readonly kind: string; readonly words: string }>();
  const keep = (kind: string, words: string): string => {
    count += 1;
    const id = `${kind}_n${count}`;
    kept.set(id, { kind, words });
    return id;
  };
  const row = (id: string): object => ({
    id,
    object: kept.get(id)?.kind,
    filename: kept.get(id)?.words,
    status: 'completed',
    processing_status: 'ended',
    output: [],
  });
  const listed = (kind: string): Said => {
    const ids = [...kept].filter(([, one]) => one.kind === kind).map(([id]) => id);
    return json({ object: 'list', data: ids.slice(-PAGE).toReversed().map(row), has_more: false });
  };
  const modelAnswer = (path: string, body: string): Said => {
    count += 1;
    const serial = `sr${count}rs`;
    const words = `${serial} ${marksIn(body).slice(0, 8).join(' ')}`;
    // Now and then it fails, and says why in the caller's own words.
    if (count % 29 === 0)
      return json({ error: { type: 'invalid_request_error', message: `cannot do: ${words}` } }, 400);
    return said(path, { words, id: keep('resp', words), isStream: body.includes('"stream":true') });
  };
  const part = (id: string, what: string | undefined): Said => {
    const one = kept.get(id);
    if (one === undefined) return json({ error: { message: `no ${id}` } }, 404);
    if (what === 'content' || what === 'results') return { status: 200, type: 'text/plain', text: one.words };
    const items = [{ id: `msg_of_${id}`, type: 'message', content: one.words }];
    return json(what === undefined ? row(id) : { object: 'list', data: items, has_more: false });
  };
  return {
    answer({ url = '', method = 'GET' }, body) {
      const path = new URL(url, 'http://vendor').pathname;
      const isPost = method === 'POST';
      if (isPost && MODEL_CALL.test(path)) return modelAnswer(path, body);
      const [, kind = '', id, what] = THING.exec(path) ?? [];
      const short = SHORT.get(kind);
      if (short === undefined) return json({ error: { message: `nothing at ${path}` } }, 404);
      if (id !== undefined) return part(id, what);
      return isPost ? json(row(keep(short, marksIn(body).join(' ')))) : listed(short);
    },
  };
}

const MODEL_CALL = /\/(?:messages|chat\/completions|responses)$/u;
const THING = /^\/v1\/(files|messages\/batches|conversations|responses)(?:\/([^/]+))?(?:\/(\w+))?$/u;
const SHORT: ReadonlyMap<string, string> = new Map([
  ['files', 'file'],
  ['messages/batches', 'msgbatch'],
  ['conversations', 'conv'],
  ['responses', 'resp'],
]);

interface Words {
  readonly words: string;
  readonly id: string;
  readonly isStream: boolean;
}

const USAGE = { input_tokens: 900, output_tokens: 20, prompt_tokens: 900, completion_tokens: 20, total_tokens: 920 };

function said(path: string, words: Words): Said {
  if (path.endsWith('/messages')) return message(words);
  return path.endsWith('/responses') ? response(words) : completion(words);
}

function message({ words, id, isStream }: Words): Said {
  const common = { id, type: 'message', role: 'assistant', model: 'm', usage: USAGE, stop_sequence: null };
  if (!isStream) return json({ ...common, stop_reason: 'end_turn', content: [{ type: 'text', text: words }] });
  return events([
    { type: 'message_start', message: { ...common, content: [], stop_reason: null } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: USAGE },
    { type: 'message_stop' },
  ]);
}

function response({ words, id, isStream }: Words): Said {
  const content = [{ type: 'output_text', text: words, annotations: [] }];
  const item = { type: 'message', id: `msg_of_${id}`, role: 'assistant', status: 'completed', content };
  const whole = {
    id,
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'm',
    output: [item],
    usage: USAGE,
  };
  if (!isStream) return json(whole);
  return events([
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [] } },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
    { type: 'response.output_text.delta', item_id: item.id, output_index: 0, content_index: 0, delta: words },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ]);
}

function completion({ words, id, isStream }: Words): Said {
  const base = { id, created: 1, model: 'm', usage: USAGE };
  const said = { role: 'assistant', content: words };
  if (!isStream)
    return json({ ...base, object: 'chat.completion', choices: [{ index: 0, message: said, finish_reason: 'stop' }] });
  const chunk = { ...base, object: 'chat.completion.chunk', usage: null };
  const { text, ...rest } = events([
    { ...chunk, choices: [{ index: 0, delta: said, finish_reason: null }] },
    { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...chunk, choices: [], usage: USAGE },
  ]);
  return { ...rest, text: `${text}data: [DONE]\n\n` };
}

function events(all: readonly object[]): Said {
  const lines = all.map((one) => {
    const name = 'type' in one ? `event: ${String(one.type)}\n` : '';
    return `${name}data: ${JSON.stringify(one)}\n\n`;
  });
  return { status: 200, type: 'text/event-stream', text: lines.join('') };
}
