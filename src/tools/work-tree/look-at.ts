import { lstatSync, readdirSync, readFileSync, type Dirent, type Stats } from 'node:fs';

// What is not there, what may not be looked at and what another took away meanwhile are the same to who makes a copy. All of it
// is small and read at once: through the pool of threads it would cost many times as much.

/** What stands there itself, a link included. */
export function lstatOf(place: string): Stats | undefined {
  return quietly(() => lstatSync(place, { throwIfNoEntry: false }));
}

export function wholeTextOf(file: string): string | undefined {
  return quietly(() => readFileSync(file, 'utf8'));
}

export function direntsOf(folder: string): readonly Dirent[] | undefined {
  return quietly(() => readdirSync(folder, { withFileTypes: true }));
}

export function namesIn(folder: string): readonly string[] {
  return quietly(() => readdirSync(folder)) ?? [];
}

function quietly<Found>(look: () => Found): Found | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
