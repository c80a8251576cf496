import { expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import { accountOf, type BudgetLimits } from '../money/ledger.ts';
import { openLedgerHere } from '../money/sqlite/sqlite-ledger.ts';
import { isTeamPath, levelsOf } from '../money/team.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CLAUDE } from '../testing/internal/gateway-kit.ts';
import { anAccessKey, closeAtEnd } from '../testing/internal/gateway-test.ts';
import { OPERATOR, openPageGateway, type PageGateway } from '../testing/internal/page/page-gateway.ts';

const ORG_USD = 0.05;
const WORDS = 'word '.repeat(2000);

interface Caller {
  readonly auth: Readonly<Record<string, string>>;
}

async function say(gateway: PageGateway, { auth }: Caller): Promise<Response> {
  const messages = [{ role: 'user', content: 'Count to two thousand.' }];
  const response = await gateway.post('/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 3000, messages }, auth);
  await response.clone().arrayBuffer();
  return response;
}

/** Keys of two teams of one organisation and of another one, all without budgets of their own. */
async function openTeams(teams: Readonly<Record<string, BudgetLimits>>) {
  const vendor = closeAtEnd(await createScriptedServer({ models: [CLAUDE], script: () => ({ text: WORDS }) }));
  const made = ['acme/search/ranking', 'acme/search', 'acme/ads', 'umbrella'].map((team) =>
    anAccessKey({ name: `of ${team}`, team }),
  );
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const gateway = closeAtEnd(
    await openPageGateway({
      accessKeys: made.map(({ key }) => key),
      teams: new Map(Object.entries(teams)),
      ledger,
    }),
  );
  gateway.gateway.reload({
    endpoints: new Map(
      [...gateway.endpoints].map(([id, endpoint]) => [id, { ...endpoint, baseUrl: vendor.url }] as const),
    ),
  });
  const callers = made.map(({ token }): Caller => ({ auth: { authorization: `Bearer ${token}` } }));
  return { gateway, ledger, callers: callers as [Caller, Caller, Caller, Caller] };
}

test('keys of one organisation spend no more together than it may, whichever team they are of', async () => {
  const limit = nanoFromUsd(ORG_USD);
  const { gateway, ledger, callers } = await openTeams({
    acme: { day: limit },
    'acme/search': { total: (limit * 10) as typeof limit },
  });
  const [ranking, search, ads, umbrella] = callers;
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => say(gateway, [ranking, search, ads][index % 3] ?? ads)),
  );
  const answered = answers.filter(({ status }) => status === 200).length;
  expect(answered).toBeGreaterThan(0);
  expect(answered).toBeLessThan(60);
  const { day } = await ledger.standings(accountOf('team', 'acme'), Date.now());
  expect(day.spentNanoUsd).toBeLessThanOrEqual(limit + day.spentNanoUsd / answered);
  // Each place counts what is below it, and a call is on the bill of all of them or of none.
  const spentOf = async (team: string): Promise<number> =>
    (await ledger.standings(accountOf('team', team), Date.now())).total.spentNanoUsd;
  expect((await spentOf('acme/search')) + (await spentOf('acme/ads'))).toBe(day.spentNanoUsd);
  expect(await spentOf('acme/search/ranking')).toBeLessThanOrEqual(await spentOf('acme/search'));
  while ((await say(gateway, ads)).status === 200);
  const refused = await say(gateway, ads);
  expect([402, 429]).toContain(refused.status);
  if (refused.status === 402) expect(await refused.text()).toContain('The budget of \\"acme\\" for this day');
  expect((await say(gateway, umbrella)).status).toBe(200);
});

test('the page shows the budgets of all places to the operator, and to a key its own alone', async () => {
  const { gateway, callers } = await openTeams({ acme: { month: nanoFromUsd(5) } });
  const [ranking] = callers;
  await say(gateway, ranking);
  const budgets = async (headers: Readonly<Record<string, string>>) =>
    ((await gateway.ask('overview', headers)).body as { budgets: { name: string; spentNanoUsd: number }[] }).budgets;
  const all = await budgets({ authorization: `Bearer ${OPERATOR}` });
  expect(all.map(({ name }) => name)).toEqual([
    ...['acme', 'acme/ads', 'acme/search', 'acme/search/ranking', 'umbrella'].map((team) => `${team} (all keys)`),
    ...['acme/search/ranking', 'acme/search', 'acme/ads', 'umbrella'].map((team) => `of ${team}`),
  ]);
  const spent = new Map(all.map((row) => [row.name, row.spentNanoUsd]));
  expect(spent.get('acme (all keys)')).toBeGreaterThan(0);
  expect(spent.get('acme (all keys)')).toBe(spent.get('of acme/search/ranking'));
  expect(spent.get('acme/ads (all keys)')).toBe(0);
  expect((await budgets(ranking.auth)).map(({ name }) => name)).toEqual(['of acme/search/ranking']);
});

test.each([
  ['acme', ['acme']],
  ['acme/search/ranking', ['acme', 'acme/search', 'acme/search/ranking']],
])('%s is charged at %j', (team, places) => expect(levelsOf(team)).toEqual(places));

test.each(['', 'a/', '/a', 'a//b', 'a/b/c/d', 'a b', '../a', '-a'])('"%s" is no place', (text) =>
  expect(isTeamPath(text)).toBe(false),
);
