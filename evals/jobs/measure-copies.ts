import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Figures } from '../../src/domain/figure.ts';
import { openJobTrees } from '../../src/tools/work-tree/job-trees.ts';

const ROUNDS = 15;
const FILES = 40;
const LISTINGS = [
  ['--cached', '--others', '--exclude-standard', '--directory'],
  ['-t', '--cached', '--others', '--ignored', '--exclude-standard', '--directory'],
] as const;
const run = promisify(execFile);

/**
 * What a job on a small repository waits until it has its copy, and until that is gone again: the median of some. Beside it, in
 * turns, what git alone takes to list the folder as often as a copy needs it, which a busy machine slows down alike.
 */
export async function measureCopies(): Promise<Figures> {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-copies-')));
  try {
    const workspace = smallRepository(path.join(top, 'work'));
    const trees = openJobTrees({ dir: path.join(top, 'cache'), env: process.env, closed: [], now: Date.now });
    const tookMs: number[] = [];
    const floorMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const floorAt = performance.now();
      await Promise.all(LISTINGS.map(async (args) => run('git', ['ls-files', '-z', ...args], { cwd: workspace })));
      const startedAt = performance.now();
      const opened = await trees.open(`job-${round}`, workspace);
      if (opened.kind === 'none') throw new Error(opened.why);
      await opened.tree.remove();
      tookMs.push(performance.now() - startedAt);
      floorMs.push(startedAt - floorAt);
    }
    const [value, against] = [tookMs, floorMs].map((all) => all.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
    if (value === undefined || against === undefined) throw new Error('Nothing was measured');
    return { 'jobs.worktree.ms': { value, unit: 'ms', n: ROUNDS, against, label: 'measured' } };
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

function smallRepository(folder: string): string {
  for (let index = 0; index < FILES; index += 1) {
    const inside = path.join(folder, `part-${index % 6}`);
    mkdirSync(inside, { recursive: true });
    writeFileSync(path.join(inside, `file-${index}.ts`), 'export const value = 1;\n'.repeat(40));
  }
  mkdirSync(path.join(folder, 'node_modules/one'), { recursive: true });
  writeFileSync(path.join(folder, 'node_modules/one/index.js'), '');
  writeFileSync(path.join(folder, '.gitignore'), 'node_modules/\n');
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '-qm', 'first'],
  ]) {
    execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  }
  return folder;
}
