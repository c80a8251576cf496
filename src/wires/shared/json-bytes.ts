import { isUtf8 } from 'node:buffer';
import { PointsmanError } from '../../domain/errors.ts';
import type { JsonValue } from '../../domain/json.ts';

/** One change to a JSON text. A path leads through object keys and array indexes from the root. */
export type JsonEdit =
  | { readonly op: 'set'; readonly path: readonly (string | number)[]; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: readonly (string | number)[] };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * Parses a body that came over the wire.
 * @throws PointsmanError `request-invalid` for invalid UTF-8, malformed JSON, nesting past `maxDepthCount`, keys that stand
 * twice in one object, and non-objects.
 */
export function parseBody(bytes: Buffer, maxDepthCount: number): Record<string, unknown> {
  if (!isUtf8(bytes)) throw new PointsmanError('request-invalid', 'The body is not valid UTF-8');
  const { depthCount, keyCount } = structureOf(bytes, maxDepthCount);
  if (depthCount > maxDepthCount) {
    throw new PointsmanError('request-invalid', `The body is nested more than ${maxDepthCount} levels deep`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new PointsmanError('request-invalid', 'The body is not valid JSON', { cause });
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new PointsmanError('request-invalid', 'The body is not a JSON object');
  }
  if (keysIn(parsed) !== keyCount) {
    throw new PointsmanError('request-invalid', 'A key stands twice in one object of the body', {
      hint: 'Send each key once: readers of JSON differ in which of the two they obey.',
    });
  }
  return parsed as Record<string, unknown>;
}

/** How deep it nests, and how many keys stand in it. Looks only at structure, so long strings cost next to nothing. */
function structureOf(bytes: Buffer, limitCount: number): { readonly depthCount: number; readonly keyCount: number } {
  let depth = 0;
  let depthCount = 0;
  let keyCount = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = skipString(bytes, at) - 1;
    else if (byte === COLON) keyCount++;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depthCount = Math.max(depthCount, ++depth);
      if (depth > limitCount) break;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return { depthCount, keyCount };
}

/** Keys of a parsed value: where the text has more of them, one stands twice. */
function keysIn(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value as unknown[]) count += keysIn(item);
  else for (const key of Object.keys(value)) count += 1 + keysIn((value as Record<string, unknown>)[key]);
  return count;
}

/**
 * Applies edits to a JSON text and leaves every other byte as it was. `set` replaces each occurrence of a duplicated
 * key, so that no reader can see another value, and adds the key at the end of an object that lacks it. `remove` of
 * something absent changes nothing.
 *
 * `bytes` must have passed `parseBody`; edits of one container must agree about it (an edit below a removed node is moot).
 */
export function editJson(bytes: Buffer, edits: readonly JsonEdit[]): Buffer {
  if (edits.length === 0) return bytes;
  const root = toTree(edits);
  const cuts: Cut[] = [];
  walk(bytes, skipSpace(bytes, 0), root, cuts);
  return applyCuts(bytes, cuts);
}

interface EditNode {
  edit: JsonEdit | undefined;
  readonly children: Map<string | number, EditNode>;
}

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly insert: Buffer | undefined;
}

function toTree(edits: readonly JsonEdit[]): EditNode {
  const root: EditNode = { edit: undefined, children: new Map() };
  for (const edit of edits) {
    let node = root;
    for (const key of edit.path) {
      let child = node.children.get(key);
      if (child === undefined) node.children.set(key, (child = { edit: undefined, children: new Map() }));
      node = child;
    }
    node.edit = edit;
  }
  return root;
}

/** Walks the value at `start` along the edit tree; returns where it ends. */
function walk(bytes: Buffer, start: number, node: EditNode, cuts: Cut[]): number {
  const open = bytes[start];
  const isObject = open === OPEN_OBJECT;
  if (node.children.size === 0 || (!isObject && open !== OPEN_ARRAY)) return skipValue(bytes, start);

  const seen = new Set<string | number>();
  let keptEnd: number | undefined;
  let headCut: number | undefined;
  let index = 0;
  let at = skipSpace(bytes, start + 1);
  while (at < bytes.length && bytes[at] !== CLOSE_OBJECT && bytes[at] !== CLOSE_ARRAY) {
    const memberStart = at;
    let key: string | number = index++;
    if (isObject) {
      const keyEnd = skipString(bytes, at);
      key = readKey(bytes, at, keyEnd);
      at = skipSpace(bytes, keyEnd);
      if (bytes[at] === COLON) at = skipSpace(bytes, at + 1);
    }
    const child = node.children.get(key);
    const valueStart = at;
    const removed = child?.edit?.op === 'remove';
    if (child === undefined || removed) at = skipValue(bytes, at);
    else if (child.edit?.op === 'set') {
      seen.add(key);
      at = skipValue(bytes, at);
      cuts.push({ start: valueStart, end: at, insert: Buffer.from(JSON.stringify(child.edit.value)) });
    } else at = walk(bytes, at, child, cuts);

    if (removed) {
      if (keptEnd === undefined) headCut ??= memberStart;
      else cuts.push({ start: keptEnd, end: at, insert: undefined });
      if (keptEnd !== undefined) keptEnd = at;
    } else {
      if (headCut !== undefined) cuts.push({ start: headCut, end: memberStart, insert: undefined });
      headCut = undefined;
      keptEnd = at;
    }
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  if (headCut !== undefined) cuts.push({ start: headCut, end: at, insert: undefined });
  if (isObject) appendMissing(node, seen, keptEnd !== undefined, at, cuts);
  return at + 1;
}

function appendMissing(
  node: EditNode,
  seen: ReadonlySet<string | number>,
  hasMembers: boolean,
  at: number,
  cuts: Cut[],
): void {
  let comma = hasMembers;
  for (const [key, child] of node.children) {
    if (child.edit?.op !== 'set' || seen.has(key)) continue;
    const text = `${comma ? ',' : ''}${JSON.stringify(String(key))}:${JSON.stringify(child.edit.value)}`;
    cuts.push({ start: at, end: at, insert: Buffer.from(text) });
    comma = true;
  }
}

function applyCuts(bytes: Buffer, cuts: readonly Cut[]): Buffer {
  if (cuts.length === 0) return bytes;
  const ordered = cuts.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const cut of ordered) {
    if (cut.start > from) pieces.push(bytes.subarray(from, cut.start));
    if (cut.insert !== undefined) pieces.push(cut.insert);
    from = Math.max(from, cut.end);
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

function readKey(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, end);
  return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
}

function skipSpace(bytes: Buffer, at: number): number {
  while (at < bytes.length && (bytes[at] ?? 0) <= 0x20) at++;
  return at;
}

/** `at` is an opening quote; returns the index after the closing one, or the end of the text. */
function skipString(bytes: Buffer, at: number): number {
  let close = at;
  for (;;) {
    close = bytes.indexOf(QUOTE, close + 1);
    if (close < 0) return bytes.length;
    let slashes = 0;
    while (bytes[close - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return close + 1;
  }
}

function skipValue(bytes: Buffer, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return skipString(bytes, at);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
    while (at < bytes.length && !isDelimiter(bytes[at] ?? 0)) at++;
    return at;
  }
  let depth = 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = skipString(bytes, at) - 1;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (--depth === 0) return at + 1;
    }
  }
  return at;
}

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY;
}
