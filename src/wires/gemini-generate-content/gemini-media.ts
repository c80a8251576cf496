import type { ImagePart, TextPart } from '../../domain/transcript.ts';
import { textIn, type Fields } from '../shared/fields.ts';
import { elsewhere, partFromData, type MediaPart } from '../shared/media/media-part.ts';
import { mediaFromData, mediaFromUrl, mediaTypeOf, modalityOf } from '../shared/media/media.ts';
import { at, fieldsAt } from './gemini-fields.ts';

/** Addresses that only Google can read: its own file store, its cloud storage, its films. */
const GOOGLES_OWN =
  /^(?:gs:|files\/|https:\/\/(?:generativelanguage\.googleapis\.com\/|(?:www\.)?youtube\.com\/|youtu\.be\/))/u;

/** What a part shows; `vendor-file`: it lies where only its vendor reads it; `undefined`: the part shows nothing. */
export function readMedia(part: Fields): ImagePart | TextPart | 'vendor-file' | undefined {
  const inline = fieldsAt(part, 'inlineData');
  const data = textIn(inline['data']);
  if (data !== undefined) {
    return mediaFromData(
      data,
      mediaTypeOf(mimeIn(inline) ?? 'application/octet-stream'),
      textIn(at(inline, 'displayName')),
    );
  }
  const file = fieldsAt(part, 'fileData');
  const uri = textIn(at(file, 'fileUri'));
  if (uri === undefined) return undefined;
  if (GOOGLES_OWN.test(uri)) return 'vendor-file';
  return mediaFromUrl(uri, mediaTypeOf(mimeIn(file) ?? 'image/*'));
}

function mimeIn(fields: Fields): string | undefined {
  return textIn(at(fields, 'mimeType'));
}

/** A part that shows something to the model; an address goes without a type where nobody knows it. */
export function writeMedia({ mediaType, source }: ImagePart): Fields {
  if (source.kind === 'base64') return { inlineData: { mimeType: mediaType, data: source.data } };
  return { fileData: { ...(mediaType.endsWith('/*') ? {} : { mimeType: mediaType }), fileUri: source.url } };
}

/** What is measured of a part in a body. */
export function geminiMedia(part: Fields): MediaPart | undefined {
  const inline = fieldsAt(part, 'inlineData');
  const data = textIn(inline['data']);
  if (data !== undefined) return partFromData(data, mimeIn(inline) ?? '');
  const file = fieldsAt(part, 'fileData');
  return at(file, 'fileUri') === undefined ? undefined : elsewhere(mediaTypeOf(mimeIn(file) ?? 'image/*'));
}

/** Images, documents, sound and film, as data or by address. Gemini API, file input methods, read 2026-11. */
export function geminiCarries({ mediaType }: ImagePart): boolean {
  return modalityOf(mediaType) !== undefined;
}
