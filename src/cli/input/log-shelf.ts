import { packageVersion } from '../../config/package-version.ts';
import type { Environment } from '../../domain/environment.ts';
import type { KeptDigest } from '../../sessions/kept/read-digests.ts';
import { openShelf, readerPrint, type SessionShelf, type KeptShelf } from '../../sessions/kept/session-shelf.ts';
import { ownCacheFolder } from './own-cache.ts';

/** Where what logs came to is kept for the next run. `undefined`: nobody wants it, or there is no place for it. */
export async function logShelf(env: Environment, isWanted: boolean): Promise<SessionShelf | undefined> {
  const folder = isWanted ? ownCacheFolder(env, 'sessions') : undefined;
  return folder === undefined ? undefined : openShelf(folder, await readerPrint(packageVersion()));
}

/** Where digests of logs are kept beside. @param print of all that they were made by, apart from this version of the program */
export async function digestShelf<Digest>(
  env: Environment,
  name: string,
  print: string,
): Promise<KeptShelf<KeptDigest<Digest>> | undefined> {
  const folder = ownCacheFolder(env, name);
  return folder === undefined ? undefined : openShelf(folder, `${await readerPrint(packageVersion())} ${print}`);
}
