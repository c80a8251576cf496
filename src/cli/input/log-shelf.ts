import { packageVersion } from '../../config/package-version.ts';
import type { Environment } from '../../domain/environment.ts';
import { openShelf, readerPrint, type SessionShelf } from '../../sessions/kept/session-shelf.ts';
import { ownCacheFolder } from './own-cache.ts';

/** Where what logs came to is kept for the next run. `undefined`: nobody wants it, or there is no place for it. */
export async function logShelf(env: Environment, isWanted: boolean): Promise<SessionShelf | undefined> {
  const folder = isWanted ? ownCacheFolder(env, 'sessions') : undefined;
  return folder === undefined ? undefined : openShelf(folder, await readerPrint(packageVersion()));
}
