import type { Base64Bytes } from './base64-bytes.ts';

export interface Pixels {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Segments of a JPEG that are looked past before its frame: previews and colour profiles of cameras take some dozens. */
const MAX_SEGMENTS = 200;

/** How large an image is, by the head of its file: PNG, JPEG, GIF, WebP. `undefined`: another format, or damaged. */
export function imagePixels(bytes: Base64Bytes): Pixels | undefined {
  const head = bytes.read(0, 32);
  if (head.length < 16) return undefined;
  if (head.readUInt32BE(0) === 0x89504e47) return sound(pngPixels(head));
  if (head.readUInt16BE(0) === 0xffd8) return sound(jpegPixels(bytes));
  const magic = head.toString('latin1', 0, 4);
  if (magic === 'GIF8') return sound({ widthPx: head.readUInt16LE(6), heightPx: head.readUInt16LE(8) });
  return magic === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP' ? sound(webpPixels(head)) : undefined;
}

/** No image is empty, and no vendor takes one of more than 65,535 px. */
function sound(pixels: Pixels | undefined): Pixels | undefined {
  if (pixels === undefined) return undefined;
  const isSound = (px: number): boolean => px > 0 && px <= 0xffff;
  return isSound(pixels.widthPx) && isSound(pixels.heightPx) ? pixels : undefined;
}

function pngPixels(head: Buffer): Pixels | undefined {
  return head.length < 24 ? undefined : { widthPx: head.readUInt32BE(16), heightPx: head.readUInt32BE(20) };
}

/** Walks from segment to segment to the frame header, which says the size. */
function jpegPixels(bytes: Base64Bytes): Pixels | undefined {
  let at = 2;
  for (let count = 0; count < MAX_SEGMENTS; count++) {
    const segment = bytes.read(at, 9);
    if (segment.length < 9 || segment[0] !== 0xff) return undefined;
    const marker = segment.readUInt8(1);
    if (isFrame(marker)) return { widthPx: segment.readUInt16BE(7), heightPx: segment.readUInt16BE(5) };
    // Fill bytes may stand before a marker.
    at += marker === 0xff ? 1 : 2 + segment.readUInt16BE(2);
  }
  return undefined;
}

/** SOF0 to SOF15 without the tables that stand among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function webpPixels(head: Buffer): Pixels | undefined {
  if (head.length < 30) return undefined;
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { widthPx: head.readUIntLE(24, 3) + 1, heightPx: head.readUIntLE(27, 3) + 1 };
    case 'VP8 ':
      return { widthPx: head.readUInt16LE(26) & 0x3fff, heightPx: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { widthPx: (bits & 0x3fff) + 1, heightPx: ((bits >>> 14) & 0x3fff) + 1 };
    }
    default:
      return undefined;
  }
}
