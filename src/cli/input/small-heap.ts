import v8 from 'node:v8';
import { createMemorySweep } from '../../replay/pricing/memory-sweep.ts';

/**
 * Keeps the young heap from growing: reading sessions makes much short-lived garbage, which V8 otherwise lets pile up to
 * several hundred megabytes although little of it is alive. Changes the whole process, so only a command that does nothing
 * else calls it, before it reads. Measured on 1,000 sessions of 1,000 calls: 190 MB instead of 350 MB at the same speed.
 */
export function keepHeapSmall(): void {
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  setInterval(createMemorySweep(), SWEEP_EVERY_MS).unref();
}

const SWEEP_EVERY_MS = 25;
