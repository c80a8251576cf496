import { readFileSync } from 'node:fs';
import { isInside } from '../confine-path.ts';

const MARKS = ['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime'] as const;

/** How a file system is mounted, as mount(8) spells it. */
export type Mark = (typeof MARKS)[number];

export interface MountPoint {
  readonly place: string;
  readonly marks: readonly Mark[];
}

/** proc(5): the fifth field is where, the sixth how; odd characters stand as octal numbers. */
export function mountPoints(): readonly MountPoint[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const found = lines.flatMap((line) => {
    const [, , , , place, options] = line.split(' ');
    if (place === undefined || options === undefined) return [];
    const real = place.replaceAll(/\\(\d{3})/gu, (_all, octal: string) =>
      String.fromCodePoint(Number.parseInt(octal, 8)),
    );
    const has = new Set(options.split(','));
    return [{ place: real, marks: MARKS.filter((mark) => has.has(mark)) }];
  });
  return [...new Map(found.map((one) => [one.place, one])).values()];
}

/** Of the file system that a place lies on. */
export function marksAt(place: string, mounts: readonly MountPoint[]): readonly Mark[] {
  const around = mounts.filter((one) => isInside(one.place, place));
  return around.sort((a, b) => b.place.length - a.place.length)[0]?.marks ?? [];
}
