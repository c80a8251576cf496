import { expect, test } from 'vitest';
import { openTestPostgres } from '../../../src/testing/internal/postgres/test-store.ts';
import { createLeakFinder } from './find-leaks.ts';
import { playTenancy } from './play-tenancy.ts';

const postgres = await openTestPostgres();
const signal = new AbortController().signal;

async function seesNothing(address: string | undefined): Promise<void> {
  const run = await playTenancy({ seed: 7, callCount: 900, address, signal });
  expect(run.leaks).toEqual([]);
  // It asked for what is others', and its principals got what is their own.
  expect(run.refusedCount).toBeGreaterThan(100);
  for (const act of ['messages', 'responses', 'upload', 'read a file', 'list', 'page calls', 'tail'])
    expect(run.doneCounts.get(act) ?? 0, act).toBeGreaterThan(0);
}

test('random principals see nothing of each other in a gateway over a folder', () => seesNothing(undefined), 120_000);

test.skipIf(postgres === undefined)(
  'random principals see nothing of each other in a gateway over PostgreSQL',
  () => seesNothing(postgres?.freshAddress()),
  120_000,
);

test('a tenant that is two people’s is found by every way to see what is another’s', async () => {
  const { leaks } = await playTenancy({ seed: 7, callCount: 1500, isLeaky: true, signal });
  for (const way of [/^tail$/u, /^list$/u, /^metrics$/u, /^page (?:calls|overview)$/u, /^(?:read|name|delete|go on)/u])
    expect(leaks.filter(({ act }) => way.test(act)).length, String(way)).toBeGreaterThan(0);
  // Nobody beside the two saw anything.
  expect(new Set(leaks.map(({ viewer }) => viewer))).toEqual(new Set(['pa', 'pb']));
}, 120_000);

test('an answer that was made for another is a leak though no word of theirs stands in it', () => {
  const finder = createLeakFinder(new Map());
  const act = { name: 'messages', method: 'POST', path: '/v1/messages' } as const;
  const answer = { status: 200, text: 'sr12rs' };
  expect(finder.look(act, { name: 'pa', kind: 'key', token: 'a' }, answer)).toEqual([]);
  expect(finder.look(act, { name: 'pb', kind: 'key', token: 'b' }, answer)).toEqual([
    { act: 'messages', viewer: 'pb', what: 'answer sr12rs of pa' },
  ]);
});
