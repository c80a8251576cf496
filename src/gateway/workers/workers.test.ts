import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { asId, type EndpointId, type ModelId } from '../../domain/ids.ts';
import type { Log } from '../../domain/log.ts';
import { createHealthBoard } from '../../providers/hosts/health.ts';
import { createPassThrough } from '../core/pass-through.ts';
import { createRateLimiter, shareLimiter } from '../server/rate-limiter.ts';
import { acceptConnections } from './accept-connections.ts';
import type { AcceptorLetter, WorkerLetter, WorkerNote } from './letters.ts';
import { mergeMetrics } from './merge-metrics.ts';
import { sessionOfHead, workerOf } from './session-of-head.ts';
import { shareHealth } from './share-health.ts';
import { createSiblings } from './siblings.ts';

const NO_LOG = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

const head = (...lines: readonly string[]): Buffer =>
  Buffer.from(['POST /v1/messages HTTP/1.1', ...lines, '', '{"model":"auto"}'].join('\r\n'));

describe('whose connection it is', () => {
  test.each([
    ['x-claude-code-session-id: abc', 'abc'],
    ['X-Claude-Code-Session-Id:   abc  ', 'abc'],
    ['session_id: 01-02', '01-02'],
    ['host: here', undefined],
    ['no colon here', undefined],
  ])('%s → %s', (line, session) => {
    expect(sessionOfHead(head('host: localhost', line, ''), 32_000)).toEqual({ kind: 'read', session });
  });

  test.each([
    ['GET / HTTP/1.1', 'page'],
    ['GET /?view=calls HTTP/1.1', 'page'],
    ['GET /favicon.ico HTTP/1.1', 'page'],
    ['POST /pointsman/api/login HTTP/1.1', 'page'],
    ['GET /pointsman/page/app.js HTTP/1.1', 'page'],
    ['GET /pointsman/tail HTTP/1.1', undefined],
    ['POST /v1/messages HTTP/1.1', undefined],
  ])('the page is of one worker, which remembers its log-ins: %s → %s', (line, session) => {
    expect(sessionOfHead(Buffer.from(`${line}\r\nhost: localhost\r\n\r\n`), 32_000)).toEqual({ kind: 'read', session });
  });

  test('says what is known only once the head is whole, wherever it is cut', () => {
    const whole = head('x-claude-code-session-id: abc', '');
    const end = whole.indexOf('\r\n\r\n') + 4;
    for (let at = 0; at < end; at += 1) expect(sessionOfHead(whole.subarray(0, at), 32_000).kind).toBe('more');
    expect(sessionOfHead(whole.subarray(0, end), 32_000)).toEqual({ kind: 'read', session: 'abc' });
  });

  test('a head that never ends is left to the server, which refuses it', () => {
    expect(sessionOfHead(Buffer.alloc(100, 'a'), 100)).toEqual({ kind: 'read', session: undefined });
  });

  test.each([2, 3, 4, 8, 16])('a session has one of %i workers, and they share sessions evenly', (count) => {
    const counts = Array.from({ length: count }, () => 0);
    const sessions = Array.from({ length: 400 * count }, (_, index) => `session-${index}-${index * 7919}`);
    for (const session of sessions) {
      const worker = workerOf(session, count);
      expect(workerOf(session, count)).toBe(worker);
      counts[worker] = (counts[worker] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(320);
    expect(Math.max(...counts)).toBeLessThan(480);
  });
});

test('a head has its time as a whole, however often a byte of it comes', async () => {
  const handed: unknown[] = [];
  const server = acceptConnections({
    maxHeaderBytes: 32_000,
    headersTimeoutMs: 400,
    maxConnections: 10,
    hand: (socket) => {
      handed.push(socket);
      socket.destroy();
    },
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const caller = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  const dribble = setInterval(() => caller.write('x'), 50);
  // A byte under way when the server hangs up makes it a reset, which is as good an end.
  await new Promise((resolve) => caller.once('close', resolve));
  clearInterval(dribble);
  expect(handed).toEqual([]);
  server.close();
});

test('metrics of workers are added up; of a circuit the worst is said; each series and its help stands once', () => {
  const text = (calls: number, state: number, own: string): string =>
    [
      '# HELP pointsman_calls_total Calls',
      '# TYPE pointsman_calls_total counter',
      `pointsman_calls_total{wire="a b",status="200"} ${calls}`,
      own,
      '# HELP pointsman_circuit_state 0 closed',
      '# TYPE pointsman_circuit_state gauge',
      `pointsman_circuit_state{endpoint="e",model="m"} ${state}`,
      '',
    ].join('\n');
  const merged = mergeMetrics([
    text(3, 0, 'pointsman_calls_total{wire="x",status="500"} 1'),
    text(4, 2, 'pointsman_calls_total{wire="y",status="500"} 2'),
  ]);
  expect(merged).toBe(
    [
      '# HELP pointsman_calls_total Calls',
      '# TYPE pointsman_calls_total counter',
      'pointsman_calls_total{wire="a b",status="200"} 7',
      'pointsman_calls_total{wire="x",status="500"} 1',
      'pointsman_calls_total{wire="y",status="500"} 2',
      '# HELP pointsman_circuit_state 0 closed',
      '# TYPE pointsman_circuit_state gauge',
      'pointsman_circuit_state{endpoint="e",model="m"} 2',
      '',
    ].join('\n'),
  );
  expect(mergeMetrics([merged])).toBe(merged);
});

describe('what one worker sees counts at the other', () => {
  const PLACE = { endpoint: asId<EndpointId>('vendor'), id: asId<ModelId>('model') };

  function twoBoards(): {
    readonly one: ReturnType<typeof shareHealth>;
    readonly other: ReturnType<typeof shareHealth>;
  } {
    const boards: { one?: ReturnType<typeof shareHealth>; other?: ReturnType<typeof shareHealth> } = {};
    const toward = (side: 'one' | 'other') => ({
      announce: (note: WorkerNote) => {
        if (note.kind === 'host') boards[side]?.receive(note, 0);
      },
    });
    const one = shareHealth(createHealthBoard(undefined), toward('other'));
    const other = shareHealth(createHealthBoard(undefined), toward('one'));
    Object.assign(boards, { one, other });
    return { one, other };
  }

  test.each([true, false])(
    'failures open the circuit everywhere, and a good answer closes it (reached: %s)',
    (wasReached) => {
      const { one, other } = twoBoards();
      for (let count = 0; count < 3; count += 1) one.board.of(PLACE).failed(0, wasReached);
      expect(other.board.isUnhealthyAt(PLACE, 0)).toBe(false);
      for (let count = 0; count < 2; count += 1) other.board.of(PLACE).failed(0, wasReached);
      expect(one.board.isUnhealthyAt(PLACE, 0)).toBe(true);
      expect(other.board.isUnhealthyAt(PLACE, 0)).toBe(true);
      const pass = one.board.of(PLACE).tryAcquire(6000);
      expect(pass).toBeDefined();
      one.board.of(PLACE).succeeded(6000, pass);
      expect(one.board.isUnhealthyAt(PLACE, 0)).toBe(false);
      expect(other.board.isUnhealthyAt(PLACE, 0)).toBe(false);
    },
  );

  test('good answers where nothing had failed are no news', () => {
    const notes: WorkerNote[] = [];
    const { board } = shareHealth(createHealthBoard(undefined), { announce: (note) => notes.push(note) });
    board.of(PLACE).succeeded(0);
    board.of(PLACE).failed(0, true);
    board.of(PLACE).succeeded(0);
    board.of(PLACE).succeeded(0);
    expect(notes.map((note) => note.kind === 'host' && note.outcome)).toEqual(['failed', 'well']);
  });

  test('the switch for a bad day is one, and nobody who receives it sends it on', () => {
    const notes: WorkerNote[] = [];
    const siblings = { announce: (note: WorkerNote) => notes.push(note) };
    const one = createPassThrough(NO_LOG, () => 5, { siblings });
    one.set(true, 'page');
    expect(notes).toEqual([{ kind: 'pass-through', isOn: true, by: 'page' }]);
    const other = createPassThrough(NO_LOG, () => 6, { siblings });
    other.receive(true, 'page');
    expect([other.isOn, other.changedAt]).toEqual([true, 6]);
    expect(notes).toHaveLength(1);
  });

  test('a key has its requests of the minute once, wherever it asks', () => {
    const other = createRateLimiter();
    const one = shareLimiter(createRateLimiter(), {
      announce: (note) => {
        if (note.kind === 'taken') other.take(note.keyId, note.perMinute, 0);
      },
    });
    expect([1, 2, 3].map(() => one.take('key', 3, 0))).toEqual([0, 0, 0]);
    expect(one.take('key', 3, 0)).toBeGreaterThan(0);
    expect(other.take('key', 3, 0)).toBeGreaterThan(0);
    expect(other.take('another', 3, 0)).toBe(0);
  });
});

test('a worker asks for the metrics of the others, tells its own, and knows whether it is watched elsewhere', async () => {
  const sent: WorkerLetter[] = [];
  let deliver: (letter: AcceptorLetter) => void = () => undefined;
  const siblings = createSiblings({
    send: (letter) => sent.push(letter),
    receive: (onLetter) => {
      deliver = (letter) => onLetter(letter, undefined);
    },
  });
  siblings.onMetrics(() => 'mine');
  const asked = siblings.metrics();
  expect(sent).toEqual([{ kind: 'gather', id: 0 }]);
  deliver({ kind: 'gathered', id: 0, texts: ['theirs'] });
  await expect(asked).resolves.toEqual(['theirs']);
  deliver({ kind: 'report-metrics', id: 7 });
  expect(sent.at(-1)).toEqual({ kind: 'metrics', id: 7, text: 'mine' });
  expect(siblings.isWatched).toBe(false);
  deliver({ kind: 'watched', isWatched: true });
  expect(siblings.isWatched).toBe(true);
  const listener: WorkerNote[] = [];
  siblings.receive((note) => listener.push(note));
  deliver({ kind: 'note', note: { kind: 'taken', keyId: 'a', perMinute: 1 } });
  expect(listener).toEqual([{ kind: 'taken', keyId: 'a', perMinute: 1 }]);
});
