import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openGateway, type OpenedGateway } from '../app/open-gateway.ts';
import { loadConfig } from '../config/load-config.ts';
import { openPostgres } from '../postgres/open-postgres.ts';
import { openVendor } from '../testing/internal/gateway-test.ts';
import { openTestPostgres } from '../testing/internal/postgres/test-store.ts';
import { createFolderGate } from '../trust/folder-gate.ts';
import { command as records } from './commands/records-command.ts';
import { command as serve } from './commands/serve-command.ts';
import { command as spend } from './commands/spend-command.ts';
import type { CliCommand, CommandIo } from './input/command.ts';
import { command as keys } from './keys/keys-command.ts';
import { openAccessKeyStore } from './launch/access-key-store.ts';

const server = await openTestPostgres();

interface Machine {
  readonly home: string;
  readonly run: (command: CliCommand, ...args: readonly string[]) => Promise<string>;
  readonly start: () => Promise<{ readonly gateway: OpenedGateway; readonly url: string }>;
}

/** A machine of its own, whose store is at the address. */
function aMachine(address: string, vendorUrl: string): Machine {
  const home = mkdtempSync(path.join(tmpdir(), 'on-postgres-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const file = path.join(home, 'mine.yaml');
  writeFileSync(file, `endpoints:\n  openai: { baseUrl: "${vendorUrl}/v1" }\nstore: "\${STORE_ADDRESS}"\n`);
  const env = { HOME: home, OPENAI_API_KEY: 'our-key', STORE_ADDRESS: address };
  const gate = createFolderGate({ env });
  return {
    home,
    run: async (command, ...args) => {
      let said = '';
      const io: CommandIo = {
        stdout: (text) => void (said += text),
        stderr: (text) => void (said += text),
        env: { ...env, POINTSMAN_STORE: address },
        cwd: home,
        isTerminal: false,
        signal: new AbortController().signal,
      };
      await command.run(args, io);
      return said;
    },
    start: async () => {
      const config = loadConfig({ cwd: home, env, file, gate });
      const keyStore = await openAccessKeyStore({ store: config.store, dir: home, gate, env });
      const accessKeys = await keyStore.read();
      await keyStore.close();
      const gateway = await openGateway({
        cwd: home,
        env,
        gate,
        config,
        settings: { port: 0 },
        pings: false,
        accessKeys,
      });
      onTestFinished(() => gateway.close());
      return { gateway, url: (await gateway.listen()).url };
    },
  };
}

const client = (url: string, token: string): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });

test.for(['a folder', 'PostgreSQL'])(
  'a key in %s that is revoked while a gateway starts is revoked',
  async (kind, { skip }) => {
    skip(kind === 'PostgreSQL' && server === undefined, 'no PostgreSQL');
    const place = kind === 'PostgreSQL' ? (server?.freshAddress() ?? '') : mkdtempSync(path.join(tmpdir(), 'keys-of-'));
    if (kind === 'a folder') onTestFinished(() => rmSync(place, { recursive: true, force: true }));
    const machine = aMachine(place, 'http://127.0.0.1:9');
    await machine.run(keys, 'add', 'gone');
    const env = { HOME: machine.home, POINTSMAN_STORE: place };
    const gate = createFolderGate({ env });
    const { store } = loadConfig({ cwd: machine.home, env, gate });
    const keyStore = await openAccessKeyStore({ store, dir: place, gate, env });
    onTestFinished(() => keyStore.close());
    const [key] = await keyStore.read();
    await machine.run(keys, 'revoke', key?.id ?? '');
    let left: number | undefined;
    const stop = keyStore.watch(() => void keyStore.read().then((read) => (left = read.length)));
    onTestFinished(stop);
    await expect.poll(() => left, { timeout: 60_000 }).toBe(0);
  },
);

describe.skipIf(server === undefined)('gateways on one PostgreSQL store', () => {
  const fresh = (): string => server?.freshAddress() ?? '';

  test('share keys, budgets, records and whose ids are whose, and leave nothing on their machines', async () => {
    const usage = { input_tokens: 5, output_tokens: 1000, total_tokens: 1005 };
    const vendor = await openVendor((answer) => {
      const body = {
        id: 'resp_1',
        object: 'response',
        status: 'completed',
        model: 'gpt-6-luna',
        output: [],
        usage,
      };
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const address = fresh();
    const machines = [aMachine(address, vendor.url), aMachine(address, vendor.url)] as const;
    const tokenOf = (said: string): string => said.split('\n')[0] ?? '';
    const poor = tokenOf(await machines[0].run(keys, 'add', 'poor', '--budget-usd', '0.02'));
    const other = tokenOf(await machines[1].run(keys, 'add', 'other'));
    const [one, two] = [await machines[0].start(), await machines[1].start()];

    const ask = { model: 'gpt-6-luna', input: 'hi', max_output_tokens: 1000 };
    const made = await client(one.url, other).responses.create(ask);
    await expect
      .poll(async () =>
        client(two.url, other)
          .responses.retrieve(made.id)
          .then(
            ({ id }) => id,
            () => '',
          ),
      )
      .toBe(made.id);
    await expect(client(two.url, poor).responses.retrieve(made.id)).rejects.toMatchObject({ status: 404 });

    const asked = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => client((index % 2 === 0 ? one : two).url, poor).responses.create(ask)),
    );
    const answered = asked.filter(({ status }) => status === 'fulfilled').length;
    const refused = asked.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { status: number }).status] : [],
    );
    expect(refused.filter((status) => status !== 402 && status !== 429)).toEqual([]);
    expect(refused).not.toEqual([]);
    await one.gateway.close();
    await two.gateway.close();

    const { data: listed } = JSON.parse(await machines[1].run(keys, 'list', '--json')) as {
      data: {
        keys: { name: string; standings: { total: { spentNanoUsd: number; heldNanoUsd: number } } }[];
      };
    };
    const { total } = listed.keys.find(({ name }) => name === 'poor')?.standings ?? { total: undefined };
    expect(total?.heldNanoUsd).toBe(0);
    expect(total?.spentNanoUsd).toBeGreaterThan(0);
    // One call goes out alone on what is left, and may bill more.
    expect(total?.spentNanoUsd).toBeLessThanOrEqual(20_000_000 + (total?.spentNanoUsd ?? 0) / answered);
    expect(answered).toBeGreaterThan(0);

    const { data: summary } = JSON.parse(await machines[0].run(records, '--json')) as { data: { callCount: number } };
    expect(summary.callCount).toBeGreaterThanOrEqual(answered + 1);
    const spent = JSON.parse(await machines[1].run(spend, '--by', 'key', '--json')) as object;
    expect(JSON.stringify(spent)).toContain('"poor"');
    for (const { home } of machines)
      expect(readdirSync(home, { recursive: true }).filter((name) => /\.db|keys\.json/u.test(String(name)))).toEqual(
        [],
      );
  });

  test('a session that comes to another one goes on there, and not as a new one', async () => {
    const vendor = await openVendor((answer) => {
      const usage = { input_tokens: 5, output_tokens: 5, total_tokens: 10 };
      const body = { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-6-luna', output: [], usage };
      answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    const address = fresh();
    const [one, two] = [await aMachine(address, vendor.url).start(), await aMachine(address, vendor.url).start()];
    const stepAt = async (url: string, ...said: readonly string[]): Promise<string | null> => {
      const input = said.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }) as const);
      const call = client(url, 'none').responses.create(
        { model: 'auto', input, max_output_tokens: 10 },
        { headers: { 'x-session-id': 'one' } },
      );
      return (await call.withResponse()).response.headers.get('x-pointsman-step');
    };
    expect(await stepAt(one.url, 'Name a colour.')).toBe('one#1');
    const postgres = await openPostgres(address);
    onTestFinished(() => postgres.close());
    const keptCount = async (): Promise<number> => (await postgres.query('select 1 from gateway_sessions')).count;
    await expect.poll(keptCount).toBe(1);
    expect(await stepAt(two.url, 'Name a colour.', 'Red.', 'Now prove that there are infinitely many primes.')).toBe(
      'one#2',
    );
  });

  test('a store that does not answer keeps a gateway from starting, and no password is said', async () => {
    const password = 'hunter2-and-more';
    const wrong = fresh().replace(/:[^:@]*@/u, `:${password}@`);
    for (const address of [wrong, `postgres://us:${password}@127.0.0.1:1/db`, `postgres://us:${password}@[/db`]) {
      const machine = aMachine(address, 'http://127.0.0.1:9');
      const thrown = await Promise.allSettled([
        machine.start(),
        machine.run(serve, '--port', '0'),
        machine.run(keys, 'list'),
        machine.run(records),
      ]);
      for (const one of thrown) {
        expect(one.status).toBe('rejected');
        if (one.status === 'fulfilled') continue;
        expect(one.reason).toMatchObject({
          code: expect.stringMatching(/^(?:record-unreadable|config-invalid)$/u) as string,
        });
        expect(
          JSON.stringify(one.reason, Object.getOwnPropertyNames(one.reason)) + String(one.reason.stack),
        ).not.toContain(password);
      }
    }
  });
});
