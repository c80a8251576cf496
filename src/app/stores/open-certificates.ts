import path from 'node:path';
import type { StoreConfig } from '../../config/config.ts';
import { writeWhole } from '../../config/refreshed-file.ts';
import { PointsmanError } from '../../domain/errors.ts';
import {
  parseCertificates,
  withCertificate,
  withoutCertificate,
  type CertificateStore,
} from '../../learn/certificate/certificate-file.ts';
import type { Documents } from '../../postgres/documents.ts';
import { whileLocked } from '../../trust/user-lock.ts';
import { openPostgresStore } from '../postgres-store.ts';
import { documentText } from './folder-files.ts';

const NAME = 'certificates';

/** Promises in a PostgreSQL store, for all that work on it. */
export function certificatesAt(documents: Documents, place: string): CertificateStore {
  return certificatesOf({
    name: `The document "${NAME}" in ${place}`,
    place,
    read: async () => (await documents.read(NAME))?.text,
    change: async (act) => documents.change(NAME, act),
  });
}

/** Promises in a file of a store's folder, written whole or not at all, for its owner alone. */
export function certificatesIn(dir: string): CertificateStore {
  const file = path.join(dir, `${NAME}.json`);
  return certificatesOf({
    name: file,
    place: file,
    read: async () => readable(file),
    change: async (act) => whileLocked(dir, `${NAME}.lock`, () => writeWhole(file, act(readable(file)))),
  });
}

/** A text that is changed by one at a time. */
interface KeptText {
  /** As a complaint about it says. */
  readonly name: string;
  readonly place: string;
  read(): Promise<string | undefined>;
  change(act: (text: string | undefined) => string): Promise<void>;
}

function certificatesOf(kept: KeptText): CertificateStore {
  const { name, place } = kept;
  return {
    read: async () => parseCertificates(await kept.read(), name),
    save: async (certificate) => {
      await kept.change((text) => withCertificate(text, certificate, name));
      return place;
    },
    remove: async (certificate) => kept.change((text) => withoutCertificate(text, certificate, name)),
  };
}

function readable(file: string): string | undefined {
  try {
    return documentText(file);
  } catch (cause) {
    throw new PointsmanError('record-unreadable', `${file} cannot be read.`, {
      cause,
      hint: 'Let this user read it, or remove it.',
    });
  }
}

/** Hands the promises of a configured store to `act`. @throws PointsmanError `record-unreadable` where PostgreSQL does not answer */
export async function withCertificates<Result>(
  store: StoreConfig,
  act: (certificates: CertificateStore) => Promise<Result>,
): Promise<Result> {
  if (store.kind === 'sqlite') return act(certificatesIn(store.dir));
  const postgres = await openPostgresStore(store.url);
  try {
    return await act(certificatesAt(postgres.documents(), postgres.place));
  } finally {
    await postgres.close();
  }
}
