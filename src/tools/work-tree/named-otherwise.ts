import { literalPattern } from '../../trust/literal-pattern.ts';
import type { BlobStore } from './blob-store.ts';
import type { FileChange, FileState } from './file-change.ts';

export interface NamedOtherwise {
  /** A folder that goes; a number in it may have been another. */
  readonly from: string;
  readonly to: string;
}

interface Kept {
  readonly blobs: BlobStore;
  readonly read: (id: string) => Promise<Buffer | undefined>;
}

/**
 * Changes with a folder named otherwise in what files hold after them and where links lead: what was written in a copy may name
 * it, and it is gone by the time that somebody reads that. Binary files stay as they are.
 */
export async function namedOtherwise(
  changes: readonly FileChange[],
  { from, to }: NamedOtherwise,
  kept: Kept,
): Promise<readonly FileChange[]> {
  const named: FileChange[] = [];
  for (const change of changes) named.push({ ...change, after: await stateNamed(change.after, { from, to }, kept) });
  return named;
}

async function stateNamed(
  state: FileState | null,
  { from, to }: NamedOtherwise,
  { blobs, read }: Kept,
): Promise<FileState | null> {
  const bytes = state === null ? undefined : await read(state.id);
  if (state === null || bytes === undefined || bytes.includes(0)) return state;
  // Byte by byte: whatever the encoding of the rest is.
  const [was, is] = [from, to].map((text) => Buffer.from(text).toString('latin1')) as [string, string];
  const text = bytes.toString('latin1');
  const renamed = text.replace(patternOf(was), () => is);
  return renamed === text ? state : { ...state, id: await blobs.keep(Buffer.from(renamed, 'latin1')) };
}

/** As a whole: the folder, and not the beginning of a longer name. */
function patternOf(folder: string): RegExp {
  const escaped = literalPattern(folder);
  return new RegExp(`${escaped.replaceAll(/\/\d+(?=\/tree\/)/gu, String.raw`/\d+`)}(?![\\w-]|\\.\\w)`, 'gu');
}
