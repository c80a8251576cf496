import { PointsmanError } from '../../domain/errors.ts';
import type { PlaceOfWork } from '../../recorder/record.ts';
import type { FileChange } from '../../tools/work-tree/file-change.ts';
import type { JobTree } from '../../tools/work-tree/job-trees.ts';
import type { WorkTree } from '../../tools/work-tree/work-tree.ts';
import { changesOf } from '../calls/record-changes.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobEntry, JobJournal } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';

/** Where a job works: a copy of its user's folder, or that folder itself. */
export interface JobPlace {
  readonly workspace: string;
  readonly workTree: WorkTree;
  /** `undefined`: it is the user's folder. */
  readonly tree: JobTree | undefined;
}

interface Begun {
  readonly kind: 'tree' | 'in-place';
  readonly why: string;
  /** The copy. */
  readonly folder?: string;
}

/** Where a job began to work, and why there; it goes on there. */
const PLACE: FactKey<Begun> = factKey('place');
/** What it did is in the user's folder. */
const HANDED_BACK: FactKey<{ readonly blocked: readonly string[] }> = factKey('handed-back');

interface PlaceOptions {
  readonly services: JobServices;
  readonly entry: JobEntry;
  readonly onNote: (text: string) => void;
}

/** The folder that the user named. */
export function folderOf({ services, entry }: Pick<PlaceOptions, 'services' | 'entry'>): JobPlace {
  const { workspace } = entry.request;
  return { workspace, workTree: services.workTreeOf(workspace), tree: undefined };
}

/**
 * The place of a job. A copy that is gone is made again, from what the folder holds by now and what the job had done.
 * @throws PointsmanError `request-invalid` where the two do not go together any more
 */
export async function openPlace(options: PlaceOptions): Promise<JobPlace> {
  const { services, entry, onNote } = options;
  const { journal, jobTrees, workTreeOf } = services;
  const { jobId, request } = entry;
  const known = await journal.fact(jobId, PLACE);
  if (jobTrees === undefined || (await staysInFolder(options, known))) return folderOf(options);
  const opened = await jobTrees.open(jobId, request.workspace);
  if (opened.kind === 'none') {
    if (known !== undefined) throw unopened(entry, opened.why);
    await journal.settle<Begun>(jobId, PLACE, { kind: 'in-place', why: opened.why });
    const text = `works in the folder itself: ${opened.why}`;
    onNote(text);
    await journal.settle(jobId, noteKey('place'), text);
    return folderOf(options);
  }
  const { tree } = opened;
  const workTree = workTreeOf(tree.folder, tree.copy);
  if (known === undefined) await journal.settle<Begun>(jobId, PLACE, { kind: 'tree', why: '', folder: tree.folder });
  else if (tree.isNew) await doAgain(options, workTree, tree);
  return { workspace: tree.folder, workTree, tree };
}

/** For reports and records; nothing of a job that has not begun to work. */
export async function placeOfWork(
  journal: JobJournal,
  { jobId, request }: Pick<JobEntry, 'jobId' | 'request'>,
): Promise<{ readonly place?: PlaceOfWork }> {
  if (request.inPlace === true) return { place: { kind: 'folder', why: ASKED_FOR } };
  const begun = await journal.fact(jobId, PLACE);
  if (begun === undefined) return {};
  return { place: begun.kind === 'tree' ? { kind: 'copy' } : { kind: 'folder', why: begun.why } };
}

const ASKED_FOR = 'its user wants it so (--in-place or tools.inPlace)';

async function staysInFolder(options: PlaceOptions, known: Begun | undefined): Promise<boolean> {
  if (options.entry.request.inPlace === true || known?.kind === 'in-place') return true;
  // A job that began before there were copies has changed the folder itself.
  return known === undefined && (await changesOf(options)).length > 0;
}

function unopened({ jobId }: JobEntry, why: string): PointsmanError {
  return new PointsmanError(
    'request-invalid',
    `The copy in which job ${jobId} worked is gone, and none can be made: ${why}.`,
    {
      hint: `See what it did with "pointsman diff ${jobId}".`,
    },
  );
}

async function doAgain(
  source: Pick<PlaceOptions, 'services' | 'entry'>,
  workTree: WorkTree,
  tree: JobTree,
): Promise<void> {
  const { blocked } = await workTree.mergeBack(await changesOf(source));
  if (blocked.length === 0) return;
  await tree.remove();
  throw unopened(source.entry, `${blocked.join(', ')} changed since in another way`);
}

/** What a job has come to so far, as it is in its user's folder: there nothing names the copy. */
export async function changesForUser({
  services,
  entry,
  workTree,
}: Pick<PlaceOptions, 'services' | 'entry'> & { readonly workTree: WorkTree }): Promise<readonly FileChange[]> {
  const changes = await changesOf({ services, entry });
  const from = (await services.journal.fact(entry.jobId, PLACE))?.folder;
  return from === undefined ? changes : workTree.named(changes, { from, to: entry.request.workspace });
}

/**
 * Brings what a job did into its user's folder, beside what the user did there meanwhile. What cannot be put together stays
 * out, all of it, and is kept.
 */
export async function handBack({ services, entry, onNote }: PlaceOptions): Promise<void> {
  const { journal, workTreeOf } = services;
  const { jobId, request } = entry;
  if ((await journal.fact(jobId, HANDED_BACK)) !== undefined) return;
  const workTree = workTreeOf(request.workspace);
  const { blocked, places, merged } = await workTree.mergeBack(await changesForUser({ services, entry, workTree }));
  if (merged.length > 0) onNote(`put together with what you changed meanwhile: ${merged.join(', ')}`);
  if (blocked.length > 0) {
    const text =
      `Nothing of this job is in your files: ${places.join(', ')} changed meanwhile in a way that does not go together with it. ` +
      `It is kept: see "pointsman diff ${jobId}", and put it in with "pointsman apply ${jobId}" or what goes together of it with "pointsman diff ${jobId} | git apply --reject".`;
    onNote(text);
    await journal.settle(jobId, noteKey('handed-back'), text);
  }
  await journal.settle(jobId, HANDED_BACK, { blocked });
}

/** Names of the files that a job changed in its user's folder: none where what it did has not come there. */
export async function changedInFolder(journal: JobJournal, { jobId }: JobEntry): Promise<readonly string[]> {
  const place = await journal.fact(jobId, PLACE);
  const handedBack = await journal.fact(jobId, HANDED_BACK);
  const isThere = place?.kind !== 'tree' || handedBack?.blocked.length === 0;
  if (!isThere) return [];
  return (await changesOf({ services: { journal }, entry: { jobId } })).map(({ name }) => name);
}

/** Says of a job that ended early where to find what it did. */
export async function sayWhereItIs({ services, entry, onNote }: PlaceOptions): Promise<void> {
  const { journal } = services;
  const { jobId } = entry;
  if ((await journal.fact(jobId, HANDED_BACK)) !== undefined) return;
  if ((await changesOf({ services, entry })).length === 0) return;
  const text = `What this job did is not in your files. It is kept: see "pointsman diff ${jobId}", and put it in with "pointsman apply ${jobId}".`;
  onNote(text);
  await journal.settle(jobId, noteKey('not-handed-back'), text);
}
