import { PointsmanError } from '../../domain/errors.ts';
import { isFields, parseFields } from '../../wires/shared/fields.ts';
import { editJson, type JsonEdit } from '../../wires/shared/json-bytes.ts';
import {
  noCredentials,
  withoutKeys,
  withPath,
  type CallTarget,
  type Host,
  type HostedAt,
  type WrittenCall,
} from '../host.ts';

/** Google, "Use Claude models" of Vertex AI, read 2026-11: the one version that there is. */
const ANTHROPIC_VERSION = 'vertex-2023-10-16';
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const HINT =
  'Sign in ("gcloud auth application-default login"), name a service account in GOOGLE_APPLICATION_CREDENTIALS or "credentialsFile", or run where the machine has one.';

/** Whom Google says calls, and for which project. */
export interface GoogleCredentials {
  headers(): Promise<Readonly<Record<string, string>>>;
  projectId(): Promise<string>;
}

type VertexSettings = HostedAt<'vertex'>['settings'];

/**
 * Google's Vertex AI: Claude by `rawPredict`, Gemini by `generateContent`, all others in OpenAI's form, of a region or `global`. Opened by Google's own package with
 * application default credentials, which it renews; a key is taken for an access token.
 */
export function createVertexHost(
  { id, settings, apiKey }: HostedAt<'vertex'>,
  open: () => Promise<GoogleCredentials> = async () => googleCredentials(settings),
): Host {
  let opened: Promise<GoogleCredentials> | undefined;
  const ask = async <Value>(what: (credentials: GoogleCredentials) => Promise<Value>): Promise<Value> => {
    try {
      return await what(await (opened ??= open()));
    } catch (thrown) {
      opened = undefined;
      throw noCredentials(id, thrown, HINT);
    }
  };
  return {
    prepare: async (call, target) => {
      const project = settings.project ?? (await ask(async (found) => found.projectId()));
      const written = addressedCall(call, target, `projects/${project}/locations/${settings.region}`);
      const proof =
        apiKey === undefined ? await ask(async (found) => found.headers()) : { authorization: `Bearer ${apiKey}` };
      return { ...written, headers: { ...withoutKeys(written.headers), ...proof } };
    },
  };
}

function addressedCall(call: WrittenCall, target: CallTarget | undefined, place: string): WrittenCall {
  if (target?.isCount === true) return countingCall(call, target, place);
  const model = encodeURIComponent(target?.model ?? '');
  switch (target?.wire) {
    case 'anthropic-messages': {
      const { 'anthropic-version': _version, ...headers } = call.headers;
      const method = target.isStream ? 'streamRawPredict' : 'rawPredict';
      const url = withPath(call.url, `/v1/${place}/publishers/anthropic/models/${model}:${method}`);
      return { ...call, url, headers, body: editJson(call.body, CLAUDE_EDITS) };
    }
    case 'gemini-generate-content': {
      const method = target.isStream ? 'streamGenerateContent' : 'generateContent';
      return { ...call, url: withPath(call.url, `/v1beta1/${place}/publishers/google/models/${model}:${method}`) };
    }
    case 'openai-chat': {
      return { ...call, url: withPath(call.url, `/v1beta1/${place}/endpoints/openapi/chat/completions`) };
    }
    case 'openai-responses':
    case 'bedrock-converse':
    case undefined:
      throw notOffered();
  }
}

/**
 * Google, "Count tokens for Claude models" and "CountTokens API" of Vertex AI, and Anthropic's SDK for it (0.19), read 2026-11: Claude's by
 * a model of that name, with the model's own in the body; Gemini's without the wrapper that the Gemini API knows.
 */
function countingCall(call: WrittenCall, { wire, model }: CallTarget, place: string): WrittenCall {
  if (wire === 'anthropic-messages') {
    const { 'anthropic-version': _version, ...headers } = call.headers;
    const url = withPath(call.url, `/v1/${place}/publishers/anthropic/models/count-tokens:rawPredict`);
    return { ...call, url, headers, body: editJson(call.body, [VERSION_EDIT]) };
  }
  if (wire !== 'gemini-generate-content') throw notOffered();
  const url = withPath(call.url, `/v1beta1/${place}/publishers/google/models/${encodeURIComponent(model)}:countTokens`);
  const { generateContentRequest: wrapped } = parseFields(call.body.toString('utf8')) ?? {};
  if (!isFields(wrapped)) return { ...call, url };
  const { model: _name, ...request } = wrapped;
  return { ...call, url, body: Buffer.from(JSON.stringify(request)) };
}

function notOffered(): PointsmanError {
  return new PointsmanError('request-invalid', 'Vertex AI does not offer this.', {
    hint: 'Give models at Vertex AI the wire that it serves them by.',
  });
}

const VERSION_EDIT: JsonEdit = { op: 'set', path: ['anthropic_version'], value: ANTHROPIC_VERSION };

/** The model stands in the address. */
const CLAUDE_EDITS: readonly JsonEdit[] = [{ op: 'remove', path: ['model'] }, VERSION_EDIT];

/** Google's package, loaded when first needed: it finds credentials, and renews their tokens before they end. */
async function googleCredentials({ credentials, project }: VertexSettings): Promise<GoogleCredentials> {
  const { GoogleAuth, UserRefreshClient } = await import('google-auth-library');
  const auth = new GoogleAuth({
    scopes: SCOPE,
    ...(credentials === undefined ? {} : { credentials: parseCredentials(credentials()) }),
    ...(project === undefined ? {} : { projectId: project }),
  });
  // Else it asks whatever "gcloud" lies in PATH, by a shell that has every variable of ours, even where the project is known.
  Object.defineProperty(auth, 'getDefaultServiceProjectId', { value: async () => null });
  const client = await auth.getClient();
  return {
    headers: async () => Object.fromEntries(await client.getRequestHeaders()),
    // Of a person who is signed in only the project that pays is known.
    projectId: async () =>
      (client instanceof UserRefreshClient ? client.quotaProjectId : undefined) ?? (await auth.getProjectId()),
  };
}

/** What a parser says of a text that is no JSON quotes from it. */
function parseCredentials(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    throw new Error('the credentials file is not JSON');
  }
}
