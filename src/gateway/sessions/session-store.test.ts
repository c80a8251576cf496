import { describe, expect, test } from 'vitest';
import { firstAnswerIndex, firstUserIndex, opensWithSummary } from './call-shape.ts';
import { createSessionStore, type SessionLookup, type SessionPlace, type SessionStore } from './session-store.ts';
import { fingerprintTranscript } from './transcript-fingerprint.ts';

const user = (text: string): object => ({ role: 'user', content: text });
const model = (text: string): object => ({ role: 'assistant', content: text });

function call(
  store: SessionStore,
  messages: readonly object[],
  options: {
    readonly session?: string;
    readonly tenant?: string;
    readonly now?: number;
    readonly head?: number;
    readonly isAside?: boolean;
  } = {},
): SessionPlace {
  const fingerprints = fingerprintTranscript(messages);
  const { session, tenant = 'local', now = 0 } = options;
  const key = session === undefined ? undefined : { session, thread: undefined, source: 'test' };
  const lookup: SessionLookup = {
    tenant,
    key,
    fingerprints,
    firstAnswerIndex: firstAnswerIndex(messages),
    firstUserIndex: firstUserIndex(messages),
    headFingerprint: options.head ?? 1,
    hasTools: true,
    isAside: options.isAside ?? false,
    isCut: () => opensWithSummary(messages),
    now,
  };
  const place = store.find(lookup);
  store.advance(place, lookup);
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

  test('two callers with the same first words stay two sessions', () => {
    const store = createSessionStore({ maxCount: 9, ttlMs: 1000 });
    const mine = call(store, [user('hello')]);
    const theirs = call(store, [user('hello')]);
    expect(theirs.session).not.toBe(mine.session);
    const [a, b] = [
      call(store, [user('hello'), model('for me'), user('x')]),
      call(store, [user('hello'), model('for you'), user('y')]),
    ];
    expect(a.session).not.toBe(b.session);
    expect(call(store, [user('hello'), model('for me'), user('x'), model('1'), user('z')]).session).toBe(a.session);
    expect(call(store, [user('hello'), model('for you'), user('y'), model('2'), user('z')]).session).toBe(b.session);
  });

  test.each([undefined, 's'])(
    'a last message that is replaced in each call is the same transcript (key %s)',
    (session) => {
      const store = createSessionStore(limits);
      const at = session === undefined ? {} : { session };
      const grown = [user('do it'), model('a'), user('b'), model('c')];
      const first = call(store, [...grown, user('context 1')], at);
      const second = call(store, [...grown, model('d'), user('e'), user('context 2')], at);
      expect(second).toMatchObject({ relation: 'edited' });
      expect(second.thread).toBe(first.thread);
    },
  );

  test('a transcript that was cut to a summary is the one that it sums up', () => {
    const store = createSessionStore(limits);
    const before = call(store, [user('fix'), model('ok'), user('go on')], { session: 's' });
    call(store, [user('Write a title')], { session: 's', head: 2, isAside: true });
    const after = call(store, [user('This session is being continued from a previous conversation.')], {
      session: 's',
    });
    expect(after).toMatchObject({ relation: 'cut' });
    expect(after.thread).toBe(before.thread);
  });

  test('a harness’s question beside the conversation leaves its transcript where it was', () => {
    const store = createSessionStore(limits);
    const grown = [user('fix'), model('ok'), user('go on')];
    const main = call(store, grown, { session: 's' });
    const aside = call(store, [...grown, user('Recap in one line')], { session: 's', isAside: true });
    expect(aside).toMatchObject({ relation: 'aside' });
    expect(aside.beside).toBe(main.thread);
    const next = call(store, [...grown, model('done'), user('thanks')], { session: 's' });
    expect(next).toMatchObject({ relation: 'appended' });
    expect(next.thread).toBe(main.thread);
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
