import { stat } from 'node:fs/promises';
import type { Ms } from '../../domain/time.ts';

const LOOK_MS: Ms = 1000;

/** Calls back each time that a file was written, came or went, until it is told to stop. Keeps no process alive. */
export function watchFile(file: string, onChange: () => void, lookMs: Ms = LOOK_MS): () => void {
  let last: string | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const found = await stat(file).then(
      ({ mtimeMs, ino, size }) => `${mtimeMs} ${ino} ${size}`,
      () => 'none',
    );
    isLooking = false;
    const isNew = last !== undefined && found !== last;
    last = found;
    if (isNew) onChange();
  };
  void look();
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  return () => clearInterval(timer);
}
