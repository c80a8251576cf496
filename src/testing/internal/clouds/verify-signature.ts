import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ArrivedCall } from '../../../providers/scripted/scripted-cloud.ts';

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Epoch milliseconds. */
  readonly endsAt?: number;
}

interface SignedService {
  readonly service: string;
  readonly region: string;
  readonly keys: readonly AwsKey[];
  readonly clock?: () => number;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/u;
const FIVE_MINUTES_MS = 300_000;

/** What AWS would say of a call's signature, recomputed by AWS's own signer from what arrived; `undefined`: it is right. */
export async function signatureFault(call: ArrivedCall, at: SignedService): Promise<string | undefined> {
  const { authorization = '', 'x-amz-date': date = '', 'x-amz-security-token': token, ...headers } = call.headers;
  const parts = AUTHORIZATION.exec(authorization);
  if (parts === null) return 'Missing Authentication Token';
  const [, keyId, day, region, service, signedHeaders = '', signature] = parts;
  const key = at.keys.find(({ accessKeyId }) => accessKeyId === keyId);
  const now = nowOf(at);
  const fault = keyFault(key, token, now) ?? dateFault(date, day, now);
  if (fault !== undefined || key === undefined) return fault;
  if (`${region} ${service}` !== `${at.region} ${at.service}`) return 'Credential should be scoped to a valid region.';
  const names = signedHeaders.split(';');
  if (!isOfBody(headers['x-amz-content-sha256'], call.body)) return MISMATCH;
  const again = await signatureOf(call, { ...at, key, names, signedAt: dateOf(date) });
  return names.includes('host') && again === signature ? undefined : MISMATCH;
}

function nowOf({ clock = Date.now }: SignedService): number {
  return clock();
}

function keyFault(key: AwsKey | undefined, token: string | undefined, now: number): string | undefined {
  if (key?.sessionToken !== token || key === undefined) return 'The security token included in the request is invalid.';
  return (key.endsAt ?? Infinity) <= now ? 'The security token included in the request is expired' : undefined;
}

function dateFault(date: string, day: string | undefined, now: number): string | undefined {
  return Math.abs(now - dateOf(date)) <= FIVE_MINUTES_MS && day === date.slice(0, 8) ? undefined : 'Signature expired';
}

function isOfBody(hash: string | undefined, body: Buffer): boolean {
  return hash === undefined || hash === createHash('sha256').update(body).digest('hex');
}

const MISMATCH = 'The request signature we calculated does not match the signature you provided.';

async function signatureOf(
  { method, path, headers, body }: ArrivedCall,
  {
    service,
    region,
    key,
    names,
    signedAt,
  }: SignedService & { readonly key: AwsKey; readonly names: readonly string[]; readonly signedAt: number },
): Promise<string | undefined> {
  const url = new URL(path, 'http://aws');
  const kept = names.filter((name) => name !== 'x-amz-date' && name !== 'x-amz-security-token');
  const signer = new SignatureV4({ service, region, credentials: key, sha256: Sha256, applyChecksum: false });
  const signed = await signer.sign(
    {
      method,
      protocol: 'https:',
      hostname: 'aws',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(kept.map((name) => [name, headers[name] ?? ''])),
      body,
    },
    { signingDate: new Date(signedAt), signableHeaders: new Set(names) },
  );
  return /Signature=([0-9a-f]{64})$/u.exec(signed.headers['authorization'] ?? '')?.[1];
}

/** `20261129T150000Z` as epoch milliseconds. */
function dateOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, '$1-$2-$3T$4:$5:$6Z'));
}
