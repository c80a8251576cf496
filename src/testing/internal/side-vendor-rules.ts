// One file: what three vendors answer, a row each.

/** A request as the vendor got it. */
export interface SeenSideCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

export type SideAnswer =
  | { readonly json: object; readonly status?: number; readonly headers?: Record<string, string> }
  | { readonly bytes: Buffer | readonly Buffer[]; readonly type: string }
  | { readonly fault: string; readonly status: number };

export interface SideRule {
  readonly method: string;
  readonly path: RegExp;
  /** Name of the type that the body must have. */
  readonly shape?: string;
  /** Fields that the form must have. */
  readonly form?: readonly string[];
  answer(call: {
    readonly body: unknown;
    readonly form: FormData | undefined;
    readonly id: string;
    readonly seen: SeenSideCall;
  }): SideAnswer | Promise<SideAnswer>;
}

/** What a vendor keeps, each under the id it gave it. */
export interface VendorShelf {
  keep(prefix: string, bytes: Buffer): string;
  readonly kept: Map<string, Buffer>;
  /** The vendor's own address. */
  self(): string;
}

/** Shapes of answers: openai 7.57, @anthropic-ai/sdk 1.12 and @google/genai 3.3, by their types. */
export function sideRules(shelf: VendorShelf): readonly SideRule[] {
  return [...openaiModels(), ...openaiShelf(shelf), ...claudeBatches(shelf), ...googleFiles(shelf)];
}

function known({ kept }: VendorShelf, id: string, answer: (bytes: Buffer) => SideAnswer): SideAnswer {
  const bytes = kept.get(id);
  return bytes === undefined ? { fault: `No such object: ${id}`, status: 404 } : answer(bytes);
}

const file = (id: string, bytes: Buffer): object => ({
  id,
  object: 'file',
  type: 'file',
  bytes: bytes.length,
  size_bytes: bytes.length,
  created_at: 1,
  filename: 'a.bin',
  mime_type: 'application/octet-stream',
  purpose: 'batch',
  status: 'processed',
});

const vector = { object: 'embedding', index: 0, embedding: [0.5, -0.5] };
const usage = { prompt_tokens: 8, total_tokens: 8 };

const claudeBatch = (shelf: VendorShelf, id: string): object => ({
  id,
  type: 'message_batch',
  processing_status: 'ended',
  request_counts: { processing: 0, succeeded: 1, errored: 0, canceled: 0, expired: 0 },
  results_url: `${shelf.self()}/v1/messages/batches/${id}/results`,
  created_at: '2026-11-29T00:00:00Z',
  expires_at: '2026-11-30T00:00:00Z',
  ended_at: '2026-11-29T01:00:00Z',
  archived_at: null,
  cancel_initiated_at: null,
});

function openaiBatch({ kept }: VendorShelf, id: string): object {
  const output = `${id}-out`;
  if (!kept.has(output)) kept.set(output, Buffer.from('{"custom_id":"a"}\n'));
  return { id, object: 'batch', endpoint: '/v1/chat/completions', status: 'completed', output_file_id: output };
}

const googleFile = (shelf: VendorShelf, name: string): object => ({
  name,
  uri: `${shelf.self()}/v1beta/${name}`,
  state: 'ACTIVE',
});

function openaiModels(): readonly SideRule[] {
  return [
    {
      method: 'POST',
      path: /^\/v1\/embeddings$/u,
      shape: 'OpenaiEmbeddingRequest',
      answer: ({ body }) => ({
        json: { object: 'list', data: [vector], usage, model: (body as { model: string }).model },
      }),
    },
    {
      method: 'POST',
      path: /^\/v1\/rerank$/u,
      shape: 'RerankRequest',
      answer: () => ({ json: { id: 'r', results: [{ index: 0, relevance_score: 0.9 }], meta: {} } }),
    },
    {
      method: 'POST',
      path: /^\/v1\/moderations$/u,
      shape: 'OpenaiModerationRequest',
      answer: () => ({ json: { id: 'modr-1', model: 'omni-moderation-latest', results: [{ flagged: false }] } }),
    },
    {
      method: 'POST',
      path: /^\/v1\/completions$/u,
      shape: 'OpenaiCompletionRequest',
      answer: ({ body }) => {
        const said = {
          id: 'cmpl-1',
          object: 'text_completion',
          created: 1,
          model: 'm',
          choices: [{ text: 'hi', index: 0 }],
        };
        const spent = { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 };
        if ((body as { stream?: boolean }).stream !== true) return { json: { ...said, usage: spent } };
        const events = [said, { ...said, choices: [], usage: spent }].map((one) => `data: ${JSON.stringify(one)}\n\n`);
        return { type: 'text/event-stream', bytes: [...events, 'data: [DONE]\n\n'].map((one) => Buffer.from(one)) };
      },
    },
    {
      method: 'POST',
      path: /^\/v1\/images\/generations$/u,
      shape: 'OpenaiImageRequest',
      answer: () => ({ json: { created: 1, data: [{ b64_json: 'aGk=' }] } }),
    },
    {
      method: 'POST',
      path: /^\/v1\/images\/(?:edits|variations)$/u,
      form: ['image'],
      answer: () => ({ json: { created: 1, data: [{ b64_json: 'aGk=' }] } }),
    },
    {
      method: 'POST',
      path: /^\/v1\/audio\/speech$/u,
      shape: 'OpenaiSpeechRequest',
      answer: () => ({
        type: 'audio/mpeg',
        bytes: Array.from({ length: 20 }, (_, index) => Buffer.alloc(10_000, index)),
      }),
    },
    {
      method: 'POST',
      path: /^\/v1\/audio\/(?:transcriptions|translations)$/u,
      form: ['file', 'model'],
      answer: ({ form }) => ({ json: { text: form?.get('model') } }),
    },
  ];
}

function openaiShelf(shelf: VendorShelf): readonly SideRule[] {
  return [
    {
      method: 'POST',
      path: /^\/v1\/files$/u,
      form: ['file'],
      answer: async ({ form }) => {
        const sent = form?.get('file');
        const bytes = sent instanceof Blob ? Buffer.from(await sent.arrayBuffer()) : Buffer.alloc(0);
        return { json: file(shelf.keep('file-', bytes), bytes) };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/files$/u,
      answer: () => ({
        json: { object: 'list', has_more: false, data: [...shelf.kept].map(([id, bytes]) => file(id, bytes)) },
      }),
    },
    {
      method: 'GET',
      path: /^\/v1\/files\/(?<id>[^/]+)$/u,
      answer: ({ id }) => known(shelf, id, (bytes) => ({ json: file(id, bytes) })),
    },
    {
      method: 'DELETE',
      path: /^\/v1\/files\/(?<id>[^/]+)$/u,
      answer: ({ id }) =>
        known(shelf, id, () => ({
          json: { id, object: 'file', type: 'file_deleted', deleted: shelf.kept.delete(id) },
        })),
    },
    {
      method: 'GET',
      path: /^\/v1\/files\/(?<id>[^/]+)\/content$/u,
      answer: ({ id }) => known(shelf, id, (bytes) => ({ type: 'application/octet-stream', bytes })),
    },
    {
      method: 'POST',
      path: /^\/v1\/uploads$/u,
      answer: () => ({ json: { id: shelf.keep('upload_', Buffer.alloc(0)), object: 'upload', status: 'pending' } }),
    },
    {
      method: 'POST',
      path: /^\/v1\/uploads\/(?<id>[^/]+)\/parts$/u,
      form: ['data'],
      answer: ({ id, seen }) =>
        known(shelf, id, () => ({
          json: { id: shelf.keep('part_', seen.bytes), object: 'upload.part', upload_id: id },
        })),
    },
    {
      method: 'POST',
      path: /^\/v1\/uploads\/(?<id>[^/]+)\/complete$/u,
      answer: ({ id }) =>
        known(shelf, id, (bytes) => ({
          json: { id, object: 'upload', status: 'completed', file: file(shelf.keep('file-', bytes), bytes) },
        })),
    },
    {
      method: 'POST',
      path: /^\/v1\/batches$/u,
      shape: 'OpenaiBatchRequest',
      answer: ({ body }) =>
        known(shelf, (body as { input_file_id: string }).input_file_id, () => ({
          json: openaiBatch(shelf, shelf.keep('batch_', Buffer.alloc(0))),
        })),
    },
    {
      method: 'GET',
      path: /^\/v1\/batches\/(?<id>[^/]+)$/u,
      answer: ({ id }) => known(shelf, id, () => ({ json: openaiBatch(shelf, id) })),
    },
    {
      method: 'POST',
      path: /^\/v1\/responses\/compact$/u,
      shape: 'OpenaiCompactRequest',
      answer: () => ({
        json: {
          id: shelf.keep('resp_', Buffer.alloc(0)),
          object: 'response.compaction',
          output: [{ type: 'compaction', id: shelf.keep('cmp_', Buffer.alloc(0)), encrypted_content: 'sealed' }],
          usage: { input_tokens: 5, output_tokens: 1, total_tokens: 6 },
        },
      }),
    },
    {
      method: 'GET',
      path: /^\/v1\/responses\/(?<id>[^/]+)$/u,
      answer: ({ id }) => ({ json: { id, object: 'response', status: 'completed', output: [] } }),
    },
    {
      method: 'POST',
      path: /^\/v1\/responses\/(?<id>[^/]+)\/cancel$/u,
      answer: ({ id }) => ({ json: { id, object: 'response', status: 'cancelled', output: [] } }),
    },
    {
      method: 'GET',
      path: /^\/v1\/responses\/(?<id>[^/]+)\/input_items$/u,
      answer: () => ({ json: { object: 'list', data: [], has_more: false } }),
    },
    {
      method: 'DELETE',
      path: /^\/v1\/responses\/(?<id>[^/]+)$/u,
      answer: ({ id }) => ({ json: { id, object: 'response', deleted: true } }),
    },
  ];
}

function claudeBatches(shelf: VendorShelf): readonly SideRule[] {
  return [
    {
      method: 'POST',
      path: /^\/v1\/messages\/batches$/u,
      shape: 'ClaudeBatchRequest',
      answer: () => ({ json: claudeBatch(shelf, shelf.keep('msgbatch_', Buffer.alloc(0))) }),
    },
    {
      method: 'GET',
      path: /^\/v1\/messages\/batches\/(?<id>[^/]+)$/u,
      answer: ({ id }) => known(shelf, id, () => ({ json: claudeBatch(shelf, id) })),
    },
    {
      method: 'POST',
      path: /^\/v1\/messages\/batches\/(?<id>[^/]+)\/cancel$/u,
      answer: ({ id }) => known(shelf, id, () => ({ json: claudeBatch(shelf, id) })),
    },
    {
      method: 'DELETE',
      path: /^\/v1\/messages\/batches\/(?<id>[^/]+)$/u,
      answer: ({ id }) => known(shelf, id, () => ({ json: { id, type: 'message_batch_deleted' } })),
    },
    {
      method: 'GET',
      path: /^\/v1\/messages\/batches\/(?<id>[^/]+)\/results$/u,
      answer: ({ id }) =>
        known(shelf, id, () => ({
          type: 'application/x-jsonl',
          bytes: Buffer.from('{"custom_id":"a","result":{"type":"canceled"}}\n'),
        })),
    },
  ];
}

function googleFiles(shelf: VendorShelf): readonly SideRule[] {
  let pending: Buffer | undefined;
  return [
    {
      method: 'POST',
      path: /^\/v1beta\/models\/[^/]+:batchEmbedContents$/u,
      shape: 'GoogleEmbedRequest',
      answer: () => ({ json: { embeddings: [{ values: [0.5, -0.5] }] } }),
    },
    {
      method: 'POST',
      path: /^\/upload\/v1beta\/files$/u,
      answer: ({ seen }) => {
        const command = String(seen.headers['x-goog-upload-command']);
        if (command === 'start') {
          const id = shelf.keep('up', Buffer.alloc(0));
          return { json: {}, headers: { 'x-goog-upload-url': `${shelf.self()}/upload/v1beta/files?upload_id=${id}` } };
        }
        const id = new URL(seen.url, 'http://vendor').searchParams.get('upload_id') ?? '';
        return known(shelf, id, () => {
          pending = Buffer.concat([pending ?? Buffer.alloc(0), seen.bytes]);
          if (!command.includes('finalize')) return { json: {}, headers: { 'x-goog-upload-status': 'active' } };
          const name = shelf.keep('files/f', pending);
          pending = undefined;
          return { json: { file: googleFile(shelf, name) }, headers: { 'x-goog-upload-status': 'final' } };
        });
      },
    },
    {
      method: 'GET',
      path: /^\/v1beta\/(?<id>files\/[^/]+)$/u,
      answer: ({ id }) => known(shelf, id, () => ({ json: googleFile(shelf, id) })),
    },
    {
      method: 'DELETE',
      path: /^\/v1beta\/(?<id>files\/[^/]+)$/u,
      answer: ({ id }) => known(shelf, id, () => ({ json: shelf.kept.delete(id) ? {} : {} })),
    },
  ];
}
