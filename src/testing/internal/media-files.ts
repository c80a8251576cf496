/** Heads of media files with the size that they say, then as many bytes of nothing as are asked for. Written by hand from the formats' rules. */

export function pngOf(widthPx: number, heightPx: number, padBytes = 0): Buffer {
  const head = Buffer.alloc(33);
  head.write('\u0089PNG\r\n\u001A\n', 'latin1');
  head.writeUInt32BE(13, 8);
  head.write('IHDR', 12, 'latin1');
  head.writeUInt32BE(widthPx, 16);
  head.writeUInt32BE(heightPx, 20);
  head[24] = 8;
  return Buffer.concat([head, filler(padBytes)]);
}

/** With a preview of so many bytes before the frame, as cameras write. */
export function jpegOf(widthPx: number, heightPx: number, previewBytes = 0, progressive = false): Buffer {
  const segments: Buffer[] = [Buffer.from([0xff, 0xd8])];
  for (let left = previewBytes; left > 0; left -= 60_000) segments.push(segment(0xe1, filler(Math.min(left, 60_000))));
  const frame = Buffer.alloc(15);
  frame[0] = 8;
  frame.writeUInt16BE(heightPx, 1);
  frame.writeUInt16BE(widthPx, 3);
  segments.push(segment(0xc4, filler(20)), segment(progressive ? 0xc2 : 0xc0, frame), filler(64));
  return Buffer.concat(segments);
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

export function gifOf(widthPx: number, heightPx: number): Buffer {
  const head = Buffer.alloc(40);
  head.write('GIF89a', 'latin1');
  head.writeUInt16LE(widthPx, 6);
  head.writeUInt16LE(heightPx, 8);
  return head;
}

export function webpOf(kind: 'VP8 ' | 'VP8L' | 'VP8X', widthPx: number, heightPx: number): Buffer {
  const head = Buffer.alloc(48);
  head.write('RIFF....WEBP', 'latin1');
  head.write(kind, 12, 'latin1');
  if (kind === 'VP8X') {
    head.writeUIntLE(widthPx - 1, 24, 3);
    head.writeUIntLE(heightPx - 1, 27, 3);
  } else if (kind === 'VP8 ') {
    head.writeUInt16LE(widthPx, 26);
    head.writeUInt16LE(heightPx, 28);
  } else head.writeUInt32LE(((widthPx - 1) | ((heightPx - 1) << 14)) >>> 0, 21);
  return head;
}

/** A page tree at the end, as most writers put it, after streams of so many bytes. */
export function pdfOf(pageCount: number, padBytes = 0): Buffer {
  const tail = `\n3 0 obj\n<< /Type /Pages /Kids [4 0 R] /Count ${pageCount} >>\nendobj\n9 0 obj << /Type /Outlines /Count 999 >>\ntrailer\n%%EOF`;
  return Buffer.concat([Buffer.from('%PDF-1.7\n%\u00E2\u00E3\n', 'latin1'), filler(padBytes), Buffer.from(tail)]);
}

export function wavOf(seconds: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF....WAVEfmt ', 'latin1');
  head.writeUInt32LE(16_000, 24);
  head.writeUInt32LE(32_000, 28);
  return Buffer.concat([head, filler(seconds * 32_000)]);
}

/** 128 kbit/s behind a tag. */
export function mp3Of(seconds: number): Buffer {
  const tag = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 1, 0]);
  return Buffer.concat([tag, filler(128), Buffer.from([0xff, 0xfb, 0x90, 0]), filler(seconds * 16_000 - 4)]);
}

/** Its header behind the pictures, as cameras write, or before them. */
export function mp4Of(seconds: number, headerFirst: boolean, padBytes = 1000): Buffer {
  const header = Buffer.alloc(32);
  header.writeUInt32BE(1000, 12);
  header.writeUInt32BE(seconds * 1000, 16);
  const movie = box('moov', box('mvhd', header));
  const pictures = box('mdat', filler(padBytes));
  const type = box('ftyp', Buffer.from('isom0000'));
  return Buffer.concat(headerFirst ? [type, movie, pictures] : [type, pictures, movie]);
}

function box(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8, 0);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, content]);
}

function filler(byteCount: number): Buffer {
  return Buffer.alloc(Math.max(0, byteCount), 0x55);
}
