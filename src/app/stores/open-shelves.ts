import { toPointsmanError } from '../../domain/errors.ts';
import type { FolderShelvesOptions } from './folder-shelves.ts';
import type { Shelves } from './shelves.ts';

/** A store at a folder or a PostgreSQL address, as its rows. @throws PointsmanError as either is opened */
export async function openShelves(place: string, options: FolderShelvesOptions): Promise<Shelves> {
  try {
    if (place.includes('://')) {
      const { openPostgresShelves } = await import('./postgres-shelves.ts');
      return await openPostgresShelves(place, options.mustExist);
    }
    const { openFolderShelves } = await import('./folder-shelves.ts');
    return openFolderShelves(place, options);
  } catch (thrown) {
    throw toPointsmanError(thrown, 'record-unreadable');
  }
}
