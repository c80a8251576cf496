import type { Ms } from '../../domain/time.ts';

/**
 * Shared by the encoder's worker and its owner: how many native calls are under way, and whether no further one may begin. A worker
 * that is ended inside one takes the whole process with it (onnxruntime-node 1.30: an uncaught Napi::Error, signal 6).
 */
export type RunGuard = Int32Array<SharedArrayBuffer>;

const RUNNING = 0;
const CLOSING = 1;

/** A guard that counts one call as under way: opening the encoder. */
export function createRunGuard(): RunGuard {
  const guard = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  guard[RUNNING] = 1;
  return guard;
}

/** In the worker, before a native call. False: the owner is about to end the worker, and none may begin. */
export function beginRun(guard: RunGuard): boolean {
  Atomics.add(guard, RUNNING, 1);
  if (Atomics.load(guard, CLOSING) === 0) return true;
  endRun(guard);
  return false;
}

/** In the worker, when a native call has come back. */
export function endRun(guard: RunGuard): void {
  Atomics.sub(guard, RUNNING, 1);
  Atomics.notify(guard, RUNNING);
}

/** Lets no further call begin, and resolves when none is under way, or after `limitMs`. */
export async function closeRuns(guard: RunGuard, limitMs: Ms): Promise<void> {
  Atomics.store(guard, CLOSING, 1);
  const deadline = performance.now() + limitMs;
  // What is waited for this way does not keep the process alive, and neither does a worker that nobody asks.
  const alive = setInterval(() => undefined, limitMs);
  try {
    for (let running = Atomics.load(guard, RUNNING); running > 0; running = Atomics.load(guard, RUNNING)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return;
      await Atomics.waitAsync(guard, RUNNING, running, leftMs).value;
    }
  } finally {
    clearInterval(alive);
  }
}

/** The same for the last moment of a process, where nothing asynchronous happens any more. */
export function closeRunsNow(guard: RunGuard, limitMs: Ms): void {
  Atomics.store(guard, CLOSING, 1);
  const deadline = performance.now() + limitMs;
  for (let running = Atomics.load(guard, RUNNING); running > 0; running = Atomics.load(guard, RUNNING)) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return;
    Atomics.wait(guard, RUNNING, running, leftMs);
  }
}
