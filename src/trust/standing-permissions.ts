import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { openTrustFile } from './trust-file.ts';
import { userDataDir } from './user-folders.ts';

/** What the user has allowed "always here": exactly this effect, as it was shown, in this folder. */
export interface StandingPermissions {
  has(folder: string, digest: string): boolean;
  /** `shown`: the words of the question. @throws PointsmanError `config-invalid` when it cannot be remembered */
  add(folder: string, digest: string, shown: string): void;
  /** The words of the questions that were answered so. */
  of(folder: string): readonly string[];
  forget(folder: string): void;
}

/** @param folder below a real path */
export function openStandingPermissions(env: Environment): StandingPermissions {
  const dir = userDataDir(env);
  const trusted = openTrustFile(dir);
  const keyOf = (folder: string, digest: string): string => `${digest} ${folder}`;
  const keysOf = (folder: string): readonly string[] =>
    trusted.keys('effects').filter((key) => key.slice(key.indexOf(' ') + 1) === folder);
  return {
    has: (folder, digest) => trusted.read('effects', keyOf(folder, digest)) !== undefined,
    add: (folder, digest, shown) => {
      if (dir === undefined) {
        throw new PointsmanError('config-invalid', 'This user has no folder in which an answer could be remembered.', {
          hint: 'Set XDG_DATA_HOME, or allow it for this job only.',
        });
      }
      trusted.write('effects', keyOf(folder, digest), shown);
    },
    of: (folder) => keysOf(folder).map((key) => trusted.read('effects', key) ?? ''),
    forget: (folder) => {
      for (const key of keysOf(folder)) trusted.write('effects', key, undefined);
    },
  };
}
