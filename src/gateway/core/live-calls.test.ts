import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { createLiveCalls, type LiveCall } from './live-calls.ts';

const CALL: LiveCall = { isBetweenEvents: true, hasEnded: false, refuse: () => undefined };

function response(state: { readonly closed: boolean }): ServerResponse {
  return Object.assign(new EventEmitter(), {
    closed: state.closed,
    destroyed: state.closed,
  }) as unknown as ServerResponse;
}

test('a caller that left before its call was known is not waited for', async () => {
  const live = createLiveCalls();
  live.watch(CALL, response({ closed: true }));
  await expect(live.idle(new AbortController().signal)).resolves.toBeUndefined();
});

test('a caller that is there is waited for until its answer has left', async () => {
  const live = createLiveCalls();
  const open = response({ closed: false });
  live.watch(CALL, open);
  let isIdle = false;
  const idle = live.idle(new AbortController().signal).then(() => (isIdle = true));
  await Promise.resolve();
  expect(isIdle).toBe(false);
  open.emit('close');
  await idle;
  expect(isIdle).toBe(true);
});
