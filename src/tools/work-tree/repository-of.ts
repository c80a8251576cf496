import { promises as fs } from 'node:fs';
import path from 'node:path';

/** Where git keeps what it knows of a work tree: its `.git`, or what that file names. `undefined`: there is no such folder. */
export async function gitDirOf(folder: string): Promise<string | undefined> {
  const dot = path.join(folder, '.git');
  const stat = await fs.lstat(dot).catch(() => undefined);
  if (stat?.isDirectory() === true) return dot;
  if (stat?.isFile() !== true) return undefined;
  const named = /^gitdir: (.+)$/mu.exec(await fs.readFile(dot, 'utf8').catch(() => ''))?.[1]?.trim();
  return named === undefined ? undefined : path.resolve(folder, named);
}

/** Where the history of a work tree is, which several may share (gitrepository-layout(5), `commondir`). `undefined`: there is none. */
export async function commonDirOf(folder: string): Promise<string | undefined> {
  const own = await gitDirOf(folder);
  if (own === undefined) return undefined;
  const common = await fs.readFile(path.join(own, 'commondir'), 'utf8').catch(() => undefined);
  const dir = common === undefined ? own : path.resolve(own, common.trim());
  return (await fs.stat(dir).catch(() => undefined))?.isDirectory() === true ? dir : undefined;
}
