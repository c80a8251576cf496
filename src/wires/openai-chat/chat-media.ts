import { fieldsIn, textIn, type Fields } from '../shared/fields.ts';
import { detailIn, elsewhere, partFromData, partFromUrl, type MediaPart } from '../shared/media/media-part.ts';
import { mediaTypeOf, typeOfName } from '../shared/media/media.ts';

/** The image, file, sound or film that a part of this format is; `undefined`: it is another one. */
export function chatMedia(part: Fields): MediaPart | undefined {
  switch (part['type']) {
    case 'image_url': {
      const image = fieldsIn(part['image_url']);
      return partFromUrl(textIn(part['image_url']) ?? textIn(image['url']) ?? '', 'image/*', detailIn(image['detail']));
    }
    case 'video_url':
      return partFromUrl(textIn(fieldsIn(part['video_url'])['url']) ?? '', 'video/mp4');
    case 'input_audio':
      return audioMedia(part);
    case 'file':
      return fileMedia(fieldsIn(part['file']));
    default:
      return undefined;
  }
}

/** Sound, as both OpenAI interfaces write it. */
export function audioMedia(part: Fields): MediaPart {
  const audio = fieldsIn(part['input_audio']);
  return partFromData(textIn(audio['data']) ?? '', mediaTypeOf(`audio/${textIn(audio['format']) ?? 'wav'}`));
}

/** A file of either OpenAI interface: data, an address, or an id in the vendor's store. */
export function fileMedia(file: Fields): MediaPart {
  const name = textIn(file['filename']);
  const data = textIn(file['file_data']);
  const url = textIn(file['file_url']);
  if (data?.startsWith('data:') === true) return partFromUrl(data, typeOfName(name));
  if (data !== undefined) return partFromData(data, typeOfName(name));
  return url === undefined ? elsewhere(typeOfName(name)) : partFromUrl(url, typeOfName(name ?? url));
}
