import { getStaticTOMLValue, parseTOML, type AST } from 'toml-eslint-parser';
import { PointsmanError } from '../../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { notChanged, type ConfigFormat } from './config-format.ts';

/** TOML, changed in the places that a parser names: comments, order, quotes and line ends of all else stay. */
export const tomlFormat: ConfigFormat = {
  read: (text) => getStaticTOMLValue(parsed(text)) as unknown as JsonObject,
  set: (text, path, value) => {
    const document = parsed(text);
    const there = pairs(document).find((pair) => isSame(pair.path, path));
    if (there !== undefined) return cut(text, there.node.value.range, tomlValue(value, path));
    return withinInline(text, document, path, value) ?? added(text, document, path, value);
  },
  remove: (text, path) => {
    const document = parsed(text);
    const there = pairs(document).find((pair) => isSame(pair.path, path));
    if (there !== undefined) return withoutPair(text, there, path);
    const empty = tables(document).find((table) => isSame(table.resolvedKey, path) && table.body.length === 0);
    return empty === undefined ? text : withoutLines(text, empty.range);
  },
};

function parsed(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (cause) {
    const line = (cause as { readonly lineNumber?: number }).lineNumber;
    const where = line === undefined ? '' : ` (line ${line})`;
    throw new PointsmanError('config-invalid', `The configuration is not valid TOML${where}, so it was left alone.`, {
      cause,
      hint: 'Correct it, or set the values by hand.',
    });
  }
}

type TextRange = readonly [number, number];

interface Pair {
  readonly path: readonly (string | number)[];
  readonly node: AST.TOMLKeyValue;
  /** Of its path, the keys of the table whose lines it stands among. */
  readonly table: Pair['path'];
  /** The inline table that it stands in. */
  readonly inline?: AST.TOMLInlineTable;
}

/** Every key with a value, those of inline tables included. */
function pairs(document: AST.TOMLProgram): readonly Pair[] {
  return document.body[0].body.flatMap((node) =>
    node.type === 'TOMLKeyValue'
      ? pairsOf([], { node, table: [] })
      : node.body.flatMap((pair) => pairsOf(node.resolvedKey, { node: pair, table: node.resolvedKey })),
  );
}

function pairsOf(parent: Pair['path'], at: Omit<Pair, 'path'>): readonly Pair[] {
  const { value, key } = at.node;
  const path = [...parent, ...key.keys.map((one) => (one.type === 'TOMLBare' ? one.name : one.value))];
  const inner = value.type === 'TOMLInlineTable' ? value.body : [];
  const inline = value.type === 'TOMLInlineTable' ? { inline: value } : {};
  return [{ path, ...at }, ...inner.flatMap((node) => pairsOf(path, { node, table: at.table, ...inline }))];
}

function tables(document: AST.TOMLProgram): readonly AST.TOMLTable[] {
  return document.body[0].body.filter((node) => node.type === 'TOMLTable');
}

/** Where a parent is written as `{ … }`, no table may follow elsewhere: the key goes between its braces. */
function withinInline(
  text: string,
  document: AST.TOMLProgram,
  path: readonly string[],
  value: JsonValue,
): string | undefined {
  const parents = pairs(document).filter(
    ({ path: at }) => at.length < path.length && isSame(at, path.slice(0, at.length)),
  );
  const parent = parents.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (parent === undefined) return undefined;
  const table = parent.node.value;
  if (table.type !== 'TOMLInlineTable') throw notChanged(path);
  const pair = `${keyText(path.slice(parent.path.length))} = ${tomlValue(value, path)}`;
  const last = table.body.at(-1);
  if (last === undefined) return cut(text, table.range, `{ ${pair} }`);
  return cut(text, [last.range[1], last.range[1]], `, ${pair}`);
}

function added(text: string, document: AST.TOMLProgram, path: readonly string[], value: JsonValue): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const line = `${keyText(path.slice(-1))} = ${tomlValue(value, path)}${newline}`;
  const parent = path.slice(0, -1);
  const beside = pairs(document).findLast(
    (pair) => pair.inline === undefined && pair.table.length < parent.length && isBelow(pair.path, parent),
  );
  if (beside !== undefined) {
    // Its parent was made by such keys, and may have no header then.
    const dotted = `${keyText(path.slice(beside.table.length))} = ${tomlValue(value, path)}${newline}`;
    return insertedBelow(text, beside.node.range[1], dotted, newline);
  }
  const table = tables(document).find((one) => one.kind === 'standard' && isSame(one.resolvedKey, parent));
  if (table !== undefined) return insertedBelow(text, table.range[1], line, newline);
  if (parent.length > 0) {
    const gap = text === '' || /\n\r?\n$/u.test(text) ? '' : text.endsWith('\n') ? newline : newline + newline;
    return `${text}${gap}[${keyText(parent)}]${newline}${line}`;
  }
  const last = document.body[0].body.findLast((node) => node.type === 'TOMLKeyValue');
  if (last !== undefined) return insertedBelow(text, last.range[1], line, newline);
  return `${line}${text.trim() === '' ? '' : newline}${text}`;
}

/** Below the line in which something ends, and what a person wrote behind it. */
function insertedBelow(text: string, end: number, line: string, newline: string): string {
  const at = text.indexOf('\n', end) + 1;
  return at === 0 ? `${text}${newline}${line}` : cut(text, [at, at], line);
}

function withoutPair(text: string, { node, inline }: Pair, path: readonly string[]): string {
  if (inline === undefined) return withoutLines(text, node.range);
  const at = inline.body.indexOf(node);
  const [before, after] = [inline.body[at - 1], inline.body[at + 1]];
  if (before !== undefined) return cut(text, [before.range[1], node.range[1]], '');
  if (after !== undefined) return cut(text, [node.range[0], after.range[0]], '');
  if (inline.body.length === 1) return cut(text, inline.range, '{}');
  throw notChanged(path);
}

/** Whole lines, with an empty one before them where the text ends behind them. */
function withoutLines(text: string, [start, end]: TextRange): string {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const to = text.indexOf('\n', end) + 1 || text.length;
  const head = text.slice(0, from);
  const tail = text.slice(to);
  return tail.trim() === '' ? head.replace(/(\r?\n)\r?\n$/u, '$1') + tail : head + tail;
}

function cut(text: string, [start, end]: TextRange, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end);
}

function isSame(one: readonly (string | number)[], other: readonly (string | number)[]): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}

function isBelow(path: Pair['path'], parent: readonly string[]): boolean {
  return path.length > parent.length && isSame(path.slice(0, parent.length), parent);
}

function keyText(path: readonly string[]): string {
  return path.map((key) => (/^[\w-]+$/u.test(key) ? key : JSON.stringify(key))).join('.');
}

/** A string, a number or a switch: nothing else is set in such files. */
function tomlValue(value: JsonValue, path: readonly string[]): string {
  if (typeof value === 'object') throw notChanged(path);
  return JSON.stringify(value);
}
