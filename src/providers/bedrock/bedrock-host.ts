import { PointsmanError } from '../../domain/errors.ts';
import type { Wire } from '../../domain/model.ts';
import type { At } from '../../domain/time.ts';
import { fieldsIn, numberIn, parseFields } from '../../wires/shared/fields.ts';
import { editJson, type JsonEdit } from '../../wires/shared/json-bytes.ts';
import { betasAt } from '../beta-flags.ts';
import {
  withoutKeys,
  withPath,
  type CallTarget,
  type Host,
  type HostedAt,
  type HostedCall,
  type WrittenCall,
} from '../host.ts';
import { createSigner, type FindCredentials } from './sign.ts';
import { createWholeReader } from './whole-answer.ts';

/** AWS, "Anthropic Claude Messages API" of Bedrock, read 2026-11: the one version that there is. */
const ANTHROPIC_VERSION = 'bedrock-2023-05-31';
/**
 * Amazon Bedrock: Claude by InvokeModel, every other model by Converse. Opened by a Bedrock API key, else signed with the credentials
 * that AWS's own package finds: environment, profiles, single sign-on, roles of machines.
 */
export function createBedrockHost(
  { id, settings, apiKey }: HostedAt<'bedrock'>,
  options: { readonly clock?: () => At; readonly findCredentials?: FindCredentials } = {},
): Host {
  const sign = createSigner({ endpoint: id, region: settings.region, profile: settings.profile, ...options });
  return {
    prepare: async (call, target): Promise<HostedCall> => {
      const addressed = addressedCall(call, target);
      const headers =
        apiKey === undefined ? await sign(addressed) : { ...addressed.headers, authorization: `Bearer ${apiKey}` };
      const { createEventStreamReader } = await import('./event-stream.ts');
      return {
        ...addressed,
        headers,
        ...(isWhole(call, target)
          ? { unframe: createWholeReader, framed: 'application/json' }
          : { unframe: createEventStreamReader }),
      };
    },
  };
}

/** Where Bedrock takes a call: the model stands in the address, and a stream is another address. */
function addressedCall(call: WrittenCall, target: CallTarget | undefined): WrittenCall {
  const operations = target && OPERATIONS[target.wire];
  if (target === undefined || operations === undefined) throw notOffered();
  if (target.isCount === true) return countingCall(call, target);
  const operation = operations[target.isStream && !isWhole(call, target) ? 1 : 0];
  return {
    ...call,
    url: withPath(call.url, `/model/${encodeURIComponent(target.model)}/${operation}`),
    headers: withoutVendors(call.headers),
    body:
      target.wire === 'anthropic-messages'
        ? editJson(call.body, claudeEdits(call.headers['anthropic-beta']))
        : call.body,
  };
}

/**
 * AWS, "CountTokens", and how Anthropic's SDK asks for it (anthropic-sdk-python#1650), read 2026-11: the body of a whole call, packed, to
 * the model by whatever name it is called. Not every model is counted there.
 */
function countingCall(call: WrittenCall, target: CallTarget): WrittenCall {
  if (target.wire !== 'anthropic-messages') throw notOffered();
  const whole = editJson(call.body, [...claudeEdits(call.headers['anthropic-beta']), ...withLimit(call.body)]);
  return {
    ...call,
    url: withPath(call.url, `/model/${encodeURIComponent(target.model)}/count-tokens`),
    headers: withoutVendors(call.headers),
    body: Buffer.from(JSON.stringify({ input: { invokeModel: { body: whole.toString('base64') } } })),
  };
}

/** A call has a limit, above what it thinks with, and a request to count has none. */
function withLimit(body: Buffer): readonly JsonEdit[] {
  const { max_tokens: limit, thinking } = parseFields(body.toString('utf8')) ?? {};
  if (limit !== undefined) return [];
  const value = (numberIn(fieldsIn(thinking)['budget_tokens']) ?? 0) + 1;
  return [{ op: 'set', path: ['max_tokens'], value }];
}

/** Only Bedrock's own form is read so. */
function isWhole({ body }: WrittenCall, target: CallTarget | undefined): boolean {
  const { wire, isStream, streamedTools } = target ?? {};
  return isStream === true && streamedTools === 'refused' && wire === 'bedrock-converse' && body.includes(TOOLS);
}

const TOOLS = '"toolConfig":';

/** Operations of its runtime by the form of a body: for a whole answer, and for a stream. */
const OPERATIONS: Readonly<Partial<Record<Wire, readonly [whole: string, streamed: string]>>> = {
  'anthropic-messages': ['invoke', 'invoke-with-response-stream'],
  'bedrock-converse': ['converse', 'converse-stream'],
};

function notOffered(): PointsmanError {
  return new PointsmanError('request-invalid', 'Amazon Bedrock does not offer this.', {
    hint: 'Give models at Bedrock the wire that it serves them by.',
  });
}

/** The model and the stream stand in the address, and what other headers say in the body. */
function claudeEdits(betas: string | undefined): readonly JsonEdit[] {
  const known = betasAt('bedrock', betas).taken;
  return [
    { op: 'remove', path: ['model'] },
    { op: 'remove', path: ['stream'] },
    { op: 'set', path: ['anthropic_version'], value: ANTHROPIC_VERSION },
    ...(known.length === 0 ? [] : [{ op: 'set', path: ['anthropic_beta'], value: known } as const]),
  ];
}

function withoutVendors(headers: WrittenCall['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(withoutKeys(headers)).filter(([name]) => !name.startsWith('anthropic-')));
}
