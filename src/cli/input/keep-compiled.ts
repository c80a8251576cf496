import { mkdirSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import type { Ms } from '../../domain/time.ts';

/** By then all that a start takes is loaded; whoever is killed later has left it behind. */
const WRITE_AFTER_MS: Ms = 5000;

/**
 * Keeps what V8 compiles of the modules that are loaded from now on, so that the next start need not: under `XDG_CACHE_HOME` or
 * `~/.cache`, 0700, a few megabytes for each version. Node looks at each file's text before it believes it. Where that folder
 * cannot be made, and where the environment names a cache of its own or wants none, nothing is kept. Never throws.
 */
export function keepCompiled(env: Environment): void {
  if (env['NODE_COMPILE_CACHE'] !== undefined || env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return;
  const folder = path.join(env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'pointsman', 'compiled');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    return;
  }
  setTimeout(flushCompileCache, WRITE_AFTER_MS).unref();
}
