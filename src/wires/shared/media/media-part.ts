import type { ImageDetail } from '../../../domain/media.ts';
import { mediaTypeOf } from './media.ts';

/** Media as they stand in a body. */
export interface MediaPart {
  readonly mediaType: string;
  /** Base64, from `dataStart` on; `undefined`: by address or id, and nothing of it is seen. */
  readonly data: string | undefined;
  readonly dataStart: number;
  readonly detail: ImageDetail;
}

const DATA_URL = /^data:([^,]{0,200}?)(?:;base64)?,/iu;

/** Media by a `data:` URL, or by an address; `fallbackType` where neither says what it is. */
export function partFromUrl(url: string, fallbackType: string, detail: ImageDetail = 'auto'): MediaPart {
  const head = DATA_URL.exec(url.slice(0, 300));
  if (head === null) {
    const isPdf = /^[^?#]*\.pdf(?:[?#]|$)/iu.test(url.slice(0, 2000));
    return elsewhere(isPdf ? 'application/pdf' : fallbackType, detail);
  }
  const declared = mediaTypeOf(head[1] ?? '');
  const isVague = declared === '' || declared === 'application/octet-stream';
  return { mediaType: isVague ? fallbackType : declared, data: url, dataStart: head[0].length, detail };
}

export function partFromData(data: string, mediaType: string): MediaPart {
  return { mediaType: mediaTypeOf(mediaType), data, dataStart: 0, detail: 'auto' };
}

/** Media that lie at an address or in a vendor's store. */
export function elsewhere(mediaType: string, detail: ImageDetail = 'auto'): MediaPart {
  return { mediaType, data: undefined, dataStart: 0, detail };
}

const DETAILS: ReadonlySet<unknown> = new Set<ImageDetail>(['auto', 'low', 'high', 'original']);

export function detailIn(value: unknown): ImageDetail {
  return DETAILS.has(value) ? (value as ImageDetail) : 'auto';
}
