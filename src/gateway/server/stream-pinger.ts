import type { Ms } from '../../domain/time.ts';

/** A stream that must not fall silent. */
export interface PingedStream {
  /** `performance.now()` of the last byte to the caller. */
  lastByteMs: number;
  /** Called when it has been silent for its time. */
  readonly ping: () => void;
  readonly afterMs: () => Ms;
}

export interface StreamPinger {
  watch(stream: PingedStream): void;
  unwatch(stream: PingedStream): void;
  close(): void;
}

/** One clock for all streams: a timer per call would cost more than the calls. */
export function createStreamPinger(tickMs: Ms): StreamPinger {
  const streams = new Set<PingedStream>();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const tick = (): void => {
    // Left running between streams: one at a time would otherwise start and stop it for each.
    if (streams.size === 0) stop();
    const now = performance.now();
    for (const stream of streams) if (now - stream.lastByteMs >= stream.afterMs()) stream.ping();
  };
  return {
    watch(stream) {
      streams.add(stream);
      timer ??= setInterval(tick, tickMs).unref();
    },
    unwatch: (stream) => void streams.delete(stream),
    close: stop,
  };
}
