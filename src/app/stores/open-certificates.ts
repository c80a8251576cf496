import type { StoreConfig } from '../../config/config.ts';
import {
  certificatesIn,
  parseCertificates,
  withCertificate,
  withoutCertificate,
  type CertificateStore,
} from '../../learn/certificate/certificate-file.ts';
import type { Documents } from '../../postgres/documents.ts';
import { openPostgresStore } from '../postgres-store.ts';

const NAME = 'certificates';

/** Promises in a PostgreSQL store, for all that work on it. */
export function certificatesAt(documents: Documents, place: string): CertificateStore {
  const name = `The document "${NAME}" in ${place}`;
  return {
    read: async () => parseCertificates((await documents.read(NAME))?.text, name),
    save: async (certificate) => {
      await documents.change(NAME, (text) => withCertificate(text, certificate, name));
      return place;
    },
    remove: async (policyId) => {
      await documents.change(NAME, (text) => withoutCertificate(text, policyId, name));
    },
  };
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
