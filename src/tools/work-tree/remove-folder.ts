import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { inTurns } from './in-turns.ts';
import { lstatOf } from './look-at.ts';

/** Takes away a folder with all that lies in it, and nothing that links in it lead to. One that is not there is none. */
export async function removeFolder(folder: string): Promise<void> {
  const folders: string[] = [];
  const pending = [folder];
  const found = function* (): Generator<string> {
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) yield at;
  };
  await inTurns(found(), (at) => {
    if (lstatOf(at)?.isDirectory() !== true) return ifThere(() => unlinkSync(at));
    folders.push(at);
    ifThere(() => {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        const place = path.join(at, entry.name);
        if (entry.isDirectory()) pending.push(place);
        else ifThere(() => unlinkSync(place));
      }
    });
  });
  await inTurns(folders.toReversed(), (at) => ifThere(() => rmdirSync(at)));
}

/** Another process may have been faster. */
function ifThere(act: () => void): void {
  try {
    act();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
}
