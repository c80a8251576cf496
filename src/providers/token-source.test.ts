import { expect, test } from 'vitest';
import { createTokenSource } from './token-source.ts';

const named = { endpoint: 'cloud', hint: 'Sign in.' };

test('a token is fetched once for all who wait, and anew before it ends', async () => {
  let now = 0;
  let fetched = 0;
  const fetchToken = async () => ({ token: `t${(fetched += 1)}`, expiresAt: now + 3_600_000 });
  const token = createTokenSource(fetchToken, { clock: () => now, ...named });
  expect(await Promise.all([token(), token(), token()])).toEqual(['t1', 't1', 't1']);
  now = 3_400_000;
  expect(await token()).toBe('t1');
  now = 3_500_000;
  expect(await token()).toBe('t2');
});

test('one that lives shorter than the head start is not fetched for every call, and never used past its end', async () => {
  let now = 0;
  let fetched = 0;
  const fetchToken = async () => ({ token: `t${(fetched += 1)}`, expiresAt: now + 4000 });
  const token = createTokenSource(fetchToken, { clock: () => now, ...named });
  const used = [];
  for (now = 0; now < 9000; now += 1000) used.push(await token());
  expect(used).toEqual(['t1', 't1', 't1', 't1', 't2', 't2', 't2', 't2', 't3']);
});

test('a failure is told with the endpoint and what to do, and the next call tries again', async () => {
  let fetched = 0;
  const fetchToken = async () => {
    fetched += 1;
    if (fetched === 1) throw new Error('nobody is signed in\n  at some length');
    return { token: 't', expiresAt: Infinity };
  };
  const token = createTokenSource(fetchToken, { clock: () => 0, ...named });
  await expect(token()).rejects.toMatchObject({
    code: 'provider-auth',
    message: 'Endpoint "cloud" has no credentials: nobody is signed in',
    hint: 'Sign in.',
  });
  expect(await token()).toBe('t');
});
