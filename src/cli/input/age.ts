import type { Ms } from '../../domain/time.ts';

const UNIT_MS: Readonly<Record<string, Ms>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `36h`, `30d` or `4w` in milliseconds; `undefined` for anything else. */
export function spanMs(text: string): Ms | undefined {
  const span = /^(\d{1,9}(?:\.\d{1,9})?)([hdw])$/u.exec(text);
  return span === null ? undefined : Number(span[1]) * (UNIT_MS[span[2] ?? ''] ?? 0);
}
