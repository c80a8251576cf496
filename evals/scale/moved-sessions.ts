import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Figures } from '../../src/domain/figure.ts';
import { callMark, openCallVendor, type CallVendor, type SeenCall } from './call-vendor.ts';
import { freePorts, keepRunning, untilAnswered } from './fleet.ts';
import { gatewayPlace } from './gateway-place.ts';
import type { StorePlace } from './store-place.ts';

const LANES = 8;
/** What follows a session is to be there by then. */
const MOVED_MS = 1000;
const START_MS = 60_000;
/** So long that writing it anew on another model is dearer than reading it on the one that has it. */
const CONTEXT =
  'The quick brown fox jumps over the lazy dog while the agent edits src/index.ts and runs the tests. '.repeat(800);
const HARD =
  'Design a lock-free queue for many producers that survives crashes of its writers, prove that it is linearizable, and say where the proof would break.';
const EASY = 'Thanks. Say hello.';

/**
 * Sessions that were begun on an able model and go on with words that a cheap one would do for: the first gateway is killed a second after
 * its last answer, the second one serves a call of each, the third one the next. A move is warm where the vendor sees the
 * same model asked and reads the prompt from its cache. Beside it the same transcripts under keys that no gateway has seen.
 */
export async function movedFigures(store: StorePlace, sessionCount: number): Promise<Figures> {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-scale-')));
  const vendor = await openCallVendor();
  const place = gatewayPlace(dir, store.freshDirectAddress(), vendor.url);
  const ports = await freePorts(3);
  const gateways = ports.map((port, index) =>
    keepRunning(`gateway ${index}`, ['serve', '--port', String(port), '--policy', 'balanced', '--no-pings'], place),
  );
  try {
    await untilAnswered(ports, START_MS);
    const [first = 0, second = 0, third = 0] = ports;
    const sessions = Array.from({ length: sessionCount }, (_, index) => `moved-${index}`);
    const transcripts = new Map(sessions.map((session) => [session, [] as string[]]));
    const turn = async (port: number, words: string): Promise<readonly SeenCall[]> =>
      inLanes(sessions, (session) => ask(vendor, { port, session, words, said: transcripts.get(session) ?? [] }));
    const begun = await turn(first, HARD);
    await wait(MOVED_MS);
    gateways[0]?.kill();
    const strange = await inLanes(sessions, (session) =>
      ask(vendor, {
        port: second,
        session: `${session}-strange`,
        words: EASY,
        said: [...(transcripts.get(session) ?? [])],
      }),
    );
    const once = await turn(second, EASY);
    await wait(MOVED_MS);
    const twice = await turn(third, EASY);
    const isSame = (calls: readonly SeenCall[], index: number): boolean => calls[index]?.model === begun[index]?.model;
    const isWarm = (calls: readonly SeenCall[], index: number): boolean =>
      isSame(calls, index) && (calls[index]?.readTokens ?? 0) > 0;
    const share = (count: number, of: number): number => (100 * count) / of;
    const warm = [once, twice].flatMap((calls) => calls.filter((_, index) => isWarm(calls, index)));
    const stayed = strange.filter((_, index) => isSame(strange, index));
    return {
      'scale.session.moved.warm.pct': {
        value: share(warm.length, 2 * sessionCount),
        unit: '%',
        n: 2 * sessionCount,
        against: share(stayed.length, sessionCount),
        label: 'measured',
      },
    };
  } finally {
    await Promise.all(gateways.map(async (kept) => kept.end()));
    await vendor.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function inLanes(
  sessions: readonly string[],
  act: (session: string) => Promise<SeenCall>,
): Promise<readonly SeenCall[]> {
  const calls: SeenCall[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < sessions.length; index = next++) calls[index] = await act(sessions[index] ?? '');
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return calls;
}

let callCount = 0;

/** One call more of a transcript, and what the vendor saw of it. @throws Error where it is refused */
async function ask(
  vendor: CallVendor,
  {
    port,
    session,
    words,
    said,
  }: { readonly port: number; readonly session: string; readonly words: string; readonly said: string[] },
): Promise<SeenCall> {
  const number = (callCount += 1);
  said.push(`${words} ${callMark(number, 'none', session)}`);
  const turns = said.flatMap((content, index) => [
    ...(index === 0 ? [] : [{ role: 'assistant', content: 'Done, all of it.' }]),
    { role: 'user', content },
  ]);
  // Its own from the first word on: nothing of it is warm from other sessions.
  const messages = [{ role: 'system', content: `${session}: ${CONTEXT}` }, ...turns];
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-session-id': session },
    body: JSON.stringify({ model: 'auto', max_tokens: 200, messages }),
  });
  const text = await response.text();
  const seen = vendor.calls.findLast(({ call }) => call === number);
  if (response.status !== 200 || seen === undefined) throw new Error(`a call was refused: ${response.status} ${text}`);
  return seen;
}
