import { lstatSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';

/**
 * A folder of ours in the user's cache, made where it is missing. `undefined`: it cannot be made, or another user could write there.
 * Never throws.
 */
export function ownCacheFolder(env: Environment, name: string): string | undefined {
  try {
    const folder = path.join(cacheHome(env), 'pointsman');
    const own = path.join(folder, name);
    // A relative one would lie in whatever folder we are started in, which may have been brought with bytes in it.
    if (!path.isAbsolute(folder)) return undefined;
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return [folder, own].every(isOursAlone) ? own : undefined;
  } catch {
    return undefined;
  }
}

/** As the XDG base directories have it: what is empty or relative is no setting. */
function cacheHome({ XDG_CACHE_HOME: stated = '', HOME: home = '' }: Environment): string {
  return path.isAbsolute(stated) ? stated : path.join(path.isAbsolute(home) ? home : homedir(), '.cache');
}

/** A folder, not a link to one, that is ours and that nobody else may write into. */
function isOursAlone(folder: string): boolean {
  if (process.getuid === undefined) return true;
  const entry = lstatSync(folder);
  return entry.isDirectory() && entry.uid === process.getuid() && (entry.mode & 0o022) === 0;
}
