import type { ArrivedCall, Opened, ScriptedCloud } from '../../../providers/scripted/scripted-cloud.ts';
import { fieldsIn, listIn, type Fields } from '../../../wires/shared/fields.ts';
import { refused } from './refused.ts';

export interface VertexCloudOptions {
  readonly project: string;
  readonly region: string;
  /** Whether a token is good now. */
  readonly isGood: (token: string) => boolean;
  /** Name in the address → the model that the scripted vendor knows. */
  readonly models: Readonly<Record<string, string>>;
}

const VERSIONS: ReadonlySet<string> = new Set(['vertex-2023-10-16', '2026-10-21']);
const PATH =
  /^\/(v1|v1beta1)\/projects\/([^/]+)\/locations\/([^/]+)\/publishers\/(anthropic|google)\/models\/([^/:]+):(\w+)$/u;

/** Vertex AI as its REST reference has it (docs.cloud.google.com, read 2026-11): tokens, places, publishers, bodies. */
export function vertexCloud(options: VertexCloudOptions): ScriptedCloud {
  return {
    open: (call) => {
      const token = /^Bearer (.+)$/u.exec(call.headers['authorization'] ?? '')?.[1];
      if (token === undefined || !options.isGood(token))
        return fault(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
      const url = new URL(call.path, 'http://vertex');
      const open = OPEN_MODELS.exec(url.pathname);
      if (open !== null) return openModel(call, options, { project: open[2], region: open[3] });
      return publisherModel(call, options, url);
    },
  };
}

function publisherModel(call: ArrivedCall, options: VertexCloudOptions, { pathname, search }: URL): Opened {
  const [, , project, region, publisher, name = '', method = ''] = PATH.exec(pathname) ?? [];
  if (project !== options.project) return fault(403, 'PERMISSION_DENIED', 'Permission denied on resource project.');
  const isCount = name === 'count-tokens';
  const named = isCount ? String(fieldsIn(JSON.parse(call.body.toString()))['model']) : name;
  const model = region === options.region ? options.models[decodeURIComponent(named)] : undefined;
  if (model === undefined) return notFound(named);
  if (isCount) return counting(call, model, method);
  return publisher === 'anthropic' ? claude(call, model, method) : gemini(call, model, `${method}${search}`);
}

function notFound(name: string): Opened {
  return fault(404, 'NOT_FOUND', `Publisher Model ${name} was not found or your project does not have access to it.`);
}

/** Models of others in Model Garden: OpenAI's form, the model as PUBLISHER/NAME in the body. */
const OPEN_MODELS = /^\/(v1|v1beta1)\/projects\/([^/]+)\/locations\/([^/]+)\/endpoints\/openapi\/chat\/completions$/u;

function openModel(
  call: ArrivedCall,
  options: VertexCloudOptions,
  { project, region }: { readonly project: string | undefined; readonly region: string | undefined },
): Opened {
  if (project !== options.project) return fault(403, 'PERMISSION_DENIED', 'Permission denied on resource project.');
  const body = JSON.parse(call.body.toString()) as Fields;
  const name = String(body['model']);
  const model = region === options.region ? options.models[name] : undefined;
  if (model === undefined || !name.includes('/')) return notFound(name);
  const stray = ['store', 'max_completion_tokens', 'prompt_cache_key', 'verbosity'].find((field) => field in body);
  if (stray !== undefined)
    return fault(400, 'INVALID_ARGUMENT', `Invalid JSON payload received. Unknown name "${stray}"`);
  return { kind: 'opened', path: '/v1/chat/completions', body: Buffer.from(JSON.stringify({ ...body, model })) };
}

function counting(call: ArrivedCall, model: string, method: string): Opened {
  const { anthropic_version: version, ...body } = JSON.parse(call.body.toString()) as Fields;
  if (method !== 'rawPredict') return fault(400, 'INVALID_ARGUMENT', `count-tokens does not go with ${method}`);
  if (!VERSIONS.has(String(version))) return fault(400, 'INVALID_ARGUMENT', 'anthropic_version: Field required');
  return {
    kind: 'opened',
    path: '/v1/messages/count_tokens',
    body: Buffer.from(JSON.stringify({ ...body, model })),
  };
}

function claude(call: ArrivedCall, model: string, method: string): Opened {
  const { anthropic_version: version, ...body } = JSON.parse(call.body.toString()) as Fields;
  if (!VERSIONS.has(String(version))) return fault(400, 'INVALID_ARGUMENT', 'anthropic_version: Field required');
  if (body['model'] !== undefined) return fault(400, 'INVALID_ARGUMENT', 'model: Extra inputs are not permitted');
  const isStream = method === 'streamRawPredict';
  if ((!isStream && method !== 'rawPredict') || isStream !== (body['stream'] === true)) {
    return fault(400, 'INVALID_ARGUMENT', `stream does not go with ${method}`);
  }
  return { kind: 'opened', path: '/v1/messages', body: Buffer.from(JSON.stringify({ ...body, model })) };
}

function gemini(call: ArrivedCall, model: string, method: string): Opened {
  const body = JSON.parse(call.body.toString()) as Fields;
  const hasRoles = listIn(body['contents']).every((content) =>
    /^(?:user|model)$/u.test(String(fieldsIn(content)['role'])),
  );
  if (!hasRoles) return fault(400, 'INVALID_ARGUMENT', 'Please use a valid role: user, model.');
  return { kind: 'opened', path: `/v1beta/models/${model}:${method}`, body: call.body };
}

function fault(code: number, status: string, message: string): Opened {
  return refused(code, { error: { code, message, status } });
}
