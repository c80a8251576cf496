import {
  namesOfChanges,
  type PutBack,
  type RepositoryChange,
  reversedRepositories,
} from '../../tools/repositories/kept-repositories.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import { type FactFamily, factKey, type FactKey } from '../model/fact-key.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobRun, JobServices } from '../model/job-run.ts';

/** What became of repositories in calls of a job in its user's folder, in the order of the calls. */
const CHANGES: FactFamily<readonly RepositoryChange[]> = { prefix: 'repository-changes/' };

function changesKey(at: string): FactKey<readonly RepositoryChange[]> {
  return factKey(`${CHANGES.prefix}${at}`);
}

interface KeepSource {
  readonly services: Pick<JobServices, 'journal' | 'repositoriesOf' | 'clock'>;
  readonly entry: JobEntry;
  readonly onNote: (text: string) => void;
}

/** Makes something that may write repositories, and keeps what it did to them, so that it can be taken back. */
type KeepRepositories = NonNullable<JobRun['keepRepositories']>;

/** For a job that works in its user's folder. */
export function keeperOf({ services, entry, onNote }: KeepSource): KeepRepositories | undefined {
  const { journal, clock } = services;
  const { jobId, request } = entry;
  const kept = services.repositoriesOf?.(request.workspace);
  if (kept === undefined) return undefined;
  return async (at, reach, act) => {
    const begun: FactKey<string> = factKey(`repositories-before/${at}`);
    const before = (await journal.fact(jobId, begun)) ?? (await kept.before(reach));
    if (before === undefined) return act();
    await journal.settle(jobId, begun, before);
    const keep = async (key: FactKey<readonly RepositoryChange[]>): Promise<void> => {
      if ((await journal.fact(jobId, key)) !== undefined) return;
      const changes = await kept.changesSince(before);
      if (changes.length === 0) return;
      await journal.settle(jobId, key, changes);
      const text = noteOf(changes, entry);
      onNote(text);
      await journal.settle(jobId, noteKey(`repositories/${at}`), text);
    };
    try {
      const result = await act();
      await keep(changesKey(at));
      return result;
    } catch (thrown) {
      await keep(changesKey(`${at}/cut/${clock()}`)).catch(() => undefined);
      throw thrown;
    }
  };
}

const MOST_NAMES = 5;

function noteOf(changes: readonly RepositoryChange[], { jobId, request }: JobEntry): string {
  const names = namesOfChanges(changes, request.workspace);
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const lost = changes.flatMap((one) => one.lost).length;
  const but = lost === 0 ? '' : `, but for ${lost} of them, which were too large to be kept`;
  return `The repository itself was changed: ${names.slice(0, MOST_NAMES).join(', ')}${more}. "pointsman undo ${jobId}" takes that back${but}.`;
}

/** The same tools; what a call of one that may write repositories does to them is kept. */
export function keepingRepositories(
  tools: ToolRegistry,
  jobId: string,
  keep: KeepRepositories | undefined,
): ToolRegistry {
  if (keep === undefined) return tools;
  return {
    get tools() {
      return tools.tools;
    },
    get unavailable() {
      return tools.unavailable;
    },
    refusal: (tool, input) => tools.refusal(tool, input),
    call: async (name, input, options) => {
      const call = async (): ReturnType<ToolRegistry['call']> => tools.call(name, input, options);
      const { judged, idempotencyKey } = options;
      // Our own tools for files refuse such places, and what only looks at files is held by nothing but its word.
      if (judged === undefined || judged.own === 'files') return call();
      return keep(idempotencyKey.slice(jobId.length + 1), judged.holdsRepositories === true ? 'held' : 'free', call);
    },
    close: () => tools.close(),
  };
}

/** Says that nothing but their allow list holds commands in a folder with a repository. */
export async function sayWhatIsOpen(
  { services, entry, onNote }: KeepSource,
  { tools }: Pick<ToolRegistry, 'tools'>,
): Promise<void> {
  const runs = tools.filter((tool) => tool.own === 'commands');
  if (runs.every((tool) => tool.holdsRepositories === true)) return;
  const places = (await services.repositoriesOf?.(entry.request.workspace).places()) ?? [];
  if (places.length === 0) return;
  const text =
    'No sandbox holds the commands of this job, which works in the folder itself: what they do to the repository (.git) is kept, and undo takes it back.';
  onNote(text);
  await services.journal.settle(entry.jobId, noteKey('repositories'), text);
}

/** Takes back what a job did to repositories. */
export async function putRepositoriesBack({
  services,
  entry,
}: Pick<KeepSource, 'services' | 'entry'>): Promise<PutBack> {
  const changes = (await services.journal.facts(entry.jobId, CHANGES)).flat();
  const kept = changes.length === 0 ? undefined : services.repositoriesOf?.(entry.request.workspace);
  return (await kept?.putBack(changes, 'all')) ?? { done: [], blocked: [] };
}

/** Of a rejected attempt: settings and hooks that act from then on. Commits stay until their user wants them gone. */
export async function rollRepositoriesBack(
  run: Pick<JobRun, 'services' | 'entry'>,
  { stepId, attempt }: { readonly stepId: string; readonly attempt: number },
): Promise<void> {
  const { journal, repositoriesOf } = run.services;
  const { jobId, request } = run.entry;
  const family: typeof CHANGES = { prefix: `${CHANGES.prefix}${stepId}/${attempt}/` };
  const changes = (await journal.facts(jobId, family)).flat();
  if (changes.length === 0) return;
  const back = await repositoriesOf?.(request.workspace).putBack(changes, 'acting');
  if (back === undefined || back.done.length === 0) return;
  await journal.settle(jobId, changesKey(`${stepId}/${attempt}/taken-back`), reversedRepositories(back.done));
}
