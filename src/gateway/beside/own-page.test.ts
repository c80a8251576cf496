import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic, { toFile } from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startGatewayKit, EVERY_WIRE, type GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../../testing/internal/gateway-test.ts';

/** Lists of three vendors, each paged as it pages, and filled by whoever uploads a file. */
let server: Server;
let kit: GatewayKit;
let tokens: readonly string[];
let ids: string[];
let asked: string[];

beforeEach(async () => {
  ids = [];
  asked = [];
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://vendor');
      const isGoogles = pathname.includes('v1beta');
      let said: object;
      if (request.headers['x-goog-upload-command'] === 'start') said = {};
      else if (request.method === 'POST') {
        const id = `${isGoogles ? 'files/' : 'file-'}${ids.length}`;
        ids.push(id);
        said = isGoogles
          ? { file: { name: id, uri: `http://x/v1beta/${id}`, state: 'ACTIVE' } }
          : { id, object: 'file' };
      } else {
        asked.push(request.url ?? '');
        said = isGoogles
          ? tokenPage(searchParams, { token: 'pageToken', size: 'pageSize' })
          : pathname === '/v1/files' && request.headers['anthropic-version'] !== undefined
            ? tokenPage(searchParams, { token: 'page', size: 'limit' })
            : cursorPage(searchParams);
      }
      const { host = '' } = request.headers;
      const upload = `http://${host}/upload/v1beta/files?upload_id=u${ids.length}`;
      response
        .writeHead(200, {
          'content-type': 'application/json',
          ...(isGoogles ? { 'x-goog-upload-url': upload, 'x-goog-upload-status': 'final' } : {}),
        })
        .end(JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const made = ['mine', 'theirs'].map((name) => anAccessKey({ name }));
  tokens = made.map(({ token }) => token);
  kit = await startGatewayKit({
    upstreamUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    models: EVERY_WIRE,
    apiKey: 'our-key',
    deps: { accessKeys: made.map(({ key }) => key) },
  });
});
afterEach(async () => {
  await kit.gateway.close();
  server.closeAllConnections();
  server.close();
});

function cursorPage(query: URLSearchParams): object {
  const after = query.get('after') ?? query.get('after_id');
  const before = query.get('before') ?? query.get('before_id');
  const limit = Number(query.get('limit') ?? 3);
  const end = before === null ? ids.length : ids.indexOf(before);
  const start = before === null ? ids.indexOf(after ?? '') + 1 : Math.max(0, end - limit);
  const data = ids.slice(start, Math.min(end, start + limit)).map((id) => ({ id, object: 'file', type: 'file' }));
  const hasMore = before === null ? start + limit < ids.length : start > 0;
  return { object: 'list', data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

/** Google's lists, and Anthropic's of files. */
function tokenPage(query: URLSearchParams, names: { readonly token: string; readonly size: string }): object {
  const start = Number(query.get(names.token) ?? 0);
  const end = start + Number(query.get(names.size) ?? 3);
  const page = ids.slice(start, end);
  const next = end < ids.length ? String(end) : undefined;
  if (names.token === 'page') return { data: page.map((id) => ({ id, type: 'file' })), next_page: next ?? null };
  return { files: page.map((name) => ({ name })), ...(next === undefined ? {} : { nextPageToken: next }) };
}

/** Whose the files are, in the order in which they are made: of many that are another's, a few are mine. */
const OWNERS = [1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1];
const MINE = OWNERS.flatMap((owner, index) => (owner === 0 ? [index] : []));

async function fill(make: (token: string) => Promise<unknown>): Promise<void> {
  for (const owner of OWNERS) await make(tokens[owner] ?? '');
}

async function all<Item>(pages: AsyncIterable<Item>, idOf: (item: Item) => string | undefined): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const one of pages) seen.push(idOf(one));
  return seen;
}

const ONE = {
  custom_id: 'a',
  params: { model: 'claude-opus-test', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] },
};

const openai = (apiKey: string): OpenAI => new OpenAI({ baseURL: `${kit.url}/v1`, apiKey, maxRetries: 0 });
const claude = (apiKey: string): Anthropic => new Anthropic({ baseURL: kit.url, apiKey, maxRetries: 0 });
const google = (apiKey: string): GoogleGenAI => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: kit.url } });

describe('a list of a shared account holds the caller’s own, all of it and nothing else', () => {
  test.each([1, 2, 3, 100])('for OpenAI’s SDK, %d a page', async (limit) => {
    await fill(async (token) =>
      openai(token).files.create({ file: await toFile(Buffer.from('x'), 'a'), purpose: 'batch' }),
    );
    const own = await all(openai(tokens[0] ?? '').files.list({ limit }), ({ id }) => id);
    expect(own).toEqual(MINE.map((index) => `file-${index}`));
  });

  test.each([1, 2, 3, 100])('for Anthropic’s SDK, %d a page', async (limit) => {
    await fill(async (token) => claude(token).beta.files.upload({ file: await toFile(Buffer.from('x'), 'a') }));
    const own = await all(claude(tokens[0] ?? '').beta.files.list({ limit }), ({ id }) => id);
    expect(own).toEqual(MINE.map((index) => `file-${index}`));
  });

  test.each([1, 2, 3, 100])('for Anthropic’s SDK, %d batches a page', async (limit) => {
    await fill(async (token) => claude(token).messages.batches.create({ requests: [ONE] }));
    const own = await all(claude(tokens[0] ?? '').messages.batches.list({ limit }), ({ id }) => id);
    expect(own).toEqual(MINE.map((index) => `file-${index}`));
  });

  test.each([1, 2, 3, 100])('for Google’s SDK, %d a page', async (pageSize) => {
    await fill(async (token) =>
      google(token).files.upload({ file: new Blob(['x']), config: { mimeType: 'text/plain' } }),
    );
    const own = await all(await google(tokens[0] ?? '').files.list({ config: { pageSize } }), (file) => file.name);
    expect(own).toEqual(MINE.map((index) => `files/${index}`));
  });
});

test('no page names what is another’s, in either direction', async () => {
  await fill(async (token) => claude(token).messages.batches.create({ requests: [ONE] }));
  const own = new Set(MINE.map((index) => `file-${index}`));
  const headers = { 'x-api-key': tokens[0] ?? '', 'anthropic-version': '2023-06-01' };
  for (const query of ['limit=3', 'limit=3&after_id=file-3', 'limit=3&before_id=file-10', 'limit=3&after_id=file-11']) {
    const response = await fetch(`${kit.url}/v1/messages/batches?${query}`, { headers });
    const page = (await response.json()) as Readonly<Record<string, unknown>>;
    const named = JSON.stringify(page).match(/file-\d+/gu) ?? [];
    expect(named.filter((id) => !own.has(id))).toEqual([]);
    if (named.length === 0) expect(page).toMatchObject({ data: [], has_more: false, first_id: null, last_id: null });
  }
});

test('a list that others fill to no end is refused with what to do, and not asked for ever', async () => {
  ids = Array.from({ length: 1000 }, (_, index) => `file-x${index}`);
  const tooSmall = openai(tokens[0] ?? '').files.list({ limit: 2 });
  await expect(tooSmall).rejects.toMatchObject({ status: 400, message: expect.stringContaining('larger pages') });
  expect(asked.length).toBeLessThan(150);
  expect((await openai(tokens[0] ?? '').files.list({ limit: 100 })).data).toEqual([]);
});

test('who calls without a key of ours gets the vendor’s own pages', async () => {
  const open = await startGatewayKit({
    upstreamUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    models: EVERY_WIRE,
    apiKey: 'our-key',
  });
  ids = Array.from({ length: 7 }, (_, index) => `file-x${index}`);
  const client = new OpenAI({ baseURL: `${open.url}/v1`, apiKey: 'any', maxRetries: 0 });
  expect(await all(client.files.list({ limit: 2 }), ({ id }) => id)).toEqual(ids);
  await open.gateway.close();
});
