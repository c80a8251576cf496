import path from 'node:path';
import { direntsOf, lstatOf, wholeTextOf } from './look-at.ts';

/** Where git keeps what it knows of a work tree: its `.git`, or what that file names. `undefined`: there is no such folder. */
export function gitDirOf(folder: string): string | undefined {
  const dot = path.join(folder, '.git');
  const stat = lstatOf(dot);
  if (stat?.isDirectory() === true) return dot;
  if (stat?.isFile() !== true) return undefined;
  const named = /^gitdir: (.+)$/mu.exec(wholeTextOf(dot) ?? '')?.[1]?.trim();
  return named === undefined ? undefined : path.resolve(folder, named);
}

/** Where the history of a work tree is, which several may share (gitrepository-layout(5), `commondir`). `undefined`: there is none. */
export function commonDirOf(folder: string): string | undefined {
  const own = gitDirOf(folder);
  if (own === undefined) return undefined;
  const common = wholeTextOf(path.join(own, 'commondir'));
  const dir = common === undefined ? own : path.resolve(own, common.trim());
  return direntsOf(dir) === undefined ? undefined : dir;
}
