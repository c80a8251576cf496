import { expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { asId, type ModelId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { bringSession, shareSession } from './move-session.ts';
import { createSessionStore, type Session, type SessionLookup, type SessionStore } from './session-store.ts';
import { parseSessionText, toSessionText } from './session-text.ts';
import { withCall } from './thread-pauses.ts';
import { fingerprintTranscript } from './transcript-fingerprint.ts';

const catalog = loadCatalog();
const MODEL = asId<ModelId>('claude-opus-5-5');
const modelOf = (id: ModelId): ReturnType<typeof catalog.get> => catalog.get(id);
const key = { session: 's-1', thread: undefined, source: 'x-session-id' } as const;
const store = (): SessionStore => createSessionStore({ maxCount: 10, ttlMs: 1000 });
const messages = [
  { role: 'user', content: 'a' },
  { role: 'assistant', content: 'b' },
];
const lookup = (count: number): SessionLookup => ({
  tenant: 'team',
  key,
  fingerprints: fingerprintTranscript([...messages, { role: 'user', content: 'c' }].slice(0, count)),
  firstAnswerIndex: count > 1 ? 1 : Number.POSITIVE_INFINITY,
  firstUserIndex: 0,
  headFingerprint: 7,
  hasTools: true,
  isAside: false,
  isCut: () => false,
  now: 10,
});

/** A session in the middle of its work, as calls leave it. */
function begun(at: SessionStore): Session {
  const place = at.find(lookup(1));
  at.advance(place, lookup(1));
  const { session, thread } = place;
  const model = catalog.get(MODEL);
  if (model === undefined) throw new Error('the catalogue has changed');
  thread.incumbent = MODEL;
  thread.firstModel = MODEL;
  thread.cachedAt.set(MODEL, { messageIndex: 0, fingerprint: 5 });
  thread.pauses = withCall(thread.pauses, { at: 10, model, finishReason: 'stop', isSubAgent: false, hourTokens: 0 });
  session.stepCount = 1;
  session.spentNanoUsd = toNanoUsd(42);
  return session;
}

test('a session that was read again is the one that was written, whatever JSON cannot hold', () => {
  const session = begun(store());
  const copy = parseSessionText(toSessionText(session) ?? '', session.key, modelOf);
  expect(copy).toEqual(session);
  expect(copy?.threads[0]?.cachedAt.get(MODEL)).toEqual({ messageIndex: 0, fingerprint: 5 });
  expect(copy?.threads[0]?.firstAnswerIndex).toBe(Number.POSITIVE_INFINITY);
  expect(copy?.threads[0]?.pauses.last?.model).toBe(catalog.get(MODEL));
});

test('what is another session’s, of another form or of a model that is gone is not believed', () => {
  const session = begun(store());
  const text = toSessionText(session) ?? '';
  expect(parseSessionText(text, 'other\u0000s-1', modelOf)).toBeUndefined();
  expect(parseSessionText(text.replace('"v":1', '"v":2'), session.key, modelOf)).toBeUndefined();
  expect(parseSessionText(text, session.key, () => undefined)?.threads[0]?.pauses.last).toBeUndefined();
});

test('of a session too long to keep its oldest transcripts are left out', () => {
  const session = begun(store());
  const [thread] = session.threads;
  if (thread === undefined) throw new Error('no thread');
  session.threads.unshift({ ...thread, name: 'old', fingerprints: Array.from({ length: 20_000 }, () => 2 ** 52) });
  const copy = parseSessionText(toSessionText(session) ?? '', session.key, modelOf);
  expect(copy?.threads.map(({ name }) => name)).toEqual([thread.name]);
});

test('a gateway that does not know a session asks for it once, and goes on with its transcript and model', async () => {
  const kept = new Map<string, string | undefined>();
  const asked: string[] = [];
  const shared = {
    find: async (name: string) => {
      asked.push(name);
      return kept.get(name);
    },
    keep: (name: string, text: () => string | undefined) => void kept.set(name, text()),
    onMoved: () => undefined,
    close: async () => undefined,
  };
  const [here, there] = [store(), store()];
  shareSession(shared, begun(here));
  const from = { tenant: 'team', key, now: 20 };
  await bringSession({ sessions: here, shared }, from, modelOf);
  expect(asked).toEqual([]);
  await bringSession({ sessions: there, shared }, from, modelOf);
  await bringSession({ sessions: there, shared }, from, modelOf);
  expect(asked).toHaveLength(1);
  const place = there.find({ ...lookup(3), now: 20 });
  expect([place.relation, place.thread.incumbent, place.session.spentNanoUsd]).toEqual(['appended', MODEL, 42]);
  // Another team's session of the same name is another one.
  await bringSession({ sessions: there, shared }, { ...from, tenant: 'others' }, modelOf);
  expect(there.find({ ...lookup(3), tenant: 'others', now: 20 }).relation).toBe('new');
  // Nothing is shared of who is known by a transcript alone.
  shareSession(shared, here.find({ ...lookup(1), key: undefined }).session);
  expect(kept.size).toBe(1);
});
