/**
 * A prompt as blocks of equal length, each named by the hash of everything up to its end: `[first, count, first, count, …]`,
 * runs of ids that follow one another. Two prompts share what their leading ids share.
 */
export type BlockRuns = readonly number[];

/** Runs of a list of ids; `undefined` where it is none of whole, non-negative numbers. */
export function toBlockRuns(ids: readonly unknown[]): BlockRuns | undefined {
  const runs: number[] = [];
  let next = -1;
  for (const id of ids) {
    if (!isBlockId(id)) return undefined;
    if (id === next) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
    else runs.push(id, 1);
    next = id + 1;
  }
  return runs;
}

/** Runs as they stand in a file; `undefined` where they are not pairs of a whole id and a positive count. */
export function checkBlockRuns(runs: readonly unknown[]): BlockRuns | undefined {
  const isSound =
    runs.length % 2 === 0 && runs.every((value, index) => isBlockId(value) && (index % 2 === 0 || value > 0));
  return isSound ? (runs as BlockRuns) : undefined;
}

function isBlockId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function blockCount(runs: BlockRuns): number {
  let count = 0;
  for (let index = 1; index < runs.length; index += 2) count += runs[index] ?? 0;
  return count;
}

/** How many leading blocks two prompts share. Linear in their runs. */
export function sharedBlocks(one: BlockRuns, other: BlockRuns): number {
  const [left, right] = [cursorOf(one), cursorOf(other)];
  let shared = 0;
  while (left.rest > 0 && right.rest > 0 && left.id === right.id) {
    const step = Math.min(left.rest, right.rest);
    shared += step;
    advance(one, left, step);
    advance(other, right, step);
  }
  return shared;
}

interface Cursor {
  at: number;
  id: number;
  /** Blocks left of the run. */
  rest: number;
}

function cursorOf(runs: BlockRuns): Cursor {
  return { at: 0, id: runs[0] ?? -1, rest: runs[1] ?? 0 };
}

function advance(runs: BlockRuns, cursor: Cursor, step: number): void {
  cursor.id += step;
  cursor.rest -= step;
  if (cursor.rest > 0) return;
  cursor.at += 2;
  cursor.id = runs[cursor.at] ?? -1;
  cursor.rest = runs[cursor.at + 1] ?? 0;
}
