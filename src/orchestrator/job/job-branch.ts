import type { ToolRegistry } from '../../tools/tool-registry.ts';
import type { JobTree } from '../../tools/work-tree/job-trees.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobBranch, JobRun, JobServices } from '../model/job-run.ts';
import type { JobPlace } from './job-place.ts';

interface BranchOptions {
  readonly services: Pick<JobServices, 'jobTrees' | 'workTreeOf'>;
  readonly openTools: (
    workspace: string,
    options: { readonly signal: AbortSignal; readonly tree: JobTree },
  ) => Promise<ToolRegistry>;
}

/** How a job that works in a copy gets another one, made of that, for an attempt beside another. */
export function branchOf(
  { services, openTools }: BranchOptions,
  { entry, place, signal }: { readonly entry: JobEntry; readonly place: JobPlace; readonly signal: AbortSignal },
): Pick<JobRun, 'openBranch' | 'dropBranch'> {
  const { jobTrees, workTreeOf } = services;
  const { tree: own } = place;
  if (own === undefined || jobTrees === undefined) return {};
  const name = `${entry.jobId}+`;
  return {
    openBranch: async (): Promise<JobBranch | undefined> => {
      const opened = await jobTrees.open(name, place.workspace);
      if (opened.kind === 'none') return undefined;
      const { tree } = opened;
      const tools = await openTools(entry.request.workspace, { signal, tree });
      return {
        folder: tree.folder,
        isNew: tree.isNew,
        // What files held is kept with what the user's own did.
        workTree: workTreeOf(tree.folder, { ...tree.copy, of: own.copy.of }),
        tools,
        close: () => tools.close(),
      };
    },
    dropBranch: () => jobTrees.forget(name, place.workspace),
  };
}
