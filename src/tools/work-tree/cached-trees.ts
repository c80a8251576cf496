import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import type { FileText } from '../../trust/file-text.ts';
import { userHome } from '../../trust/user-folders.ts';
import { type JobTrees, openJobTrees } from './job-trees.ts';

interface JobTreesSource {
  readonly env: Environment;
  /** Folders of our own. */
  readonly closed: readonly string[];
  readonly serverListOf: (workspace: string) => FileText | undefined;
}

/** Copies for jobs, in the user's cache folder; none where this user has no such folder: what all can write to is no place for one. */
export function jobTreesFor({ env, closed, serverListOf }: JobTreesSource): JobTrees {
  const dir = cacheDir(env);
  if (dir === undefined) return NO_TREES;
  const trees = openJobTrees({ dir: path.join(dir, 'trees'), env, closed, now: Date.now });
  return {
    ...trees,
    open: async (jobId, workspace) =>
      // Where a user's own server works nobody can say; what it does shall be where the job looks for it.
      serverListOf(workspace) === undefined
        ? trees.open(jobId, workspace)
        : { kind: 'none', why: 'it has tool servers of its own, which know it by its name' },
  };
}

const NO_TREES: JobTrees = {
  open: async () => ({ kind: 'none', why: 'neither HOME nor XDG_CACHE_HOME says where copies may lie' }),
  forget: async () => undefined,
};

/** `$XDG_CACHE_HOME/pointsman`, else `~/.cache/pointsman`. */
function cacheDir(env: Environment): string | undefined {
  const named = env['XDG_CACHE_HOME']?.trim() ?? '';
  if (path.isAbsolute(named)) return path.join(named, 'pointsman');
  const home = userHome(env);
  return home === undefined ? undefined : path.join(home, '.cache', 'pointsman');
}
