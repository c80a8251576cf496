import { PointsmanError } from '../../domain/errors.ts';

/** The bytes of a text file as text that can be turned back into exactly these bytes. */
export interface DecodedFile {
  /** Without a byte order mark; line ends as they are. */
  readonly text: string;
  readonly encoding: TextEncodingName;
  readonly hasMark: boolean;
}

/** `latin1` stands for every one-byte encoding: each byte is kept as it is, whatever it means. */
type TextEncodingName = 'utf8' | 'utf16le' | 'utf16be' | 'latin1';

const MARK = '\uFEFF';

/** `undefined`: no text. A file that is not UTF-8 and has no zero byte is taken byte by byte. */
export function decodeText(bytes: Buffer): DecodedFile | undefined {
  const wide = bytes.length % 2 === 0 ? wideEncodingOf(bytes) : undefined;
  if (wide !== undefined) return decodeWide(bytes.subarray(2), wide);
  if (bytes.includes(0)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith(MARK)
      ? { text: text.slice(1), encoding: 'utf8', hasMark: true }
      : { text, encoding: 'utf8', hasMark: false };
  } catch {
    return { text: bytes.toString('latin1'), encoding: 'latin1', hasMark: false };
  }
}

/**
 * The bytes that a file is to hold, in the encoding that it has.
 * @throws PointsmanError `request-invalid` for a character that its encoding does not have
 */
export function encodeText({ text, encoding, hasMark }: DecodedFile): Buffer {
  const whole = hasMark && !text.startsWith(MARK) ? `${MARK}${text}` : text;
  switch (encoding) {
    case 'utf8':
      return Buffer.from(whole.toWellFormed(), 'utf8');
    case 'utf16le':
      return Buffer.from(whole, 'utf16le');
    case 'utf16be':
      return Buffer.from(whole, 'utf16le').swap16();
    case 'latin1':
      return encodeNarrow(whole);
  }
}

function encodeNarrow(text: string): Buffer {
  const foreign = /[\u0100-\u{10FFFF}]/u.exec(text)?.[0];
  if (foreign === undefined) return Buffer.from(text, 'latin1');
  throw new PointsmanError('request-invalid', `The file is not UTF-8, and its encoding does not have "${foreign}"`, {
    hint: 'Write it without that character, or as the escape that the language has.',
  });
}

function wideEncodingOf(bytes: Buffer): 'utf16le' | 'utf16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf16be' : undefined;
}

function decodeWide(bytes: Buffer, encoding: 'utf16le' | 'utf16be'): DecodedFile | undefined {
  const text = (encoding === 'utf16le' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
  // What is no pair of a surrogate could not be told apart from another when it is written back.
  return text.isWellFormed() ? { text, encoding, hasMark: true } : undefined;
}

/** How every line of a text ends; `undefined`: in more than one way, or it has one line. */
export function lineEndOf(text: string): '\n' | '\r\n' | '\r' | undefined {
  const ends = new Set(text.match(/\r\n|\r|\n/gu) ?? []);
  const [only] = ends;
  return ends.size === 1 ? (only as '\n' | '\r\n' | '\r') : undefined;
}

/** With the line ends of the text that it goes into, where that has one kind and this has only the usual one. */
export function withLineEnd(text: string, lineEnd: ReturnType<typeof lineEndOf>): string {
  return lineEnd === undefined || lineEnd === '\n' || text.includes('\r') ? text : text.replaceAll('\n', lineEnd);
}
