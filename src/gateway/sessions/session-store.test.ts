import { describe, expect, test } from 'vitest';
import { createSessionStore, type SessionPlace, type SessionStore } from './session-store.ts';
import { printTranscript } from './transcript-print.ts';

const user = (text: string): object => ({ role: 'user', content: text });
const model = (text: string): object => ({ role: 'assistant', content: text });

function call(
  store: SessionStore,
  messages: readonly object[],
  options: { readonly session?: string; readonly tenant?: string; readonly now?: number } = {},
): SessionPlace {
  const prints = printTranscript(messages);
  const { session, tenant = 'local', now = 0 } = options;
  const key = session === undefined ? undefined : { session, thread: undefined, source: 'test' };
  const place = store.find({ tenant, key, prints, now });
  store.advance(place, prints);
  return place;
}

describe('session store', () => {
  const limits = { maxCount: 3, ttlMs: 1000 };

  test('finds a growing transcript without any key', () => {
    const store = createSessionStore(limits);
    const first = call(store, [user('a')]);
    const second = call(store, [user('a'), model('b'), user('c')]);
    expect(second.thread).toBe(first.thread);
  });

  test('a branch off an older place is a session of its own, and both go on', () => {
    const store = createSessionStore(limits);
    const trunk = call(store, [user('a')]);
    call(store, [user('a'), model('b'), user('c')]);
    const branch = call(store, [user('a'), model('x'), user('y')]);
    expect(branch.session).not.toBe(trunk.session);
    expect(call(store, [user('a'), model('b'), user('c'), model('d'), user('e')]).session).toBe(trunk.session);
    expect(call(store, [user('a'), model('x'), user('y'), model('z'), user('w')]).session).toBe(branch.session);
  });

  test('a side call under the same key does not disturb the conversation', () => {
    const store = createSessionStore(limits);
    const main = call(store, [user('fix')], { session: 's' });
    const title = call(store, [user('make a title')], { session: 's' });
    expect(title.session).toBe(main.session);
    expect(title.thread).not.toBe(main.thread);
    expect(call(store, [user('fix'), model('ok'), user('go on')], { session: 's' }).thread).toBe(main.thread);
  });

  test('tenants never share a session, whatever their keys and words', () => {
    const store = createSessionStore(limits);
    const mine = call(store, [user('a')], { session: 's', tenant: 'one' });
    expect(call(store, [user('a')], { session: 's', tenant: 'two' }).session).not.toBe(mine.session);
    const prefix = call(store, [user('b')], { tenant: 'one' });
    expect(call(store, [user('b')], { tenant: 'two' }).session.sessionId).not.toBe(prefix.session.sessionId);
  });

  test('forgets the least recently used and the long idle', () => {
    const store = createSessionStore(limits);
    const first = call(store, [user('a')], { session: '0' });
    for (const session of ['1', '2', '3']) call(store, [user('a')], { session });
    expect(store.size).toBe(3);
    expect(call(store, [user('a')], { session: '0' }).session).not.toBe(first.session);
    const kept = call(store, [user('a')], { session: '0', now: 10 });
    expect(call(store, [user('a')], { session: '0', now: 2000 }).session).not.toBe(kept.session);
  });
});
