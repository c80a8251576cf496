import { getCACertificates } from 'node:tls';

/** What a connection trusts: Node's own certificates, those of NODE_EXTRA_CA_CERTS, and `ca`. `undefined`: as Node.js does by itself. */
export function trustedCertificates(ca: string | undefined): string[] | undefined {
  return ca === undefined ? undefined : [...getCACertificates('default'), ca];
}
