import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { ArrivedCall, Framing, Opened, ScriptedCloud } from '../../../providers/scripted/scripted-cloud.ts';
import { fieldsIn, textIn, type Fields } from '../../../wires/shared/fields.ts';
import { createSseParser } from '../../../wires/shared/sse.ts';
import { refused } from './refused.ts';
import { signatureFault, type AwsKey } from './verify-signature.ts';

export interface BedrockCloudOptions {
  readonly region: string;
  readonly keys: readonly AwsKey[];
  /** Bedrock API keys. */
  readonly apiKeys?: readonly string[];
  /** Foundation model → the model that the scripted vendor knows. */
  readonly models: Readonly<Record<string, string>>;
  readonly clock?: () => number;
  /** Foundation models whose tokens it counts. Absent: none. */
  readonly counts?: readonly string[];
}

const CODEC = new EventStreamCodec(
  (bytes) => new TextDecoder().decode(bytes),
  (text) => new TextEncoder().encode(text),
);

const VERSIONS: ReadonlySet<string> = new Set(['bedrock-2023-05-31', '2026-10-21']);
const BETAS =
  /^(?:computer-use-|interleaved-thinking-2025-05-14|output-128k-|context-1m-|context-management-|effort-|tool-|mid-conversation-output-config-)/u;
const PATH = /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)$/u;

/** Bedrock's runtime as its API reference has it (docs.aws.amazon.com, read 2026-11): signatures, profiles, bodies and framing. */
export function bedrockCloud(options: BedrockCloudOptions): ScriptedCloud {
  return {
    open: async (call) => {
      const fault = await credentialFault(call, options);
      if (fault !== undefined) return refused(403, { message: fault });
      const { pathname } = new URL(call.path, 'http://bedrock');
      const found = PATH.exec(pathname);
      if (call.method !== 'POST' || found === null) return refused(404, { message: 'UnknownOperationException' });
      const model = modelNamed(decodeURIComponent(found[1] ?? ''), options);
      if ('message' in model) return refused(400, model);
      const operation = found[2] ?? '';
      if (operation === 'count-tokens') return counting(call, model.name, options);
      return operation.startsWith('converse')
        ? converse(call, { model: model.name, id: decodeURIComponent(found[1] ?? ''), operation })
        : claude(call, model.name, operation === 'invoke-with-response-stream');
    },
  };
}

async function credentialFault(call: ArrivedCall, options: BedrockCloudOptions): Promise<string | undefined> {
  const bearer = /^Bearer (.+)$/u.exec(call.headers['authorization'] ?? '')?.[1];
  if (bearer === undefined) return signatureFault(call, { service: 'bedrock', ...options });
  return options.apiKeys?.includes(bearer) === true ? undefined : 'Authentication failed: API Key is not valid';
}

const GEOGRAPHIES: Readonly<Record<string, RegExp>> = {
  us: /^us-/u,
  eu: /^eu-/u,
  apac: /^ap-/u,
  jp: /^ap-northeast-/u,
  au: /^ap-southeast-/u,
  global: /./u,
};

/** Current models are called by an inference profile of the region's own geography, or by its ARN. */
function modelNamed(id: string, { region, models }: BedrockCloudOptions): { name: string } | { message: string } {
  const arn = /^arn:aws[\w-]*:bedrock:([a-z0-9-]+):\d{12}:(?:application-)?inference-profile\/(.+)$/u.exec(id);
  const profile = arn?.[2] ?? id;
  const [, geography = '', foundation = ''] = /^([a-z]+)\.([a-z0-9]+\..+)$/u.exec(profile) ?? [];
  const isHere = arn === null ? GEOGRAPHIES[geography]?.test(region) === true : arn[1] === region;
  const name = models[foundation];
  if (name !== undefined && isHere) return { name };
  if (models[profile] === undefined) return { message: 'The provided model identifier is invalid.' };
  return {
    message: `Invocation of model ID ${id} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  };
}

function claude(call: ArrivedCall, model: string, stream: boolean): Opened {
  const {
    anthropic_version: version,
    anthropic_beta: betas = [],
    ...body
  } = JSON.parse(call.body.toString()) as Fields;
  const extra = ['model', 'stream'].find((name) => body[name] !== undefined);
  if (extra !== undefined) {
    return refused(400, { message: `Malformed input request: #: extraneous key [${extra}] is not permitted` });
  }
  if (!VERSIONS.has(String(version))) return refused(400, { message: 'anthropic_version: Field required' });
  if (!(betas as readonly string[]).every((beta) => BETAS.test(beta)))
    return refused(400, { message: 'invalid beta flag' });
  return {
    kind: 'opened',
    path: '/v1/messages',
    body: Buffer.from(JSON.stringify({ ...body, model, stream })),
    framing: CHUNKS,
    betas: betas as readonly string[],
  };
}

/** CountTokens: the body of an invocation, packed. */
function counting(call: ArrivedCall, model: string, { counts, models }: BedrockCloudOptions): Opened {
  const isCounted = counts?.some((foundation) => models[foundation] === model) === true;
  if (!isCounted) return refused(400, { message: "The provided model doesn't support counting tokens." });
  const { invokeModel } = fieldsIn((JSON.parse(call.body.toString()) as Fields)['input']);
  const packed = textIn(fieldsIn(invokeModel)['body']);
  if (packed === undefined) return refused(400, { message: 'input: one of invokeModel, converse is required' });
  const opened = claude({ ...call, body: Buffer.from(packed, 'base64') }, model, false);
  if (opened.kind === 'refused') return opened;
  const { max_tokens: limit } = JSON.parse(opened.body.toString()) as Fields;
  if (typeof limit !== 'number') return refused(400, { message: 'max_tokens: Field required' });
  const counted = (count: object): object => ({ inputTokens: fieldsIn(count)['input_tokens'] });
  return { kind: 'opened', path: '/v1/messages/count_tokens', body: opened.body, counted };
}

/** AWS, "Supported models and model features" of Converse, and its error texts as users report them, read 2026-11. */
const LACKING: readonly (readonly [RegExp, readonly string[]])[] = [
  [/meta\.llama(?:3-[123]|4)-|mistral\.mistral-(?:large|small)/u, ['streamed tools']],
  [/mistral\.(?:mistral-7b|mixtral)|amazon\.titan/u, ['tools', 'system']],
  [/deepseek\.r1/u, ['tools']],
];

/** Every vendor's models, in Bedrock's own form. */
function converse(
  { body }: ArrivedCall,
  { model, id, operation }: { readonly model: string; readonly id: string; readonly operation: string },
): Opened {
  const { toolConfig, system } = JSON.parse(body.toString()) as Fields;
  const lacking = LACKING.find(([names]) => names.test(id))?.[1] ?? [];
  if (toolConfig !== undefined && lacking.includes('tools')) {
    return refused(400, { message: "This model doesn't support tool use." });
  }
  if (toolConfig !== undefined && operation === 'converse-stream' && lacking.includes('streamed tools')) {
    return refused(400, { message: "This model doesn't support tool use in streaming mode." });
  }
  if (system !== undefined && lacking.includes('system')) {
    return refused(400, { message: "This model doesn't support the system field. Remove system and try again." });
  }
  return { kind: 'opened', path: `/model/${encodeURIComponent(model)}/${operation}`, body, framing: EVENTS };
}

/** One message of an event stream. */
export function eventMessage(headers: Readonly<Record<string, string>>, body: string): Buffer {
  const typed = Object.entries(headers).map(([name, value]) => [`:${name}`, { type: 'string', value }] as const);
  return Buffer.from(CODEC.encode({ headers: Object.fromEntries(typed), body: Buffer.from(body) }));
}

export function exceptionMessage(exception: string, message: string): Buffer {
  const headers = { 'message-type': 'exception', 'exception-type': exception, 'content-type': 'application/json' };
  return eventMessage(headers, JSON.stringify({ message }));
}

/** What InvokeModelWithResponseStream sends: the vendor's own events, packed. */
const CHUNKS: Framing = {
  contentType: 'application/vnd.amazon.eventstream',
  frame: (event) => {
    const pieces: Buffer[] = [];
    createSseParser(({ event: type, data }) => {
      if (type === 'error') pieces.push(exceptionMessage('serviceUnavailableException', 'Overloaded'));
      else if (type !== 'ping') pieces.push(chunk(data));
    }).push(Buffer.from(event));
    return Buffer.concat(pieces);
  },
  failure: (body) => ({ message: messageIn(body) }),
};

/** What ConverseStream sends: each event under its name, without it inside. */
const EVENTS: Framing = {
  contentType: 'application/vnd.amazon.eventstream',
  frame: (event) => {
    const pieces: Buffer[] = [];
    createSseParser(({ event: type = '', data }) => {
      if (type === 'error') pieces.push(exceptionMessage('serviceUnavailableException', 'Overloaded'));
      else {
        const headers = { 'message-type': 'event', 'event-type': type, 'content-type': 'application/json' };
        const said = fieldsIn(fieldsIn(JSON.parse(data))[type]);
        pieces.push(eventMessage(headers, JSON.stringify({ ...said, p: 'abcdefgh' })));
      }
    }).push(Buffer.from(event));
    return Buffer.concat(pieces);
  },
  failure: (body) => ({ message: textIn(fieldsIn(body)['message']) ?? 'Internal server error' }),
};

function chunk(data: string): Buffer {
  const headers = { 'message-type': 'event', 'event-type': 'chunk', 'content-type': 'application/json' };
  return eventMessage(headers, JSON.stringify({ bytes: Buffer.from(data).toString('base64'), p: 'abcdefgh' }));
}

function messageIn(body: unknown): string {
  return textIn((body as { readonly error?: Fields }).error?.['message']) ?? 'Internal server error';
}
