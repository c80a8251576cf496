import type { ImagePart } from '../../domain/transcript.ts';
import { modalityOf } from '../shared/media/media.ts';
import type { ConverseMedia } from './converse-wire.ts';

type Kind = 'image' | 'document' | 'video' | 'audio';

/** What Converse calls the formats that it takes. Amazon Bedrock API reference, ImageBlock and the like, read 2026-11. */
const FORMATS: Readonly<Record<string, readonly [Kind, string]>> = {
  'image/png': ['image', 'png'],
  'image/jpeg': ['image', 'jpeg'],
  'image/gif': ['image', 'gif'],
  'image/webp': ['image', 'webp'],
  'application/pdf': ['document', 'pdf'],
  'video/mp4': ['video', 'mp4'],
  'video/mpeg': ['video', 'mpeg'],
  'video/quicktime': ['video', 'mov'],
  'video/webm': ['video', 'webm'],
  'video/x-matroska': ['video', 'mkv'],
  'video/x-flv': ['video', 'flv'],
  'video/x-ms-wmv': ['video', 'wmv'],
  'video/3gpp': ['video', 'three_gp'],
  'audio/mpeg': ['audio', 'mp3'],
  'audio/wav': ['audio', 'wav'],
  'audio/ogg': ['audio', 'ogg'],
  'audio/flac': ['audio', 'flac'],
  'audio/aac': ['audio', 'aac'],
  'audio/opus': ['audio', 'opus'],
  'audio/mp4': ['audio', 'm4a'],
  'audio/webm': ['audio', 'webm'],
};

/** Data of a format that it knows; an address it opens only in its own store, which no caller of another format names. */
export function converseCarries({ mediaType, source }: ImagePart): boolean {
  return source.kind === 'base64' && Object.hasOwn(FORMATS, mediaType);
}

/**
 * A block that shows something; `number` tells documents of one request apart, which need names.
 * @throws TypeError for what `converseCarries` denies
 */
export function writeConverseMedia({ mediaType, source }: ImagePart, number: number): ConverseMedia {
  const known = FORMATS[mediaType];
  if (known === undefined || source.kind !== 'base64') throw new TypeError(`Converse has no block for ${mediaType}`);
  const [kind, format] = known;
  const block = { format, source: { bytes: source.data } };
  switch (kind) {
    case 'image':
      return { image: block };
    case 'video':
      return { video: block };
    case 'audio':
      return { audio: block };
    case 'document':
      return { document: { ...block, name: `document ${number}` } };
  }
}

/** Media that a tool's result may hold beside text. Amazon Bedrock API reference, ToolResultContentBlock, read 2026-11. */
export function fitsInResult({ mediaType }: ImagePart): boolean {
  return modalityOf(mediaType) !== 'audio';
}
