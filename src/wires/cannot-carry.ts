import { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import type { ImagePart, Message } from '../domain/transcript.ts';
import type { InboundCall } from './shared/inbound-call.ts';
import { modalityOf } from './shared/media/media.ts';
import { WIRE_FORMATS } from './wire-formats.ts';

/**
 * What of a call has no counterpart at a model of another wire format, each in words that name it. Empty: it can be
 * translated, and what it loses is in the loss table. Inside one wire format bytes pass, and the vendor has the last word.
 */
export function cannotCarry(call: InboundCall, model: Model): readonly string[] {
  return call.wire === model.wire ? [] : lostOnTheWay(call, model);
}

/** The same for a call that is written anew, whatever its format was. */
export function lostOnTheWay(call: InboundCall, model: Model): readonly string[] {
  const parts = mediaOf(call.messages);
  const end = endObjection(call, model);
  if (parts.length === 0 && call.bounds.length === 0) return end;
  const media = new Set(parts.flatMap((part) => mediaObjection(part, model) ?? []));
  return [...new Set(call.bounds), ...media, ...end];
}

/** Newer models do not go on from words that are put into their mouth. */
function endObjection(call: InboundCall, { id, requestLimits }: Model): readonly string[] {
  if (requestLimits?.prefill !== 'refused') return [];
  return wordsToGoOnFrom(call).map((what) => `${what}, which ${id} does not go on from`);
}

export function wordsToGoOnFrom({ messages }: InboundCall): readonly string[] {
  return messages.at(-1)?.role === 'assistant' ? ['a transcript that ends with the assistant'] : [];
}

function mediaObjection(part: ImagePart, model: Model): string | undefined {
  const { mediaType, source } = part;
  const modality = modalityOf(mediaType);
  const place = source.kind === 'url' ? ' by URL' : '';
  if (modality === undefined) return `a file of type ${mediaType}, which no model reads`;
  if (!WIRE_FORMATS[model.wire].carries(part)) return `${mediaType}${place}, which ${model.wire} cannot carry`;
  return model.inputModalities.includes(modality) ? undefined : `${mediaType}, which ${model.id} does not read`;
}

const known = new WeakMap<readonly Message[], readonly ImagePart[]>();

/** Everything in a transcript that is not text, results of tools included. Read once: each model of a pool is asked about it. */
export function mediaOf(messages: readonly Message[]): readonly ImagePart[] {
  let media = known.get(messages);
  if (media === undefined) known.set(messages, (media = readMedia(messages)));
  return media;
}

function readMedia(messages: readonly Message[]): readonly ImagePart[] {
  return messages.flatMap((message) =>
    message.role !== 'user'
      ? []
      : message.content.flatMap((part): readonly ImagePart[] => {
          if (part.type === 'image') return [part];
          return part.type === 'tool-result' ? part.content.filter((inner) => inner.type === 'image') : [];
        }),
  );
}

/** A call that would reach a model with less than its caller wrote is not sent there. */
export function untranslatable(missing: string, where: string): PointsmanError {
  return new PointsmanError('request-invalid', `${missing}: this cannot be translated for ${where}.`, {
    hint: 'Send it whole and inline, leave it out, or name a model of the vendor that it was written for.',
    details: { missing },
  });
}
