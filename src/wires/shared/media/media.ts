import type { Modality } from '../../../domain/model.ts';
import type { ImagePart, TextPart } from '../../../domain/transcript.ts';

/** What has to read a media type; `undefined`: nothing does, such as an archive. */
export function modalityOf(mediaType: string): Exclude<Modality, 'text'> | undefined {
  if (mediaType === 'application/pdf') return 'pdf';
  const kind = mediaType.slice(0, mediaType.indexOf('/'));
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : undefined;
}

const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'application/x-pdf': 'application/pdf',
  'audio/x-wav': 'audio/wav',
  'audio/wave': 'audio/wav',
  'audio/mp3': 'audio/mpeg',
};

/** A media type as vendors spell it: lower case, without parameters, known aliases by their registered name. */
export function mediaTypeOf(text: string): string {
  const bare = (text.split(';', 1)[0] ?? '').trim().toLowerCase();
  return ALIASES[bare] ?? bare;
}

const DATA_URL = /^data:([^,]{0,200}?)(;base64)?,/iu;
const TEXT_TYPES = /^(?:text\/|application\/(?:json|xml|yaml|x-yaml|javascript|typescript|x-sh)$)/u;

/**
 * A part from a `data:` URL or an address. Files of text become text, headed by their name: every model reads that.
 * `fallbackType` is for addresses, which do not say what they lead to.
 */
export function mediaFromUrl(url: string, fallbackType = 'image/*', name?: string): ImagePart | TextPart {
  const head = DATA_URL.exec(url.slice(0, 300));
  if (head === null) {
    const mediaType = /^[^?#]*\.pdf(?:[?#]|$)/iu.test(url.slice(0, 2000)) ? 'application/pdf' : fallbackType;
    return { type: 'image', mediaType, source: { kind: 'url', url } };
  }
  const declared = mediaTypeOf(head[1] ?? '');
  const mediaType = declared === '' || declared === 'application/octet-stream' ? fallbackType : declared;
  const content = url.slice(head[0].length);
  const data = head[2] === undefined ? Buffer.from(unescaped(content)).toString('base64') : content;
  return mediaFromData(data, mediaType, name);
}

export function mediaFromData(data: string, mediaType: string, name?: string): ImagePart | TextPart {
  if (!TEXT_TYPES.test(mediaType)) return { type: 'image', mediaType, source: { kind: 'base64', data } };
  const text = Buffer.from(data, 'base64').toString('utf8');
  return { type: 'text', text: name === undefined ? text : `[${name}]\n${text}` };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The media type that a file's name stands for, where its data does not say. */
export function typeOfName(name: string | undefined): string {
  const ending = /\.([a-z0-9]{1,8})$/iu.exec(name ?? '')?.[1]?.toLowerCase() ?? '';
  return ENDINGS[ending] ?? 'application/pdf';
}

const ENDINGS: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  json: 'application/json',
  html: 'text/html',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  zip: 'application/zip',
};

/** The images that Anthropic and OpenAI read, and one by address of which nobody knows the type. Vision guides, read 2026-11. */
const COMMON_IMAGES: ReadonlySet<string> = new Set(['image/*', 'image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** What Anthropic's Messages and OpenAI's Responses have words for. Vendors' API references, read 2026-11. */
export function isImageOrPdf({ mediaType }: ImagePart): boolean {
  return COMMON_IMAGES.has(mediaType) || modalityOf(mediaType) === 'pdf';
}
