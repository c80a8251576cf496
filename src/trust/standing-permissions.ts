import { PointsmanError } from '../domain/errors.ts';
import { openTrustBook } from './trust-book.ts';
import { userDataDir, type Environment } from './user-folders.ts';

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
  const book = openTrustBook(dir);
  const keyOf = (folder: string, digest: string): string => `${digest} ${folder}`;
  const keysOf = (folder: string): readonly string[] =>
    book.keys('effects').filter((key) => key.slice(key.indexOf(' ') + 1) === folder);
  return {
    has: (folder, digest) => book.read('effects', keyOf(folder, digest)) !== undefined,
    add: (folder, digest, shown) => {
      if (dir === undefined) {
        throw new PointsmanError('config-invalid', 'This user has no folder in which an answer could be remembered.', {
          mend: 'Set XDG_DATA_HOME, or allow it for this job only.',
        });
      }
      book.write('effects', keyOf(folder, digest), shown);
    },
    of: (folder) => keysOf(folder).map((key) => book.read('effects', key) ?? ''),
    forget: (folder) => {
      for (const key of keysOf(folder)) book.write('effects', key, undefined);
    },
  };
}
