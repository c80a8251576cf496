import path from 'node:path';
import type { StoreConfig } from '../config/config.ts';
import type { StoreViews } from '../recorder/store-views.ts';
import { RECORDS_FILE } from './keep-records.ts';
import type { PointsmanOptions } from './pointsman-options.ts';
import { openPostgresStore } from './postgres-store.ts';

/** What people look at in the records of a store's folder; nothing is made where there is none. */
export async function openRecordViews(dir: string): Promise<StoreViews> {
  const { openStoreViews } = await import('../recorder/sqlite/views/open-store-views.ts');
  return openStoreViews(path.join(dir, RECORDS_FILE));
}

/** The same of a configured store, and what closes it. @throws PointsmanError `record-unreadable` where PostgreSQL does not answer */
export async function openViewsOf(
  store: StoreConfig,
): Promise<{ readonly views: StoreViews; readonly close: () => Promise<void> }> {
  if (store.kind === 'sqlite') {
    const views = await openRecordViews(store.dir);
    return { views, close: () => views.close() };
  }
  const postgres = await openPostgresStore(store.url);
  return { views: postgres.views(), close: () => postgres.close() };
}

/** The same of whoever was given a folder for its store, or goes by the configuration. */
export async function openStoreViewsFor(
  { store }: { readonly store?: PointsmanOptions['store'] | undefined },
  config: { readonly store: StoreConfig },
): ReturnType<typeof openViewsOf> {
  if (store === undefined || store === 'memory') return openViewsOf(config.store);
  return openViewsOf({ kind: 'sqlite', dir: store.dir });
}
