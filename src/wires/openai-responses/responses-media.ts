import { audioMedia, fileMedia } from '../openai-chat/chat-media.ts';
import { textIn, type Fields } from '../shared/fields.ts';
import { detailIn, elsewhere, partFromData, partFromUrl, type MediaPart } from '../shared/media/media-part.ts';

/** The image, file or sound that an item or a part of this format is; `undefined`: it is another one. */
export function responsesMedia(part: Fields): MediaPart | undefined {
  switch (part['type']) {
    case 'input_image':
    case 'computer_screenshot': {
      const url = textIn(part['image_url']);
      const detail = detailIn(part['detail']);
      return url === undefined ? elsewhere('image/*', detail) : partFromUrl(url, 'image/*', detail);
    }
    case 'input_file':
      return fileMedia(part);
    case 'input_audio':
      return audioMedia(part);
    case 'image_generation_call': {
      const data = textIn(part['result']);
      return data === undefined ? undefined : partFromData(data, 'image/png');
    }
    default:
      return undefined;
  }
}
