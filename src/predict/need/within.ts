import type { Ms } from '../../domain/time.ts';

/** What comes within the time, or nothing; what comes later is not lost to others that wait for it. */
export async function within<Value>(late: Promise<Value>, waitMs: Ms): Promise<Value | undefined> {
  if (waitMs === Number.POSITIVE_INFINITY) return late;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, waitMs);
  });
  try {
    return await Promise.race([late, over]);
  } finally {
    clearTimeout(timer);
  }
}
