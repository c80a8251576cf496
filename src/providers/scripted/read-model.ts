import { asId, type ModelId } from '../../domain/ids.ts';
import type { ImagePart } from '../../domain/transcript.ts';

/** A scripted model's catalogue id is its name on the wire. */
export function modelOf(name: string): ModelId {
  return asId<ModelId>(name);
}

/** An image by data URL or by address. */
export function imageFromUrl(url: string): ImagePart {
  const data = /^data:([^;,]+);base64,(.*)$/su.exec(url);
  if (data === null) return { type: 'image', mediaType: 'image/*', source: { kind: 'url', url } };
  return { type: 'image', mediaType: data[1] ?? '', source: { kind: 'base64', data: data[2] ?? '' } };
}
