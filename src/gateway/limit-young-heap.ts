import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Where the young generation may stop growing: about eight semi-spaces of two megabytes. */
const ENOUGH_BYTES = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 100;

/**
 * Stops V8's young generation from growing past what a relay needs. Left alone it takes over 100 MB under load and keeps
 * it, although almost everything in it is dead within a call. Measured on Node 24: live heap 30 MB either way.
 */
export function limitYoungHeap(): void {
  const timer = setInterval(() => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    if ((young?.space_size ?? 0) < ENOUGH_BYTES) return;
    clearInterval(timer);
    setFlagsFromString('--semi-space-growth-factor=1');
  }, LOOK_EVERY_MS).unref();
}
