import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { SeenBill } from './sightings.ts';

export const VENDOR_KEY = 'vendor-key-of-nobody';
/** US dollars per million tokens, by the name on the wire. What was in the session's newest call of the same model is read from its cache. */
export const VENDOR_MODELS = {
  strong: { input: 3, output: 15, cacheRead: 0.1 },
  quick: { input: 1.2, output: 6, cacheRead: 0.12 },
} as const;
const LEAST_CACHED = 1024;
/** Chunks of a stream, and the pause between two. */
const CHUNKS = 5;
const CHUNK_MS = 6;

/** A call as the vendor saw it. */
export interface SeenCall extends SeenBill {
  readonly call: number;
  readonly session: string;
  readonly model: string;
  /** Of its prompt, from the cache. */
  readonly readTokens: number;
}

/** A vendor of Chat Completions that refuses what is not rightly asked, and keeps count of what it really billed. */
export interface CallVendor {
  readonly url: string;
  readonly calls: readonly SeenCall[];
  /** What it refused as not rightly asked. */
  readonly objections: readonly string[];
  close(): Promise<void>;
}

const bodySchema = z.object({
  model: z.enum(Object.keys(VENDOR_MODELS) as [keyof typeof VENDOR_MODELS]),
  max_tokens: z.number().int().positive(),
  stream: z.boolean().optional(),
  stream_options: z.object({ include_usage: z.literal(true) }).optional(),
  messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
});

/** What a caller says of itself in its last message: it reaches the vendor whatever the gateway does with headers. */
const MARK = /#call (\d+) of (\S+) in (\S+)#/u;

export function callMark(call: number, key: string, session: string): string {
  return `#call ${call} of ${key} in ${session}#`;
}

export async function openCallVendor(): Promise<CallVendor> {
  const calls: SeenCall[] = [];
  const objections: string[] = [];
  /** Prompt tokens of the newest call, by session and model. */
  const cached = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const taken = takeCall(request, Buffer.concat(chunks), cached);
      if (typeof taken === 'string') {
        objections.push(taken);
        return void response.writeHead(400, JSON_TYPE).end('{"error":{"message":"not rightly asked"}}');
      }
      calls.push(taken.seen);
      if (taken.isStream) streamAnswer(response, taken);
      else response.writeHead(200, JSON_TYPE).end(JSON.stringify(wholeAnswer(taken)));
    });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    objections,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

interface TakenCall {
  readonly seen: SeenCall;
  readonly isStream: boolean;
  readonly usage: object;
}

/** What the call is, or why it is refused. */
function takeCall(
  { url = '', headers }: IncomingMessage,
  bytes: Buffer,
  cached: Map<string, number>,
): TakenCall | string {
  if (headers.authorization !== `Bearer ${VENDOR_KEY}`) return `${url}: a key that was never given`;
  if (url !== '/v1/chat/completions') return `${url}: there is no such place`;
  const read = bodySchema.safeParse(parsed(bytes));
  if (!read.success) return `${url}: ${read.error.message}`;
  const { model, max_tokens: mostTokens, stream = false, messages } = read.data;
  const mark = MARK.exec(messages.at(-1)?.content ?? '');
  if (mark === null) return `${url}: the last message is not the caller's`;
  const [, call = '', key = '', session = ''] = mark;
  const price = VENDOR_MODELS[model];
  const promptTokens = Math.ceil(bytes.length / 4);
  const outputTokens = Math.min(mostTokens, 20 + (Number(call) % 7) * 25);
  const readTokens = readFromCache(cached, `${session} ${model}`, promptTokens);
  const nanoUsd = (output: number, read: number): number =>
    ((promptTokens - read) * price.input + read * price.cacheRead + output * price.output) * 1000;
  return {
    seen: {
      call: Number(call),
      key,
      session,
      model,
      readTokens,
      billedNanoUsd: nanoUsd(outputTokens, readTokens),
      worstNanoUsd: nanoUsd(mostTokens, 0),
    },
    isStream: stream,
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: outputTokens,
      total_tokens: promptTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: readTokens },
    },
  };
}

/** Tokens of a prompt that the newest call of the same session and model has left, and what this one leaves. */
function readFromCache(cached: Map<string, number>, place: string, promptTokens: number): number {
  const held = cached.get(place) ?? 0;
  cached.set(place, promptTokens);
  return held < LEAST_CACHED ? 0 : Math.min(held, promptTokens);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function wholeAnswer({ seen: { model }, usage }: TakenCall): object {
  const message = { role: 'assistant', content: 'Done, all of it.' };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  };
}

function streamAnswer(response: ServerResponse, { seen: { model }, usage }: TakenCall): void {
  const event = (data: object): string =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, ...data })}\n\n`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    if (sent <= CHUNKS) {
      const delta = sent === 1 ? { role: 'assistant', content: 'Done' } : { content: ', word' };
      return void response.write(event({ choices: [{ index: 0, delta, finish_reason: null }] }));
    }
    clearInterval(timer);
    response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
  }, CHUNK_MS);
  response.on('close', () => clearInterval(timer));
}
