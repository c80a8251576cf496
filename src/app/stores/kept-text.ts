import path from 'node:path';
import type { StoreConfig } from '../../config/config.ts';
import { writeWhole } from '../../config/refreshed-file.ts';
import type { Documents } from '../../postgres/documents.ts';
import { whileLocked } from '../../trust/user-lock.ts';
import { openPostgresStore } from '../postgres-store.ts';
import { documentText } from './folder-files.ts';

/** A text of a store that is changed by one at a time. */
export interface KeptText {
  /** As a complaint about it says. */
  readonly name: string;
  readonly place: string;
  /** `undefined`: there is none. @throws PointsmanError `record-unreadable` */
  read(): Promise<string | undefined>;
  /** Whole or not at all, should the process end meanwhile. */
  change(act: (text: string | undefined) => string): Promise<void>;
}

/** In a PostgreSQL store, for all that work on it. */
export function keptTextAt(
  documents: Documents,
  { name, place }: { readonly name: string; readonly place: string },
): KeptText {
  return {
    name: `The document "${name}" in ${place}`,
    place,
    read: async () => (await documents.read(name))?.text,
    change: async (act) => documents.change(name, act),
  };
}

/** In a file of a store's folder, for its owner alone. */
export function keptTextIn(
  dir: string,
  { name, fileName }: { readonly name: string; readonly fileName: string },
): KeptText {
  const file = path.join(dir, fileName);
  return {
    name: file,
    place: file,
    read: async () => documentText(file),
    change: async (act) => whileLocked(dir, `${name}.lock`, () => writeWhole(file, act(documentText(file)))),
  };
}

/** Hands a text of a configured store to `act`. @throws PointsmanError `record-unreadable` where PostgreSQL does not answer */
export async function withKeptText<Result>(
  store: StoreConfig,
  names: { readonly name: string; readonly fileName: string },
  act: (kept: KeptText) => Promise<Result>,
): Promise<Result> {
  if (store.kind === 'sqlite') return act(keptTextIn(store.dir, names));
  const postgres = await openPostgresStore(store.url);
  try {
    return await act(keptTextAt(postgres.documents(), { name: names.name, place: postgres.place }));
  } finally {
    await postgres.close();
  }
}
