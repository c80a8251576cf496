import { fieldsIn, textIn, type Fields } from '../shared/fields.ts';
import { elsewhere, partFromData, partFromUrl, type MediaPart } from '../shared/media/media-part.ts';

/** The image or document that a block of this format is; `undefined`: it is another one. */
export function anthropicMedia(block: Fields): MediaPart | undefined {
  const { type } = block;
  if (type !== 'image' && type !== 'document') return undefined;
  const source = fieldsIn(block['source']);
  const usual = type === 'image' ? 'image/*' : 'application/pdf';
  switch (source['type']) {
    case 'base64':
      return partFromData(textIn(source['data']) ?? '', textIn(source['media_type']) ?? usual);
    case 'url':
      return partFromUrl(textIn(source['url']) ?? '', usual);
    case 'file':
      return elsewhere(usual);
    default:
      return undefined;
  }
}
