import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createByteBudget } from '../core/byte-budget.ts';
import { readBody, type BodyRead } from './read-body.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const MEGABYTE = 1024 * 1024;

test('a budget is never passed, is served in turn, and one larger than all goes alone', async () => {
  const budget = createByteBudget(10);
  expect(budget.tryTake(6)).toBe(true);
  expect(budget.tryTake(6)).toBe(false);
  const large = budget.take(20, 5000);
  const small = budget.take(4, 5000);
  budget.giveBack(6);
  expect(await large).toBe(true);
  budget.giveBack(20);
  expect(await small).toBe(true);
  expect(await budget.take(9, 1)).toBe(false);
  budget.giveBack(4);
  expect(budget.heldBytes).toBe(0);
});

test('bodies that unpack to much are held within the budget of the process, and given back', async () => {
  const budget = createByteBudget(4 * MEGABYTE);
  let most = 0;
  const reads: BodyRead['kind'][] = [];
  const budgets = { packed: createByteBudget(64 * MEGABYTE), plain: budget };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const read = await readBody(request, { maxBytes: 2 * MEGABYTE, budgets });
    most = Math.max(most, budget.heldBytes);
    reads.push(read.kind);
    if (read.kind === 'read') response.once('close', read.release);
    response.writeHead(read.kind === 'refused' ? read.refusal.status : 200).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const words = Array.from({ length: 40_000 }, (_none, index) => (index * 2_654_435_761) % 4_294_967_296).join(' ');
  const packed = gzipSync(words);
  const send = async (body: Buffer): Promise<number> => {
    const headers = { 'content-encoding': 'gzip' };
    const response = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
    await response.arrayBuffer();
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: 40 }, async () => send(packed)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(most).toBeLessThanOrEqual(4 * MEGABYTE);
  // Nothing that people say packs like this.
  expect(await send(gzipSync(Buffer.alloc(1.5 * MEGABYTE, 'a')))).toBe(413);
  await expect.poll(() => budget.heldBytes).toBe(0);
  expect(reads.filter((kind) => kind === 'refused')).toHaveLength(1);
});
