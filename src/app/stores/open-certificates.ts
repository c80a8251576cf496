import type { StoreConfig } from '../../config/config.ts';
import {
  parseCertificates,
  withCertificate,
  withoutCertificate,
  type CertificateStore,
} from '../../learn/certificate/certificate-file.ts';
import type { Documents } from '../../postgres/documents.ts';
import { keptTextAt, keptTextIn, withKeptText, type KeptText } from './kept-text.ts';

const NAMES = { name: 'certificates', fileName: 'certificates.json' } as const;

/** Promises in a PostgreSQL store, for all that work on it. */
export function certificatesAt(documents: Documents, place: string): CertificateStore {
  return certificatesOf(keptTextAt(documents, { name: NAMES.name, place }));
}

/** Promises in a file of a store's folder, written whole or not at all, for its owner alone. */
export function certificatesIn(dir: string): CertificateStore {
  return certificatesOf(keptTextIn(dir, NAMES));
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

/** Hands the promises of a configured store to `act`. @throws PointsmanError `record-unreadable` where PostgreSQL does not answer */
export async function withCertificates<Result>(
  store: StoreConfig,
  act: (certificates: CertificateStore) => Promise<Result>,
): Promise<Result> {
  return withKeptText(store, NAMES, async (kept) => act(certificatesOf(kept)));
}
