import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { PageSource } from './page-source.ts';
import { createPage } from './page.ts';

test('the store is opened while a browser reads the page, whose address alone does it', async () => {
  const asked: number[] = [];
  const views = { newestSteps: (limit: number) => Promise.reject(new Error(String(asked.push(limit)))) };
  const page = createPage({ views, now: () => 0 } as unknown as PageSource, {
    admit: () => Promise.resolve({ kind: 'nobody', status: 401, message: 'no' }),
  });
  const server = createServer((request, response) => {
    void page.answer(request, response, { pathname: request.url ?? '', search: '', headerToken: undefined });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect((await fetch(`${address}/pointsman/page/none`)).status).toBe(404);
  expect(asked).toEqual([]);
  expect((await fetch(address)).status).toBe(200);
  expect(asked).toEqual([1]);
}, 60_000);
