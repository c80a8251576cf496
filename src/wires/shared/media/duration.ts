import type { Base64Bytes } from './base64-bytes.ts';

/** How long a recording plays, by its head: WAV, MP3 at a constant rate, MP4 and its kin. `undefined`: it does not say. */
export function durationMs(bytes: Base64Bytes): number | undefined {
  const head = bytes.read(0, 64);
  if (head.length < 12) return undefined;
  const found = readDuration(bytes, head);
  return found !== undefined && Number.isFinite(found) && found > 0 ? found : undefined;
}

function readDuration(bytes: Base64Bytes, head: Buffer): number | undefined {
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WAVE') return wavMs(bytes, head);
  if (head.toString('latin1', 4, 8) === 'ftyp') return mp4Ms(bytes);
  return mp3Ms(bytes, head);
}

function wavMs(bytes: Base64Bytes, head: Buffer): number | undefined {
  const bytesPerSecond = head.length < 32 ? 0 : head.readUInt32LE(28);
  return bytesPerSecond === 0 ? undefined : ((bytes.length - 44) / bytesPerSecond) * 1000;
}

/** kbit/s of MPEG layer III by the four bits of its frame header: version 1, then 2 and 2.5. */
const KBITS = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;

function mp3Ms(bytes: Base64Bytes, head: Buffer): number | undefined {
  const hasTag = head.toString('latin1', 0, 3) === 'ID3';
  // A tag's length is written in seven bits a byte.
  const size = [6, 7, 8, 9].reduce((sum, at) => sum * 128 + (head[at] ?? 0), 0);
  const start = hasTag ? 10 + size : 0;
  const frame = bytes.read(start, 4);
  if (frame.length < 4 || frame[0] !== 0xff || (frame.readUInt8(1) & 0xe6) !== 0xe2) return undefined;
  const isFirstVersion = (frame.readUInt8(1) & 0x18) === 0x18;
  const kbits = KBITS[isFirstVersion ? 0 : 1][frame.readUInt8(2) >> 4] ?? 0;
  return kbits === 0 ? undefined : ((bytes.length - start) * 8) / kbits;
}

const MAX_BOXES = 64;

/** Looks through the boxes for the movie's header, which says how many units it lasts and how long one is. */
function mp4Ms(bytes: Base64Bytes): number | undefined {
  let at = 0;
  for (let count = 0; count < MAX_BOXES; count++) {
    const box = bytes.read(at, 16);
    if (box.length < 16) return undefined;
    const name = box.toString('latin1', 4, 8);
    if (name === 'mvhd') return movieMs(bytes.read(at + 8, 32));
    const short = box.readUInt32BE(0);
    const size = short === 1 ? Number(box.readBigUInt64BE(8)) : short;
    if (name !== 'moov' && size < 8) return undefined;
    at += name === 'moov' ? 8 : size;
  }
  return undefined;
}

function movieMs(header: Buffer): number | undefined {
  if (header.length < 32) return undefined;
  const isLong = header[0] === 1;
  const unitsPerSecond = header.readUInt32BE(isLong ? 20 : 12);
  const units = isLong ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16);
  return unitsPerSecond === 0 ? undefined : (units / unitsPerSecond) * 1000;
}
