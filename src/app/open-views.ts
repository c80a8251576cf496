import path from 'node:path';
import type { StoreViews } from '../recorder/store-views.ts';
import { RECORDS_FILE } from './keep-records.ts';

/** What people look at in the records of a store's folder; nothing is made where there is none. */
export async function openRecordViews(dir: string): Promise<StoreViews> {
  const { openStoreViews } = await import('../recorder/sqlite/views/open-store-views.ts');
  return openStoreViews(path.join(dir, RECORDS_FILE));
}
