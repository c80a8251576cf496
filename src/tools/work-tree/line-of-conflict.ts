import { type GitRun, runGit } from './git-process.ts';

/** Lines of a text that another has otherwise. */
interface ChangedLines {
  /** In what both began with; of lines that were added, the one before them. */
  readonly from: number;
  readonly to: number;
  /** In the other text. */
  readonly line: number;
}

/**
 * The first line of `0` at which it and `2` have both changed what stood in `1`, three files of the folder in which git runs.
 * `undefined`: it is not known, as of binary files.
 */
export async function lineOfConflict(run: Omit<GitRun, 'input' | 'mayFail'>): Promise<number | undefined> {
  const hunks = async (other: string): Promise<readonly ChangedLines[]> => {
    const args = ['diff', '--no-index', '--no-color', '--no-ext-diff', '--no-textconv', '-U0', '1', other];
    return hunksIn((await runGit(args, { ...run, mayFail: true }))?.toString('latin1') ?? '');
  };
  const [theirs, ours] = await Promise.all(['0', '2'].map(hunks));
  return theirs?.find((one) => ours?.some(({ from, to }) => from <= one.to && one.from <= to))?.line;
}

function hunksIn(diff: string): readonly ChangedLines[] {
  return [...diff.matchAll(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,\d+)? @@/gmu)].map(([, from, count = '1', line]) => ({
    from: Number(from),
    to: Number(from) + Math.max(1, Number(count)),
    line: Math.max(1, Number(line)),
  }));
}
