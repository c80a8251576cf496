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
      const [, , project, region, publisher, name = '', method = ''] = PATH.exec(url.pathname) ?? [];
      if (project !== options.project) return fault(403, 'PERMISSION_DENIED', 'Permission denied on resource project.');
      const model = region === options.region ? options.models[decodeURIComponent(name)] : undefined;
      if (model === undefined)
        return fault(
          404,
          'NOT_FOUND',
          `Publisher Model ${name} was not found or your project does not have access to it.`,
        );
      return publisher === 'anthropic' ? claude(call, model, method) : gemini(call, model, `${method}${url.search}`);
    },
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
