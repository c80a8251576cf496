import type { At } from '../../domain/time.ts';
import { withoutKeys, type CallTarget, type Host, type HostedAt, type WrittenCall } from '../host.ts';
import { createTokenSource, type AccessToken } from '../token-source.ts';

/** What Azure gives tokens for, to those who call models. learn.microsoft.com, Entra ID with Azure OpenAI, read 2026-11. */
const SCOPE = 'https://cognitiveservices.azure.com/.default';
/** The API before v1 has a date for a version. */
const DATED = /^\d{4}-\d{2}-\d{2}/u;
/** Calls that name a deployment in their address; others name it in their body. Azure OpenAI REST reference, read 2026-11. */
const OF_A_DEPLOYMENT =
  /^\/(?:chat\/completions|completions|embeddings|images\/(?:generations|edits)|audio\/(?:speech|transcriptions|translations))$/u;

const HINT =
  'Set the key of the endpoint, or sign in with "az login"; on Azure give the machine an identity with the role Cognitive Services OpenAI User.';

/**
 * Azure OpenAI: the v1 API, or deployments with a dated `api-version`; opened by a key in `api-key`, else by a token of Entra ID.
 * The name on the wire is the deployment's. Claude at Azure keeps its own paths and header.
 */
export function createAzureHost(
  { id, settings, apiKey }: HostedAt<'azure'>,
  { clock = Date.now, fetchToken = entraToken() }: AzureHostOptions = {},
): Host {
  const token = createTokenSource(fetchToken, { clock, endpoint: id, hint: HINT });
  return {
    prepare: async (call, target) => ({
      ...call,
      url: azureUrl(call.url, target, settings.apiVersion),
      headers: { ...withoutKeys(call.headers), ...(await credential(apiKey, target, token)) },
    }),
  };
}

export interface AzureHostOptions {
  readonly clock?: () => At;
  readonly fetchToken?: () => Promise<AccessToken>;
}

async function credential(
  apiKey: string | undefined,
  target: CallTarget | undefined,
  token: () => Promise<string>,
): Promise<WrittenCall['headers']> {
  if (apiKey === undefined) return { authorization: `Bearer ${await token()}` };
  return target?.wire === 'anthropic-messages' ? { 'x-api-key': apiKey } : { 'api-key': apiKey };
}

function azureUrl(written: URL, target: CallTarget | undefined, apiVersion: string | undefined): URL {
  const url = new URL(written);
  if (target?.wire === 'anthropic-messages') return url;
  const tail = url.pathname.replace(/^(?:\/openai)?(?:\/v1)?(?=\/)/u, '');
  const isDated = apiVersion !== undefined && DATED.test(apiVersion);
  const place = isDated && OF_A_DEPLOYMENT.test(tail) ? deploymentOf(target) : '';
  url.pathname = `/openai${isDated ? place : '/v1'}${tail}`;
  if (apiVersion !== undefined) url.searchParams.set('api-version', apiVersion);
  return url;
}

function deploymentOf(target: CallTarget | undefined): string {
  return target === undefined ? '' : `/deployments/${encodeURIComponent(target.model)}`;
}

/** Whoever is signed in, or the machine's own identity, found by Azure's package, which is loaded when first asked. */
function entraToken(): () => Promise<AccessToken> {
  let opened: Promise<() => Promise<AccessToken>> | undefined;
  const open = async (): Promise<() => Promise<AccessToken>> => {
    const { DefaultAzureCredential } = await import('@azure/identity');
    const found = new DefaultAzureCredential();
    return async () => {
      const { token, expiresOnTimestamp } = await found.getToken(SCOPE);
      return { token, expiresAt: expiresOnTimestamp };
    };
  };
  return async () => (await (opened ??= open()))();
}
