import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { createAccessKey } from '../gateway/core/access-keys.ts';
import { startSideVendor } from '../testing/internal/side-vendor.ts';
import { openGateway, type OpenedGateway } from './open-gateway.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

test('who had a file made reaches it after a restart, and nobody else does', async () => {
  const vendor = await startSideVendor({ apiKey: 'our-key' });
  const cwd = mkdtempSync(path.join(tmpdir(), 'issued-'));
  opened.push(async () => rmSync(cwd, { recursive: true, force: true }));
  opened.push(async () => vendor.close());
  const file = path.join(cwd, 'pointsman.yaml');
  writeFileSync(file, `endpoints:\n  openai: { baseUrl: "${vendor.url}/v1" }\n`);
  const env = { OPENAI_API_KEY: 'our-key' };
  const config = loadConfig({ cwd, env, file });
  const [mine, theirs] = ['mine', 'theirs'].map((name) =>
    createAccessKey({
      name,
      createdAt: 1,
      budgetNanoUsd: undefined,
      policyId: undefined,
      allowModels: undefined,
      requestsPerMinute: undefined,
    }),
  );
  if (mine === undefined || theirs === undefined) throw new Error('no keys');
  const start = async (): Promise<{ readonly gateway: OpenedGateway; readonly url: string }> => {
    const gateway = await openGateway({
      cwd,
      env,
      config,
      store: { dir: path.join(cwd, 'store') },
      settings: { port: 0 },
      pings: false,
      accessKeys: [mine.key, theirs.key],
    });
    return { gateway, url: (await gateway.listen()).url };
  };
  const client = (url: string, { token }: { readonly token: string }): OpenAI =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });

  const before = await start();
  const made = await client(before.url, mine).files.create({
    file: await toFile(Buffer.from('x'), 'a'),
    purpose: 'batch',
  });
  await before.gateway.close();

  const after = await start();
  opened.push(async () => after.gateway.close());
  expect((await client(after.url, mine).files.retrieve(made.id)).id).toBe(made.id);
  await expect(client(after.url, theirs).files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
});
