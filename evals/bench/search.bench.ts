import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Figures } from '../../src/domain/figure.ts';
import { searchText } from '../../src/tools/file-server/search-files.ts';

const FILES = 60_000;
const FILES_A_FOLDER = 300;
const ROUNDS = 5;

/**
 * How long agents wait for a search in a very large folder, once by a text and once by a pattern of which no text is known,
 * beside ripgrep where it is on the search path: medians, taken in turns.
 */
export async function run(): Promise<Figures> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-bench-')));
  try {
    fill(folder);
    return {
      'search.text.ms': await compared(folder, 'needle here'),
      'search.pattern.ms': await compared(folder, '(?:needle|pin) (?:here|there)'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(folder: string): void {
  for (let index = 0; index < FILES; index += 1) {
    const inside = path.join(folder, `part-${Math.floor(index / FILES_A_FOLDER)}`);
    if (index % FILES_A_FOLDER === 0) mkdirSync(inside);
    const lines = `export const value${index} = (given: number): number => given + ${index};\n`.repeat(20);
    writeFileSync(path.join(inside, `file-${index}.ts`), index % 6000 === 7 ? `${lines}// needle here\n` : lines);
  }
}

async function compared(folder: string, pattern: string): Promise<Figures[string]> {
  const search = { pattern, glob: undefined, ignoreCase: false, context: 0, everything: false, closed: [] };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { signal } = new AbortController();
    ours.push(await timed(async () => searchText(folder, '.', { ...search, signal })));
    const took = await timed(async () => execFileSync('rg', ['-n', pattern, folder])).catch(() => undefined);
    if (took !== undefined) theirs.push(took);
  }
  const against = theirs.length === ROUNDS ? { against: median(theirs) } : {};
  return { value: median(ours), unit: 'ms', n: ROUNDS, ...against, label: 'measured' };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
