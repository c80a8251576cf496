/** Text of bounded size: the head and the tail are kept, the middle is dropped and that is said. */
export interface BoundedOutput {
  add(bytes: Uint8Array): void;
  /** What was kept, as text. */
  text(): string;
  /** Bytes that were dropped. */
  readonly cutBytes: number;
}

/** Two thirds are kept from the head, one third from the tail, where errors and sums stand. */
const HEAD_SHARE = 2 / 3;

export function createBoundedOutput(maxBytes: number): BoundedOutput {
  const headBytes = Math.floor(maxBytes * HEAD_SHARE);
  const tailBytes = maxBytes - headBytes;
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let cutBytes = 0;
  return {
    add(bytes) {
      const room = Math.max(0, headBytes - head.length);
      if (room > 0) head = Buffer.concat([head, bytes.subarray(0, room)]);
      if (bytes.length <= room) return;
      const all = Buffer.concat([tail, bytes.subarray(room)]);
      const excess = Math.max(0, all.length - tailBytes);
      cutBytes += excess;
      tail = Buffer.from(all.subarray(excess));
    },
    text() {
      if (cutBytes === 0) return Buffer.concat([head, tail]).toString('utf8');
      return `${wholeCharacters(head)}\n[… ${cutBytes} bytes cut …]\n${fromCharacterStart(tail)}`;
    },
    get cutBytes() {
      return cutBytes;
    },
  };
}

/** The same for a text that is there already. */
export function boundText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const output = createBoundedOutput(maxBytes);
  output.add(Buffer.from(text));
  return output.text();
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Without a last character that was cut through. */
function wholeCharacters(bytes: Buffer): string {
  let start = bytes.length - 1;
  while (start >= 0 && start > bytes.length - 4 && isContinuation(bytes[start])) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return bytes.subarray(0, start >= 0 && start + length > bytes.length ? start : bytes.length).toString('utf8');
}

function fromCharacterStart(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start).toString('utf8');
}
