import { isMap, isScalar, isSeq, parseDocument, stringify, type Document, type Scalar, type YAMLSeq } from 'yaml';
import { PointsmanError } from '../../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { isFields } from '../../../wires/shared/fields.ts';
import { notChanged, type ConfigFormat } from './config-format.ts';

/** YAML of which a list at the top gets one entry more or less; comments and the writing of all else stay. */
export function yamlFormat(empty: string): ConfigFormat {
  return { read, set, remove, empty };
}

function fail(path: readonly string[]): never {
  throw notChanged(path);
}

function documentOf(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document;
  throw new PointsmanError('config-invalid', 'The configuration is not valid YAML, so it was left alone.', {
    cause: document.errors[0],
    hint: 'Correct it, or set the values by hand.',
  });
}

function read(text: string): JsonObject {
  const value: unknown = documentOf(text).toJS();
  if (isFields(value)) return value as JsonObject;
  throw new PointsmanError('config-invalid', 'The configuration is no YAML mapping, so it was left alone.', {
    hint: 'Correct it, or set the values by hand.',
  });
}

function set(text: string, path: readonly string[], value: JsonValue): string {
  const [key = '', ...deeper] = path;
  if (deeper.length > 0 || !Array.isArray(value)) return fail(path);
  const document = documentOf(text);
  const node = document.get(key, true);
  if (node === undefined) return `${text.replace(/\n*$/u, '\n')}${stringify({ [key]: value })}`;
  if (!isSeq(node) || node.flow === true || !isMap(document.contents)) return fail(path);
  return withList(text, node, value as readonly JsonValue[]);
}

/** One entry more in front, one fewer, or one changed. */
function withList(text: string, node: YAMLSeq, list: readonly JsonValue[]): string {
  const old = node.toJSON() as readonly JsonValue[];
  if (list.length > old.length) return withFirst(text, node, list[0] ?? null);
  const at = list.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(old[index]));
  if (at < 0 && list.length === old.length) return text;
  return withEntry(text, node, at < 0 ? list.length : at, list.length < old.length ? undefined : list[at]);
}

/** A list at the top, with its key. */
function remove(text: string, [key = '', ...deeper]: readonly string[]): string {
  const { contents } = documentOf(text);
  const pair = isMap(contents) ? contents.items.find((one) => isScalar(one.key) && one.key.value === key) : undefined;
  if (pair === undefined) return text;
  const start = (pair.key as Scalar).range?.[0];
  if (deeper.length > 0 || !isSeq(pair.value) || pair.value.flow === true || start === undefined)
    return fail([key, ...deeper]);
  const end = pair.value.range?.[1] ?? text.length;
  return text.slice(0, text.lastIndexOf('\n', start - 1) + 1) + text.slice(end);
}

/** In front of all others, at their depth. */
function withFirst(text: string, list: YAMLSeq, entry: JsonValue): string {
  const dash = dashOf(text, list, 0);
  return text.slice(0, dash.lineStart) + entryText(entry, dash.indent) + text.slice(dash.lineStart);
}

/** One entry in place of another, or gone. */
function withEntry(text: string, list: YAMLSeq, at: number, entry: JsonValue | undefined): string {
  const from = dashOf(text, list, at);
  const end = at + 1 < list.items.length ? dashOf(text, list, at + 1).lineStart : (list.range?.[1] ?? text.length);
  return text.slice(0, from.lineStart) + (entry === undefined ? '' : entryText(entry, from.indent)) + text.slice(end);
}

function dashOf(text: string, list: YAMLSeq, at: number): { readonly lineStart: number; readonly indent: string } {
  const start = (list.items[at] as { readonly range?: readonly [number, number, number] }).range?.[0] ?? 0;
  const dash = text.lastIndexOf('-', start - 1);
  const lineStart = text.lastIndexOf('\n', dash) + 1;
  return { lineStart, indent: text.slice(lineStart, dash) };
}

function entryText(entry: JsonValue, indent: string): string {
  const lines = stringify([entry]).trimEnd().split('\n');
  return lines.map((line) => `${indent}${line}\n`).join('');
}
