import { postgresError } from './postgres-failure.ts';
import type { Postgres } from './postgres.ts';

/** Runs what asks the store, and words its failure. */
export type Guard = <Result>(
  code: 'record-unreadable' | 'record-unwritable',
  act: () => Promise<Result>,
) => Promise<Result>;

export function createGuard({ place }: Pick<Postgres, 'place'>): Guard {
  return async (code, act) => {
    try {
      return await act();
    } catch (thrown) {
      throw postgresError(thrown, code, place);
    }
  };
}
