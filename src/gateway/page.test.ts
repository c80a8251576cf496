import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { asId, type CallId, type DecisionId, type JobId, type ModelId, type SessionId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import type { CallRecord } from '../recorder/record.ts';
import { anAccessKey, closeAtEnd } from '../testing/internal/gateway-test.ts';
import { OPERATOR, openPageGateway, type PageGateway } from '../testing/internal/page/page-gateway.ts';
import { aCallRecord, aJobRecord } from '../testing/record-builders.ts';
import { aUsage } from '../testing/transcript-builders.ts';

const MESSAGES = {
  max_tokens: 99,
  messages: [{ role: 'user', content: 'Fix <script>alert(1)</script> in the parser' }],
};
const open = async (...args: Parameters<typeof openPageGateway>): Promise<PageGateway> =>
  closeAtEnd(await openPageGateway(...args));
const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });

interface Choice {
  readonly to: string;
  readonly candidates: readonly { readonly model: string }[];
  readonly models: readonly string[];
  readonly text: string;
  readonly isOther: boolean;
  readonly policyId: string;
  readonly dial: number;
  readonly error: { readonly message: string };
}

/** One call through the gateway, and its decision. */
async function oneCall(gateway: PageGateway, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await gateway.post('/v1/messages', { model: 'auto', ...MESSAGES }, headers);
  expect(response.status).toBe(200);
  await response.text();
  await gateway.recorder.flush();
  return response.headers.get('x-pointsman-decision') ?? '';
}

/** A call that came with a key. */
function ofSession(session: string, key: string, own: Partial<CallRecord>): CallRecord {
  return aCallRecord({
    jobId: undefined,
    sessionId: asId<SessionId>(session),
    gateway: {
      wire: 'anthropic-messages',
      askedFor: 'auto',
      losses: [],
      strippedThinkingCount: 0,
      key,
      decisionId: asId<DecisionId>('dec-1'),
      fallbackFrom: [],
      weakerThanDecided: false,
    },
    ...own,
  });
}

describe('the page of a gateway', () => {
  test('is given to browsers, with nothing inline; who only looks whether somebody is there gets an empty answer', async () => {
    const { url } = await open();
    const page = await fetch(url, { headers: { accept: 'text/html,*/*' } });
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(html).not.toMatch(/<script>|<script [^>]*>[^<]|<style|\son\w+=|https?:/u);
    const names = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/gu)].map(([, name]) => name);
    expect(names).toHaveLength(3);
    for (const name of names) {
      // As a browser asks for a module: with the origin of the page that it stands in.
      const file = await fetch(`${url}/${name ?? ''}`, { headers: { origin: url } });
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
      await file.arrayBuffer();
    }
    const ping = await fetch(url);
    expect([ping.status, await ping.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/pointsman/page/../../package.json`, { headers: { accept: 'text/html' } })).status).toBe(
      404,
    );
  });

  test('shows a call, its session and its decision with every candidate, and answers why not', async () => {
    const gateway = await open();
    const decision = await oneCall(gateway);
    const { body } = await gateway.ask('overview?zone=Europe/Lisbon');
    expect(body).toMatchObject({
      viewer: { sees: 'all' },
      gateway: { passThrough: { isOn: false } },
      spend: { timeZone: 'Europe/Lisbon', total: { callCount: 1 } },
      calls: [{ decisionId: decision }],
      budgets: [],
    });
    const [call] = gateway.calls;
    const { body: choice } = (await gateway.ask(`decisions/${decision}`)) as { body: Choice };
    expect(choice.to).toBe(call?.requestedModel ?? choice.to);
    expect(choice.candidates.length).toBeGreaterThan(3);
    const { body: sessions } = (await gateway.ask('sessions')) as { body: { sessions: { sessionId: string }[] } };
    const [session] = sessions.sessions;
    const { body: timeline } = await gateway.ask(`sessions/${encodeURIComponent(session?.sessionId ?? '')}`);
    expect(timeline).toMatchObject({
      steps: [{ decision: { decisionId: decision, kind: 'switch' }, calls: [{ decisionId: decision }] }],
    });
    const loser = choice.models.find((name) => name !== choice.to) ?? '';
    const { body: why } = (await gateway.ask(`why-not/${decision}?model=${loser}`)) as { body: { text: string } };
    expect(why.text).toContain(loser);
  });

  test('is where the header of an answer leads: to its decision', async () => {
    const gateway = await open();
    const answer = await gateway.post('/v1/messages', { model: 'auto', ...MESSAGES });
    await answer.text();
    await gateway.recorder.flush();
    const [, decision = ''] = /^\/#\/decision\/(\S+)$/u.exec(answer.headers.get('x-pointsman-page') ?? '') ?? [];
    expect((await gateway.ask(`decisions/${decision}`)).status).toBe(200);
  });

  test('decides a step again under another policy and dial, with what was known then', async () => {
    const gateway = await open();
    const decision = await oneCall(gateway);
    const replay = async (query: string): Promise<Choice> =>
      (await gateway.ask(`replays/${decision}?${query}`)).body as Choice;
    const same = await replay('');
    expect([same.policyId, same.isOther]).toEqual(['balanced', false]);
    const frontier = await replay('policy=quality-first&dial=0');
    const cheap = await replay('policy=thrifty&dial=10');
    expect([frontier.policyId, frontier.dial, cheap.policyId]).toEqual(['quality-first', 0, 'thrifty']);
    expect(frontier.to).not.toBe(cheap.to);
    expect((await gateway.ask(`replays/${decision}?policy=none-such`)).status).toBe(404);
    expect((await gateway.ask(`replays/${decision}?dial=11`)).status).toBe(400);
  });

  test('tells the effect of policies and dial on the steps of the last week', async () => {
    const gateway = await open();
    await oneCall(gateway);
    const { body } = (await gateway.ask('effect')) as {
      body: { stepCount: number; rows: { policyId: string; dial: number; isActive: boolean; stepCount: number }[] };
    };
    expect(body.stepCount).toBe(1);
    expect(body.rows.filter(({ isActive }) => isActive)).toMatchObject([{ policyId: 'balanced' }]);
    expect(new Set(body.rows.map(({ policyId }) => policyId)).size).toBeGreaterThan(5);
    expect(body.rows.filter(({ policyId }) => policyId === 'balanced').length).toBeGreaterThan(5);
  });

  test('tells what a pause cost whose prompt was read from no cache any more', async () => {
    const gateway = await open();
    const model = asId<ModelId>('claude-opus-5-5');
    const startedAt = Date.now() - 3 * 3_600_000;
    const warm = (cacheReadTokens: number, cacheWriteTokens: number): Partial<CallRecord> => ({
      requestedModel: model,
      usage: aUsage({ uncachedTokens: 0, cacheReadTokens, cacheWriteTokens }),
    });
    const calls = [
      { startedAt, ...warm(0, 50_000) },
      { startedAt: startedAt + 60_000, ...warm(50_000, 1000) },
      { startedAt: startedAt + 7_200_000, ...warm(0, 53_000) },
    ];
    for (const [at, call] of calls.entries())
      gateway.recorder.writeCall(ofSession('away', 'mine', { callId: asId<CallId>(`away-${at}`), ...call }));
    await gateway.recorder.flush();
    const { body } = await gateway.ask('pauses');
    // The prompt of before, written again at $5 instead of read at $0.20 a million tokens.
    const returns = [{ sessionId: 'away', lostTokens: 51_000, costNanoUsd: 51_000 * 4800 }];
    expect(body).toMatchObject({ returnCount: 1, unpricedCount: 0, costNanoUsd: 51_000 * 4800, returns });
  });

  test('tells the health of each model at its endpoint', async () => {
    const gateway = await open();
    await oneCall(gateway);
    const { body } = await gateway.ask('health');
    expect(body).toMatchObject({
      hosts: [{ callCount: 1, errorCount: 0 }],
      circuits: expect.arrayContaining([expect.objectContaining({ state: 'closed' })]) as unknown,
    });
  });

  test.each([
    'calls?limit=100000',
    'calls?limit=-1',
    'calls?before=x',
    'overview?days=0',
    'overview?zone=Mars/Phobos',
    `overview?text=${'x'.repeat(300)}`,
    'sessions?offset=1e9',
    'decisions/%E0%A4%A',
  ])('refuses %s', async (path) => {
    const gateway = await open();
    expect(await gateway.ask(path)).toMatchObject({ status: 400, body: { error: { code: 'request-invalid' } } });
  });

  test.each([
    ['question', 'Do you accept it?', '--answer TEXT'],
    ['permission', 'May it run this?', '--allow'],
    ['budget', 'It is spent.', '--add-budget USD'],
  ] as const)('says of a job that waits for a %s what to type', async (kind, question, option) => {
    const gateway = await open();
    const jobId = asId<JobId>('job-waits');
    const pause = { code: 'tool-denied', question, kind } as const;
    gateway.recorder.writeJob(aJobRecord({ jobId, status: 'paused', pause }));
    await gateway.recorder.flush();
    const { body } = await gateway.ask('sessions/job-waits');
    expect(body).toMatchObject({ job: { pause: { question }, goOn: `pointsman resume job-waits ${option}` } });
  });

  test.each(['nothing', 'decisions/none', 'sessions/none', 'constructor', '__proto__/x', 'why-not/none?model=x'])(
    'knows no %s',
    async (path) => {
      const gateway = await open();
      expect((await gateway.ask(path)).status).toBe(404);
    },
  );
});

describe('who may look', () => {
  const mine = anAccessKey({ name: 'mine', budgetNanoUsd: nanoFromUsd(5) });
  const other = anAccessKey({ name: 'other' });
  const accessKeys = [mine.key, other.key];

  test('nobody without a key where keys are demanded; with one, at what came with it', async () => {
    const gateway = await open({ accessKeys });
    expect((await gateway.ask('overview')).status).toBe(401);
    expect((await gateway.ask('overview', bearer('pm-wrong'))).status).toBe(401);
    const own = await oneCall(gateway, bearer(mine.token));
    const theirs = await oneCall(gateway, bearer(other.token));
    gateway.recorder.writeCall(aCallRecord({ callId: asId<CallId>('of-a-job') }));
    await gateway.recorder.flush();
    const { body } = await gateway.ask('overview', bearer(mine.token));
    expect(body).toMatchObject({
      viewer: { sees: 'key', name: 'mine' },
      spend: { total: { callCount: 1 } },
      budgets: [{ name: 'mine', periods: [{ period: 'total', limitNanoUsd: 5_000_000_000 }] }],
      calls: [{ key: 'mine' }],
    });
    // A filter of its own opens nothing more.
    expect((await gateway.ask('calls?key=other', bearer(mine.token))).body).toMatchObject({ calls: [{ key: 'mine' }] });
    expect((await gateway.ask(`decisions/${own}`, bearer(mine.token))).status).toBe(200);
    for (const path of [
      `decisions/${theirs}`,
      `why-not/${theirs}?model=x`,
      `replays/${theirs}`,
      'sessions/job-1',
      'effect',
    ])
      expect([path, (await gateway.ask(path, bearer(mine.token))).status]).toEqual([path, 404]);
    expect((await gateway.ask('overview', bearer(OPERATOR))).body).toMatchObject({
      viewer: { sees: 'all' },
      spend: { total: { callCount: 3 } },
    });
  });

  test('a session that others have a part in is shown to none of them', async () => {
    const gateway = await open({ accessKeys });
    for (const key of ['mine', 'other']) {
      gateway.recorder.writeCall(ofSession('shared', key, { callId: asId<CallId>(key) }));
    }
    await gateway.recorder.flush();
    expect((await gateway.ask('sessions/shared', bearer(mine.token))).status).toBe(404);
    expect((await gateway.ask('sessions/shared', bearer(OPERATOR))).status).toBe(200);
  });

  test('where a session stands: latest decision with its reason, and the money; another’s is not there', async () => {
    const gateway = await open({ accessKeys });
    const named = { ...bearer(mine.token), 'x-session-id': 'standing' };
    await oneCall(gateway, named);
    const latest = await oneCall(gateway, named);
    const { status, body } = await gateway.ask('summaries/standing', bearer(mine.token));
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        id: 'standing',
        callCount: 2,
        unknownBillCallCount: 0,
        isCut: false,
        decision: expect.objectContaining({ decisionId: latest, reason: expect.stringMatching(/\w/u) }),
      }),
    ]);
    expect((body as { billNanoUsd: number }).billNanoUsd).toBeGreaterThan(0);
    const sees = async (token: string): Promise<number> =>
      (await gateway.ask('summaries/standing', bearer(token))).status;
    expect([await sees(other.token), await sees('pm-wrong'), await sees(OPERATOR)]).toEqual([404, 401, 200]);
    // One call of another in it, however late, and it is nobody's but the operator's.
    gateway.recorder.writeCall(
      ofSession('standing', 'other', { callId: asId<CallId>('late'), startedAt: Date.now() + 9e6 }),
    );
    await gateway.recorder.flush();
    expect([await sees(mine.token), await sees(OPERATOR)]).toEqual([404, 200]);
  });

  test('a decision late in a long session is its own caller’s to see; a job of the session’s name is not', async () => {
    const gateway = await open({ accessKeys });
    const named = { ...bearer(mine.token), 'x-session-id': 'long' };
    for (let index = 0; index < 1100; index += 1) {
      gateway.recorder.writeCall(
        ofSession('long', 'mine', { callId: asId<CallId>(`early-${index}`), startedAt: index }),
      );
    }
    const late = await oneCall(gateway, named);
    expect((await gateway.ask(`decisions/${late}`, bearer(mine.token))).status).toBe(200);
    expect((await gateway.ask('sessions/long', bearer(mine.token))).status).toBe(200);
    gateway.recorder.writeJob(aJobRecord({ jobId: asId<JobId>('long') }));
    await gateway.recorder.flush();
    expect((await gateway.ask('sessions/long', bearer(mine.token))).status).toBe(404);
  });

  test('two keys of one name see nothing: records cannot tell them apart', async () => {
    const gateway = await open({ accessKeys: [mine.key, anAccessKey({ name: 'mine' }).key] });
    expect((await gateway.ask('overview', bearer(mine.token))).status).toBe(403);
  });

  test('a log-in is a cookie that no script reads and no other site sends, until it is ended or its key goes', async () => {
    const gateway = await open({ accessKeys });
    const post = async (name: string, body: object, headers = {}): Promise<Response> =>
      gateway.post(`/pointsman/api/${name}`, body, headers);
    expect((await post('login', { token: 'pm-wrong' })).status).toBe(401);
    const login = await post('login', { token: mine.token });
    const cookie = login.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^pointsman_page=[\w-]{43}; Path=\/pointsman; HttpOnly; SameSite=Strict; Max-Age=\d+$/u);
    expect(cookie).not.toContain(mine.token);
    const header = { cookie: `theme=dark; ${cookie.split(';')[0] ?? ''}` };
    expect((await gateway.ask('overview', header)).status).toBe(200);
    // It opens the page alone.
    expect((await gateway.post('/v1/messages', { model: 'auto', ...MESSAGES }, header)).status).toBe(401);
    gateway.gateway.reload({ accessKeys: [other.key] });
    expect((await gateway.ask('overview', header)).status).toBe(401);
    gateway.gateway.reload({ accessKeys });
    expect((await gateway.ask('overview', header)).status).toBe(200);
    await post('logout', {}, header);
    expect((await gateway.ask('overview', header)).status).toBe(401);
  });

  test.each([
    ['under a name that was bound to this machine', { host: 'evil.example' }, 421],
    ['from another site', { origin: 'https://evil.example' }, 403],
    ['from another port of this machine', { origin: 'http://127.0.0.1:1' }, 403],
    ['from a page without an origin', { origin: 'null' }, 403],
  ])('nobody %s', async (_how, headers, status) => {
    const { url } = await open();
    for (const [method, path] of [
      ['GET', 'overview'],
      ['POST', 'pass-through'],
    ] as const) {
      // Not by fetch, which sets these headers itself.
      const answered = await new Promise<number | undefined>((resolve, reject) => {
        request(`${url}/pointsman/api/${path}`, { method, headers: { 'content-type': 'application/json', ...headers } })
          .on('response', (response) => (response.resume(), resolve(response.statusCode)))
          .on('error', reject)
          .end(method === 'POST' ? '{"on":true}' : undefined);
      });
      expect(answered).toBe(status);
    }
  });
});

describe('the switch that passes everything through', () => {
  const flip = async (
    gateway: PageGateway,
    on: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> => gateway.post('/pointsman/api/pass-through', { on }, headers);
  const modelOf = async (gateway: PageGateway, model: string, text: string): Promise<string> => {
    const messages = [{ role: 'user', content: text }];
    const response = await gateway.post('/v1/messages', { model, max_tokens: 99, messages });
    await response.text();
    return response.headers.get('x-pointsman-model') ?? '';
  };

  test('sends what would be routed to the session’s own model, or to the ablest that speaks its format, and is undone', async () => {
    const gateway = await open();
    const routed = await modelOf(gateway, 'auto-fast', 'Say hello');
    expect((await flip(gateway, true)).status).toBe(200);
    expect((await gateway.ask('status')).body).toMatchObject({ gateway: { passThrough: { isOn: true } } });
    expect(await modelOf(gateway, 'auto-fast', 'Another question')).toBe('claude-opus-5-5');
    expect(await modelOf(gateway, 'claude-haiku-4-5', 'A named one')).toBe('claude-haiku-4-5');
    await flip(gateway, false);
    expect(await modelOf(gateway, 'auto-fast', 'Say hello again')).toBe(routed);
    expect(gateway.warnings.filter((text) => /routed/u.test(text))).toHaveLength(2);
  });

  test('is thrown by POST alone, by whoever sees everything, and with a word that it knows', async () => {
    const { key, token } = anAccessKey({ name: 'mine' });
    const gateway = await open({ accessKeys: [key] });
    expect((await flip(gateway, true)).status).toBe(401);
    expect((await flip(gateway, true, bearer(token))).status).toBe(403);
    expect((await flip(gateway, 'yes', bearer(OPERATOR))).status).toBe(400);
    const asText = { ...bearer(OPERATOR), 'content-type': 'text/plain' };
    expect((await flip(gateway, true, asText)).status).toBe(403);
    expect((await gateway.ask('pass-through?on=true', bearer(OPERATOR))).status).toBe(404);
    expect((await gateway.ask('status', bearer(OPERATOR))).body).toMatchObject({
      gateway: { passThrough: { isOn: false } },
    });
    expect((await flip(gateway, true, bearer(OPERATOR))).status).toBe(200);
  });
});
