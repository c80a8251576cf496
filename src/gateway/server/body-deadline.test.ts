import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchBody } from './body-deadline.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
});

const LIMIT_MS = 1000;

interface Arriving {
  readonly request: IncomingMessage;
  readonly onLate: ReturnType<typeof vi.fn<() => void>>;
  readonly state: { complete: boolean; isPaused: boolean; socket: { bytesRead: number } };
}

function arriving(): Arriving {
  const state = { complete: false, isPaused: false, socket: { bytesRead: 10 } };
  const request = Object.assign(new EventEmitter(), {
    socket: state.socket,
    isPaused: () => state.isPaused,
  });
  Object.defineProperty(request, 'complete', { get: () => state.complete });
  return { request: request as unknown as IncomingMessage, onLate: vi.fn<() => void>(), state };
}

/** A byte every so often, for longer than any limit. */
function send({ state }: Arriving, everyMs: number, count: number): void {
  for (let sent = 0; sent < count; sent += 1) {
    vi.advanceTimersByTime(everyMs);
    state.socket.bytesRead += 1;
  }
}

test('a whole body has one limit, however steadily it comes', () => {
  const body = arriving();
  watchBody(body.request, LIMIT_MS, body.onLate);
  send(body, 100, 9);
  expect(body.onLate).not.toHaveBeenCalled();
  send(body, 100, 20);
  expect(body.onLate).toHaveBeenCalledTimes(1);
});

test('a slow one may take as long as it comes, and no longer', () => {
  const body = arriving();
  watchBody(body.request, LIMIT_MS, body.onLate).allowSlow();
  send(body, 700, 50);
  expect(body.onLate).not.toHaveBeenCalled();
  vi.advanceTimersByTime(LIMIT_MS - 1);
  expect(body.onLate).not.toHaveBeenCalled();
  vi.advanceTimersByTime(LIMIT_MS);
  expect(body.onLate).toHaveBeenCalledTimes(1);
});

test('who waits for the vendor is not late', () => {
  const body = arriving();
  watchBody(body.request, LIMIT_MS, body.onLate).allowSlow();
  body.state.isPaused = true;
  vi.advanceTimersByTime(LIMIT_MS * 20);
  expect(body.onLate).not.toHaveBeenCalled();
  body.state.isPaused = false;
  vi.advanceTimersByTime(LIMIT_MS * 2);
  expect(body.onLate).toHaveBeenCalledTimes(1);
});

test.each(['end', 'close'])('nothing is late after %s, and no timer is left', (event) => {
  for (const isSlow of [false, true]) {
    const body = arriving();
    const deadline = watchBody(body.request, LIMIT_MS, body.onLate);
    if (isSlow) deadline.allowSlow();
    body.request.emit(event);
    expect(vi.getTimerCount()).toBe(0);
  }
});

test('a request that is whole is never late, though nobody reads it', () => {
  const body = arriving();
  watchBody(body.request, LIMIT_MS, body.onLate);
  body.state.complete = true;
  vi.advanceTimersByTime(LIMIT_MS * 2);
  expect(body.onLate).not.toHaveBeenCalled();
});
