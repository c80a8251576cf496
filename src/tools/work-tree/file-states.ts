import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { BlobStore } from './blob-store.ts';
import type { FileState } from './file-change.ts';

/** As git looks at it: whether the owner may start it. */
const EXECUTABLE = 0o100;

/** What stands at a name now, its bytes kept; `null`: no file and no link, or one that nobody can read (see `putBack`). */
export async function stateOf(workspace: string, name: string, blobs: BlobStore): Promise<FileState | null> {
  const file = path.join(workspace, name);
  const stat = await fs.lstat(file).catch(() => undefined);
  if (stat?.isSymbolicLink() === true) {
    return { mode: '120000', id: await blobs.keep(Buffer.from(await fs.readlink(file))) };
  }
  if (stat?.isFile() !== true) return null;
  const bytes = await fs.readFile(file).catch(() => undefined);
  if (bytes === undefined) return null;
  const id = await blobs.keep(bytes);
  return { mode: (stat.mode & EXECUTABLE) === 0 ? '100644' : '100755', id, permissions: stat.mode & 0o777 };
}
