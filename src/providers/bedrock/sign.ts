import type { SignatureV4 } from '@smithy/signature-v4';
import type { At } from '../../domain/time.ts';
import { noCredentials, type WrittenCall } from '../host.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type FindCredentials = () => Promise<AwsCredentials>;

export interface SignerOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly profile: string | undefined;
  readonly clock?: () => At;
  /** Default: AWS's own search. */
  readonly findCredentials?: FindCredentials;
}

const HINT =
  'Sign in ("aws sso login"), set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set a Bedrock API key in AWS_BEARER_TOKEN_BEDROCK.';

/** What the signature covers; proxies may change others, and none of them opens a door. */
const SIGNED = /^(?:host|content-type|accept|x-amz.*)$/u;

/**
 * Signs calls with Signature Version 4. AWS's packages sign and find credentials; they are loaded when first needed.
 * @throws PointsmanError `provider-auth`, from the function that is returned
 */
export function createSigner(options: SignerOptions): (call: WrittenCall) => Promise<Record<string, string>> {
  const { clock = Date.now } = options;
  let opened: ReturnType<typeof openSigner> | undefined;
  return async ({ method, url, headers, body }) => {
    try {
      const signer = await (opened ??= openSigner(options));
      const { host: _host, ...signed } = await signer(
        {
          method,
          protocol: url.protocol,
          hostname: url.hostname,
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: { ...headers, host: url.host },
          body,
        },
        { signingDate: new Date(clock()), unsignableHeaders: new Set(Object.keys(headers).filter(isUnsigned)) },
      );
      return signed;
    } catch (thrown) {
      opened = undefined;
      throw noCredentials(options.endpoint, thrown, HINT);
    }
  };
}

function isUnsigned(name: string): boolean {
  return !SIGNED.test(name);
}

type Sign = (...call: Parameters<SignatureV4['sign']>) => Promise<Record<string, string>>;

async function openSigner({ region, profile, findCredentials }: SignerOptions): Promise<Sign> {
  const [{ SignatureV4: Signer }, { Sha256 }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-crypto/sha256-js'),
  ]);
  const credentials = findCredentials ?? (await awsCredentials(region, profile));
  const signer = new Signer({ service: 'bedrock', region, credentials, sha256: Sha256 });
  return async (...call) => (await signer.sign(...call)).headers;
}

/** Keys of the environment first, as AWS's own tools have it; then profiles, single sign-on, and roles. */
async function awsCredentials(region: string, profile: string | undefined): Promise<FindCredentials> {
  const { createCredentialChain, fromEnv, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const found = fromNodeProviderChain({ clientConfig: { region }, ...(profile === undefined ? {} : { profile }) });
  return profile === undefined ? createCredentialChain(fromEnv(), found) : found;
}
