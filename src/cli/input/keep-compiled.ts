import { enableCompileCache, flushCompileCache } from 'node:module';
import type { Environment } from '../../domain/environment.ts';
import type { Ms } from '../../domain/time.ts';
import { ownCacheFolder } from './own-cache.ts';

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
  const compiled = ownCacheFolder(env, 'compiled');
  if (compiled === undefined) return;
  enableCompileCache(compiled);
  setTimeout(flushCompileCache, WRITE_AFTER_MS).unref();
}
