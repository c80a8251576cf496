import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import type { Ms } from '../../domain/time.ts';

/** By then all that a start takes is loaded; whoever is killed later has left it behind. */
const WRITE_AFTER_MS: Ms = 5000;

/**
 * Keeps what V8 compiles of the modules that are loaded from now on, so that the next start need not: under `XDG_CACHE_HOME` or
 * `~/.cache`, 0700, a few megabytes for each version. Node holds each file's text against what was compiled of it, but runs the
 * compiled bytes as they are: so nothing is read or kept where another user could write. Nor where that folder cannot be made, and
 * where the environment names a cache of its own or wants none. Never throws.
 */
export function keepCompiled(env: Environment): void {
  if (env['NODE_COMPILE_CACHE'] !== undefined || env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return;
  try {
    const folder = path.join(cacheHome(env), 'pointsman');
    const compiled = path.join(folder, 'compiled');
    // A relative one would lie in whatever folder we are started in, which may have been brought with bytes in it.
    if (!path.isAbsolute(folder)) return;
    mkdirSync(compiled, { recursive: true, mode: 0o700 });
    if (![folder, compiled].every(isOursAlone)) return;
    enableCompileCache(compiled);
  } catch {
    return;
  }
  setTimeout(flushCompileCache, WRITE_AFTER_MS).unref();
}

/** As the XDG base directories have it: what is empty or relative is no setting. */
function cacheHome({ XDG_CACHE_HOME: stated = '' }: Environment): string {
  return path.isAbsolute(stated) ? stated : path.join(homedir(), '.cache');
}

/** A folder, not a link to one, that is ours and that nobody else may write into. */
function isOursAlone(folder: string): boolean {
  if (process.getuid === undefined) return true;
  const entry = lstatSync(folder);
  return entry.isDirectory() && entry.uid === process.getuid() && (entry.mode & 0o022) === 0;
}
