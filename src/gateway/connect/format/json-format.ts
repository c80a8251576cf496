import { isDeepStrictEqual } from 'node:util';
import {
  applyEdits,
  findNodeAtLocation,
  modify,
  parse,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import { PointsmanError } from '../../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { isFields } from '../../../wires/shared/fields.ts';
import { notChanged, type ConfigFormat } from './config-format.ts';

/** Plain JSON. A text with comments is not changed: its harness would not read it. */
export const jsonFormat: ConfigFormat = formatOf((text) => {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable('The configuration is not plain JSON', 'Take out comments and trailing commas');
  }
});

/** JSON with comments and commas behind the last entry, for harnesses that read it so. */
export const jsoncFormat: ConfigFormat = formatOf((text) => {
  const faults: ParseError[] = [];
  const value: unknown = parse(text, faults, { allowTrailingComma: true });
  const [fault] = faults;
  if (fault === undefined) return value;
  throw unreadable(`The configuration is not valid JSON (${printParseErrorCode(fault.error)})`, 'Correct it');
});

function formatOf(parsed: (text: string) => unknown): ConfigFormat {
  return {
    read: (text) => {
      const value = text.trim() === '' ? {} : parsed(text);
      if (isFields(value)) return value as JsonObject;
      throw unreadable('The configuration is no JSON object', 'Correct it');
    },
    set: (text, path, value) => withValue(text.trim() === '' ? '{}\n' : text, path, value),
    remove: (text, path) =>
      nodeAt(text, path) === undefined ? text : applyEdits(text, modify(text, [...path], undefined, {})),
  };
}

function nodeAt(text: string, path: readonly string[]): Node | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true });
  return root === undefined ? undefined : findNodeAtLocation(root, [...path]);
}

/** In place of what is there, else in the innermost object on the way that is. Only that much of the text is written anew. */
function withValue(text: string, path: readonly string[], value: JsonValue): string {
  const there = nodeAt(text, path);
  if (there !== undefined) return withOneMore(text, there, value) ?? replaced(text, there, value);
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parent = nodeAt(text, path.slice(0, depth));
    if (parent === undefined) continue;
    const nested = path.slice(depth + 1).reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value);
    const member = { [path[depth] ?? '']: nested };
    return parent.type === 'object' ? withMember(text, parent, member) : replaced(text, parent, member);
  }
  throw notChanged(path);
}

function replaced(text: string, { offset, length }: Node, value: JsonValue): string {
  return text.slice(0, offset) + written(text, value, indentAt(text, offset)) + text.slice(offset + length);
}

/** A list that only gets one entry behind its others keeps their text. `undefined`: it is another change. */
function withOneMore(text: string, list: Node, value: JsonValue): string | undefined {
  const last = Array.isArray(value) ? (value as readonly JsonValue[]).at(-1) : undefined;
  if (list.type !== 'array' || last === undefined) return undefined;
  const old: unknown = parse(text.slice(list.offset, list.offset + list.length), [], { allowTrailingComma: true });
  if (!Array.isArray(old) || old.length === 0 || !isDeepStrictEqual([...(old as readonly JsonValue[]), last], value))
    return undefined;
  return behindLast(text, list, (indent) => written(text, last, indent));
}

function withMember(text: string, parent: Node, member: JsonObject): string {
  if (parent.children?.length === 0) {
    const inner = text.slice(parent.offset + 1, parent.offset + parent.length - 1).trimEnd();
    if (inner.trim() === '') return replaced(text, parent, member);
    // Nothing but a comment.
    const indent = indentAt(text, parent.offset);
    const body = written(text, member, indent).slice(1);
    return text.slice(0, parent.offset + 1) + inner + body + text.slice(parent.offset + parent.length);
  }
  return behindLast(text, parent, (indent) => {
    const [key = '', value = null] = Object.entries(member)[0] ?? [];
    return `${JSON.stringify(key)}: ${written(text, value, indent)}`;
  });
}

/** On a line of its own where the last one begins a line, below what a person wrote behind that. */
function behindLast(text: string, parent: Node, write: (indent: string) => string): string {
  const { offset, length } = parent.children?.at(-1) ?? parent;
  const end = offset + length;
  const indent = indentAt(text, offset);
  const startsLine = /(?:^|\n)[ \t]*$/u.test(text.slice(0, offset));
  if (!startsLine) return `${text.slice(0, end)}, ${write(indent).replaceAll(/\s*\n\s*/gu, ' ')}${text.slice(end)}`;
  const [rest = '', comma = ''] =
    /^[ \t]*(,?)[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=\r?\n)/u.exec(text.slice(end)) ?? [];
  const below = end + rest.length;
  const head = text.slice(0, end) + (comma === '' ? ',' : '') + text.slice(end, below);
  return `${head}${newlineOf(text)}${indent}${write(indent)}${text.slice(below)}`;
}

/** As the rest of the text is: its indentation and line ends. */
function written(text: string, value: JsonValue, indent: string): string {
  const unit = /\n\t/u.test(text) ? '\t' : (/\n( +)\S/u.exec(text)?.[1] ?? '  ');
  return JSON.stringify(value, undefined, unit).replaceAll('\n', `${newlineOf(text)}${indent}`);
}

/** Of the line in which something stands. */
function indentAt(text: string, offset: number): string {
  return /^[ \t]*/u.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? '';
}

function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function unreadable(what: string, how: string): PointsmanError {
  return new PointsmanError('config-invalid', `${what}, so it was left alone.`, {
    hint: `${how}, or set the values by hand.`,
  });
}
