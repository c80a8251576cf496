import type { ScriptedCloud, ArrivedCall, Opened } from '../../../providers/scripted/scripted-cloud.ts';
import { refused } from './refused.ts';

export interface AzureCloudOptions {
  readonly apiKey: string;
  /** Tokens of Entra ID, with the moment each ends, as epoch milliseconds. */
  readonly tokens?: ReadonlyMap<string, number>;
  /** Deployment → the model that it runs. */
  readonly deployments: Readonly<Record<string, string>>;
  readonly clock?: () => number;
}

const V1_VERSIONS: ReadonlySet<string> = new Set(['preview', 'latest', 'v1']);

/** Azure OpenAI as its REST reference has it (learn.microsoft.com, read 2026-11): both APIs, both credentials, deployments by name. */
export function azureCloud(options: AzureCloudOptions): ScriptedCloud {
  return {
    open: (call) => {
      const objection = credentialObjection(call, options);
      if (objection !== undefined) return refused(401, { error: { code: '401', message: objection } });
      const url = new URL(call.path, 'http://azure');
      const version = url.searchParams.get('api-version');
      const dated = /^\/openai\/deployments\/([^/]+)(\/.+)$/u.exec(url.pathname);
      if (dated !== null) return atDeployment(call, { name: dated[1] ?? '', tail: dated[2] ?? '', version }, options);
      const v1 = /^\/openai\/v1(\/.+)$/u.exec(url.pathname);
      if (v1 !== null && (version === null || V1_VERSIONS.has(version))) return named(call, v1[1] ?? '', options);
      const bare = /^\/openai(\/responses)$/u.exec(url.pathname);
      if (bare !== null && isDate(version)) return named(call, bare[1] ?? '', options);
      return refused(404, { error: { code: '404', message: 'Resource not found' } });
    },
  };
}

function credentialObjection(
  { headers }: ArrivedCall,
  { apiKey, tokens = new Map(), clock = Date.now }: AzureCloudOptions,
): string | undefined {
  if (headers['api-key'] !== undefined) {
    return headers['api-key'] === apiKey
      ? undefined
      : 'Access denied due to invalid subscription key or wrong API endpoint.';
  }
  const token = /^Bearer (.+)$/u.exec(headers['authorization'] ?? '')?.[1];
  if (token === undefined) return 'Access denied due to missing subscription key.';
  // So do OpenAI's own clients open the v1 API.
  if (token === apiKey) return undefined;
  const endsAt = tokens.get(token);
  if (endsAt === undefined) return 'Principal does not have access to API/Operation.';
  return endsAt > clock() ? undefined : 'Access token has expired.';
}

function atDeployment(
  call: ArrivedCall,
  { name, tail, version }: { readonly name: string; readonly tail: string; readonly version: string | null },
  { deployments }: AzureCloudOptions,
): Opened {
  if (!isDate(version)) return refused(404, { error: { code: '404', message: 'Resource not found' } });
  const model = deployments[decodeURIComponent(name)];
  return model === undefined ? noDeployment() : opened(call, tail, model);
}

/** The deployment stands where other vendors have the model. */
function named(call: ArrivedCall, tail: string, { deployments }: AzureCloudOptions): Opened {
  if (call.method === 'GET') return { kind: 'opened', path: `/v1${tail}`, body: call.body };
  const { model: name } = JSON.parse(call.body.toString()) as { readonly model?: string };
  const model = deployments[name ?? ''];
  return model === undefined ? noDeployment() : opened(call, tail, model);
}

function opened({ body }: ArrivedCall, tail: string, model: string): Opened {
  const fields = JSON.parse(body.toString()) as object;
  return { kind: 'opened', path: `/v1${tail}`, body: Buffer.from(JSON.stringify({ ...fields, model })) };
}

function noDeployment(): Opened {
  const message = 'The API deployment for this resource does not exist.';
  return refused(404, { error: { code: 'DeploymentNotFound', message } });
}

function isDate(version: string | null): boolean {
  return /^\d{4}-\d{2}-\d{2}(?:-preview)?$/u.test(version ?? '');
}
