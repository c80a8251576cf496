import { isUtf8 } from 'node:buffer';
import { PointsmanError } from '../../domain/errors.ts';
import { isRawNumber, parseKeepingDigits, type JsonValue } from '../../domain/json.ts';
import { ByteRope } from './body/byte-rope.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  readKey,
  skipSpace,
  skipString,
  skipValue,
} from './body/json-tokens.ts';
import { lookAlikeKey } from './body/look-alike-keys.ts';
import { BodyScanner, type BodyLayout, type TranscriptPlace } from './body/scan-body.ts';

/** One change to a JSON text. A path leads through object keys and array indexes from the root. */
export type JsonEdit =
  | { readonly op: 'set'; readonly path: readonly (string | number)[]; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: readonly (string | number)[] }
  /** A new item of a list, behind the one that the path leads to; none where that is removed. */
  | { readonly op: 'insert'; readonly path: readonly (string | number)[]; readonly value: JsonValue };

/**
 * Parses a body that came over the wire.
 * @throws PointsmanError `request-invalid` for invalid UTF-8, malformed JSON, nesting past `maxDepthCount`, keys that stand
 * twice in one object or stand for another at the root, and non-objects.
 */
export function parseBody(bytes: Buffer, maxDepthCount: number): Record<string, unknown> {
  const scanned = new BodyScanner(bytes, maxDepthCount);
  scanned.run();
  return parseScanned(bytes, scanned, maxDepthCount);
}

/**
 * The same for bytes whose structure has been looked at.
 * @throws PointsmanError `request-invalid` as `parseBody`
 */
export function parseScanned(
  bytes: Buffer,
  { depthCount, keyCount, hasLongNumber }: Pick<BodyScanner, 'depthCount' | 'keyCount' | 'hasLongNumber'>,
  maxDepthCount: number,
): Record<string, unknown> {
  if (!isUtf8(bytes)) throw new PointsmanError('request-invalid', 'The body is not valid UTF-8');
  if (depthCount > maxDepthCount) {
    throw new PointsmanError('request-invalid', `The body is nested more than ${maxDepthCount} levels deep`);
  }
  let parsed: unknown;
  try {
    const text = bytes.toString('utf8');
    parsed = hasLongNumber ? parseKeepingDigits(text) : JSON.parse(text);
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
  const body = parsed as Record<string, unknown>;
  const lookAlike = lookAlikeKey(body);
  if (lookAlike !== undefined) {
    throw new PointsmanError('request-invalid', `The key ${JSON.stringify(lookAlike.slice(0, 100))} is misspelled`, {
      hint: 'Write it as the API does: some servers obey a key in any case, others do not.',
    });
  }
  return body;
}

/** Keys of a parsed value: where the text has more of them, one stands twice. */
function keysIn(value: unknown): number {
  if (value === null || typeof value !== 'object' || isRawNumber(value)) return 0;
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
 * With their layout no more of them is looked at than the edits are about.
 */
export function editJson(bytes: Buffer, edits: readonly JsonEdit[], layout?: BodyLayout): Buffer {
  return editedJson(bytes, edits, layout).toBuffer();
}

/** The same in pieces: what no edit is about lies in the memory of `bytes`. */
export function editedJson(bytes: Buffer, edits: readonly JsonEdit[], layout?: BodyLayout): ByteRope {
  if (edits.length === 0) return new ByteRope([bytes]);
  const root = toTree(edits);
  const cuts: Cut[] = [];
  if (layout === undefined) walk(bytes, skipSpace(bytes, 0), root, cuts);
  else walkFields(bytes, layout, root, cuts);
  return applyCuts(bytes, cuts);
}

interface EditNode {
  edit: Exclude<JsonEdit, { op: 'insert' }> | undefined;
  /** Items to put behind it. */
  readonly behind: JsonValue[];
  readonly children: Map<string | number, EditNode>;
}

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly insert: Buffer | undefined;
}

function toTree(edits: readonly JsonEdit[]): EditNode {
  const root: EditNode = { edit: undefined, behind: [], children: new Map() };
  for (const edit of edits) {
    let node = root;
    for (const key of edit.path) {
      let child = node.children.get(key);
      if (child === undefined) {
        child = { edit: undefined, behind: [], children: new Map() };
        node.children.set(key, child);
      }
      node = child;
    }
    if (edit.op === 'insert') node.behind.push(edit.value);
    else node.edit = edit;
  }
  return root;
}

/** What becomes of the members of one container, first to last. */
class MemberEdits {
  readonly seen = new Set<string | number>();
  readonly #bytes: Buffer;
  readonly #node: EditNode;
  readonly #cuts: Cut[];
  #keptEnd: number | undefined;
  #headCut: number | undefined;

  constructor(bytes: Buffer, node: EditNode, cuts: Cut[]) {
    this.#bytes = bytes;
    this.#node = node;
    this.#cuts = cuts;
  }

  /** Cuts the member whose value begins at `valueStart`; returns where it ends. */
  take(key: string | number, memberStart: number, valueStart: number, valueEnd?: number): number {
    const child = this.#node.children.get(key);
    if (child?.edit?.op === 'set') this.seen.add(key);
    const end = this.#endOf(child, valueStart, valueEnd);
    const removed = child?.edit?.op === 'remove';
    this.#join(removed, memberStart, end);
    if (child !== undefined && !removed && child.behind.length > 0) {
      const insert = Buffer.from(child.behind.map((item) => `,${JSON.stringify(item)}`).join(''));
      this.#cuts.push({ start: end, end, insert });
    }
    return end;
  }

  /** Where a value ends, with what the edits about it cut. */
  #endOf(child: EditNode | undefined, start: number, known: number | undefined): number {
    if (child?.edit?.op === 'set') {
      const end = known ?? skipValue(this.#bytes, start);
      this.#cuts.push({ start, end, insert: Buffer.from(JSON.stringify(child.edit.value)) });
      return end;
    }
    if (child === undefined || child.edit !== undefined || child.children.size === 0)
      return known ?? skipValue(this.#bytes, start);
    return walk(this.#bytes, start, child, this.#cuts);
  }

  /** A member that something else has been done to. */
  keep(memberStart: number, end: number): void {
    this.#join(false, memberStart, end);
  }

  /** With a removed member goes the comma before it, or behind it where nothing before it stays. */
  #join(removed: boolean, memberStart: number, end: number): void {
    if (removed && this.#keptEnd === undefined) {
      this.#headCut ??= memberStart;
      return;
    }
    if (removed) this.#cuts.push({ start: this.#keptEnd ?? end, end, insert: undefined });
    else if (this.#headCut !== undefined) {
      this.#cuts.push({ start: this.#headCut, end: memberStart, insert: undefined });
      this.#headCut = undefined;
    }
    this.#keptEnd = end;
  }

  /** `at` is the closing bracket. */
  close(isObject: boolean, at: number): void {
    if (this.#headCut !== undefined) this.#cuts.push({ start: this.#headCut, end: at, insert: undefined });
    if (isObject) appendMissing(this.#node, this.seen, this.#keptEnd !== undefined, at, this.#cuts);
  }
}

/** Walks the value at `start` along the edit tree; returns where it ends. */
function walk(bytes: Buffer, start: number, node: EditNode, cuts: Cut[]): number {
  const open = bytes[start];
  const isObject = open === OPEN_OBJECT;
  if (node.children.size === 0 || (!isObject && open !== OPEN_ARRAY)) return skipValue(bytes, start);

  const members = new MemberEdits(bytes, node, cuts);
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
    at = skipSpace(bytes, members.take(key, memberStart, at));
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  members.close(isObject, at);
  return at + 1;
}

/** The same for a whole body whose layout is known: fields and items that no edit is about are stepped over. */
function walkFields(bytes: Buffer, { fields, transcript }: BodyLayout, root: EditNode, cuts: Cut[]): void {
  const members = new MemberEdits(bytes, root, cuts);
  for (const { key, keyStart, valueStart, valueEnd } of fields) {
    const child = root.children.get(key);
    if (child !== undefined && child.edit === undefined && key === transcript?.key) {
      walkItems(bytes, transcript, child, cuts);
      members.keep(keyStart, valueEnd);
    } else members.take(key, keyStart, valueStart, valueEnd);
  }
  members.close(true, skipSpace(bytes, fields.at(-1)?.valueEnd ?? skipSpace(bytes, 0) + 1));
}

function walkItems(bytes: Buffer, { starts, ends, open }: TranscriptPlace, node: EditNode, cuts: Cut[]): void {
  const members = new MemberEdits(bytes, node, cuts);
  for (const [index, start] of starts.entries()) members.take(index, start, start, ends[index]);
  members.close(false, skipSpace(bytes, ends.at(-1) ?? open));
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

function applyCuts(bytes: Buffer, cuts: readonly Cut[]): ByteRope {
  if (cuts.length === 0) return new ByteRope([bytes]);
  const ordered = cuts.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const cut of ordered) {
    if (cut.start > from) pieces.push(bytes.subarray(from, cut.start));
    if (cut.insert !== undefined) pieces.push(cut.insert);
    from = Math.max(from, cut.end);
  }
  pieces.push(bytes.subarray(from));
  return new ByteRope(pieces);
}
