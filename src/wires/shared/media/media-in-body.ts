import type { MediaSize } from '../../../domain/media.ts';
import { fieldsIn, isFields, listIn, type Fields } from '../fields.ts';
import { measureMedia } from './measure-media.ts';
import type { MediaPart } from './media-part.ts';

/** What of a body is not text. */
export interface BodyMedia {
  readonly sizes: readonly MediaSize[];
  /** Characters of the body that are their data. */
  readonly dataChars: number;
}

/** Deeper than any format nests: a message, a tool's result, a document, its parts. */
const MAX_DEPTH = 5;

/** Of items that came before: they are never changed, and come again as the very objects they were. */
const known = new WeakMap<object, BodyMedia>();
const NOTHING: BodyMedia = { sizes: [], dataChars: 0 };

/**
 * Finds and measures the media of a transcript, those in tools' results included. Reads no text and of the media their heads
 * only; costs grow with the number of blocks that were not seen before. `partOf` is that of the items' own wire format.
 */
export function mediaInBody(items: readonly unknown[], partOf: (block: Fields) => MediaPart | undefined): BodyMedia {
  const sizes: MediaSize[] = [];
  let dataChars = 0;
  for (const item of items) {
    if (!isFields(item)) continue;
    let media = known.get(item);
    if (media === undefined) known.set(item, (media = mediaInItem(item, partOf)));
    if (media === NOTHING) continue;
    sizes.push(...media.sizes);
    dataChars += media.dataChars;
  }
  return { sizes, dataChars };
}

function mediaInItem(item: Fields, partOf: (block: Fields) => MediaPart | undefined): BodyMedia {
  const sizes: MediaSize[] = [];
  let dataChars = 0;
  const visit = (value: unknown, depth: number): void => {
    if (!isFields(value) || depth > MAX_DEPTH) return;
    const part = partOf(value);
    const size = part && measureMedia(part);
    if (part !== undefined && size !== undefined) {
      sizes.push(size);
      dataChars += part.data === undefined ? 0 : part.data.length - part.dataStart;
      return;
    }
    for (const inner of [value['content'], value['output'], fieldsIn(value['source'])['content']]) {
      if (isFields(inner)) visit(inner, depth + 1);
      else for (const child of listIn(inner)) visit(child, depth + 1);
    }
  };
  visit(item, 0);
  return sizes.length === 0 ? NOTHING : { sizes, dataChars };
}
