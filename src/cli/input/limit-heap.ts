import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Where the young generation may stop growing, both halves of it; the step in progress takes it to twice this at most. */
const ENOUGH_YOUNG_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY_MS = 50;
/** How far the old generation may grow past what lived through its last collection before the next one. */
const OLD_GROWTH_PERCENT = 100;
/** Of buffers: past this the young generation is collected. */
const MOST_DEAD_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY_BUSY_MS = 5;

/**
 * Keeps V8's heap near what a relay needs. Left alone the young generation takes over 100 MB under load and keeps it,
 * although almost everything in it is dead within a call, and the old one collects only at several times what lives.
 * Measured on Node 24 (2026-11) at one decision per four calls: 150 to 170 MB resident instead of 230 to 250, at the same
 * CPU time within what a shared machine lets one see.
 */
export function limitHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`);
  boundYoung();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect | undefined;
  if (collect === undefined) return;
  freeDeadBuffers(collect);
  returnMemory(collect);
}

/** A process at rest gives the young generation back, and must let it grow again: at its least, 1 MB, each long call collects it twice. */
function boundYoung(): void {
  let mayGrow = true;
  setInterval(() => {
    const isSmall = youngBytes() < ENOUGH_YOUNG_BYTES;
    if (isSmall === mayGrow) return;
    mayGrow = isSmall;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  }, LOOK_EVERY_MS).unref();
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_size ?? 0;
}

type Collect = (
  options: { readonly type: 'minor' } | { readonly type: 'major'; readonly flavor: 'last-resort' },
) => void;

/**
 * The buffers of a large body are dead within its call, but V8 counts them as if they had grown old, and for every five or six
 * megabyte bodies marked the whole heap: of 14 ms of CPU for such a call 8 went there (Node 24, 2026-11). A collection of the
 * young generation frees them for a millisecond.
 */
function freeDeadBuffers(collect: Collect): void {
  const bufferBytes = (): number => getHeapStatistics().external_memory;
  let leastBytes = bufferBytes();
  const look = (): void => {
    const bytes = bufferBytes();
    const grownBytes = bytes - Math.min(leastBytes, bytes);
    leastBytes = bytes - grownBytes;
    if (grownBytes > MOST_DEAD_BYTES) {
      collect({ type: 'minor' });
      leastBytes = bufferBytes();
    }
    setTimeout(look, grownBytes > MOST_DEAD_BYTES / 4 ? LOOK_EVERY_BUSY_MS : LOOK_EVERY_MS).unref();
  };
  look();
}

const REST_EVERY_MS = 1000;
/** Of a core: a process that takes less has nothing to do that a collection could hold up. */
const REST_RATIO = 0.03;
/** So many looks later what is held for next calls has been forgotten, most of it and all: it is garbage that nothing collects. */
const LATER_LOOKS: readonly number[] = [35, 80];
/** What it must have grown by since the last time to be worth a collection. */
const MOST_KEPT_BYTES = 12 * 1024 * 1024;

/**
 * Gives back what a start or a burst of calls has taken, once nothing is going on. V8 keeps the pages of a young generation that has
 * grown, and of old pages that are nearly empty, until memory runs short; a collection of the last resort returns them. Measured on
 * Node 24 (2026-11): 127 to 110 MB resident after a start.
 */
function returnMemory(collect: Collect): void {
  let lastBytes = 0;
  let leastBytes = Number.POSITIVE_INFINITY;
  let lookCount = 0;
  let later: readonly number[] = [];
  let usedUs = 0;
  const look = (): void => {
    const { user, system } = process.cpuUsage();
    const isAtRest = user + system - usedUs < REST_RATIO * REST_EVERY_MS * 1000;
    usedUs = user + system;
    lookCount += 1;
    if (!isAtRest) return;
    const bytes = heldBytes();
    const hasGrown = bytes > lastBytes + MOST_KEPT_BYTES;
    const isLater = lookCount >= (later[0] ?? Number.POSITIVE_INFINITY);
    if (hasGrown) later = LATER_LOOKS.map((count) => lookCount + count);
    else if (isLater) later = later.slice(1);
    if (hasGrown || (isLater && bytes > leastBytes + MOST_KEPT_BYTES)) {
      collect({ type: 'major', flavor: 'last-resort' });
      lastBytes = heldBytes();
      leastBytes = Math.min(leastBytes, lastBytes);
      const after = process.cpuUsage();
      usedUs = after.user + after.system;
    }
  };
  setInterval(look, REST_EVERY_MS).unref();
}

function heldBytes(): number {
  const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
