import { fieldsIn, textIn, type Fields } from '../shared/fields.ts';
import { elsewhere, partFromData, type MediaPart } from '../shared/media/media-part.ts';
import type { AddressedCall, PingEdits, PingOptions, WireFormat } from '../shared/wire-format.ts';
import { converseCarries } from './converse-media.ts';
import { converseSampling, encodeConverse } from './converse-request-codec.ts';
import { createConverseDecoder } from './converse-stream-codec.ts';
import { converseTap } from './converse-tap.ts';
import { vendorOnly } from './vendor-only.ts';

/** Amazon Bedrock's Converse (read 2026-11), in which it serves the models of every vendor. The model stands in the address. */
export const bedrockConverse: WireFormat = vendorOnly({
  wire: 'bedrock-converse',
  vendor: 'aws-bedrock',

  path: conversePath,
  countPath: () => undefined,
  resourcePath: (_baseUrl, path) => path,
  headers: {},
  keyHeader: converseHeaders,
  writeRequest: encodeConverse,
  createAnswerReader: createConverseDecoder,
  opensAtOnce: false,
  sampling: converseSampling,
  carries: converseCarries,

  modelOf: () => undefined,
  isStream: () => true,
  headOf: (body) => [{ system: body['system'] ?? [], tools: body['toolConfig'] ?? {} }],
  isCached: (body) => JSON.stringify(body).includes('"cachePoint":'),
  mediaOf: converseMedia,
  pingEdits: conversePing,
  tap: converseTap,
});

export function conversePath(_baseUrl: string, { model, isStream }: AddressedCall): string {
  return `/model/${encodeURIComponent(model)}/${isStream ? 'converse-stream' : 'converse'}`;
}

/** A Bedrock API key; without one the host signs. */
export function converseHeaders(key: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${key}` };
}

const KINDS = ['image', 'video', 'audio', 'document'] as const;

function converseMedia(block: Fields): MediaPart | undefined {
  const kind = KINDS.find((name) => block[name] !== undefined && fieldsIn(block[name])['format'] !== undefined);
  if (kind === undefined) return undefined;
  const { format, source } = fieldsIn(block[kind]);
  const type = kind === 'document' ? 'application/pdf' : `${kind}/${textIn(format) ?? '*'}`;
  const data = textIn(fieldsIn(source)['bytes']);
  return data === undefined ? elsewhere(type) : partFromData(data, type);
}

/** The same body with a short answer. */
function conversePing(body: Fields, _model: unknown, { outputTokens }: PingOptions): PingEdits {
  const isThere = body['inferenceConfig'] !== undefined;
  return {
    outputTokens,
    edits: [
      isThere
        ? { op: 'set', path: ['inferenceConfig', 'maxTokens'], value: outputTokens }
        : { op: 'set', path: ['inferenceConfig'], value: { maxTokens: outputTokens } },
    ],
  };
}
