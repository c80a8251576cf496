import { LineCounter, isMap, isScalar, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { PointsmanError, type ErrorCode } from '../domain/errors.ts';
import { didYouMean } from '../domain/nearest.ts';
import { plainIssue } from '../domain/plain-issue.ts';
import { keysAt } from './schema-keys.ts';

/** Keys and list positions from the top of a file down. */
export type YamlPath = readonly (string | number)[];

/** A YAML (or JSON) file that remembers where its keys stand. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  readonly code: ErrorCode;
  /** Line, from 1, of the key or list item at `path`, or of the nearest thing above it that exists. */
  readonly lineOf: (path: YamlPath) => number;
}

/** Far above any file written by hand; bounds the work that a hostile one can cause. */
const MAX_CHARACTERS = 512 * 1024;

/**
 * Reads YAML or JSON. Anchors are allowed within bounds; unknown tags, keys given twice and more than one document are
 * errors. `code` is the error code of everything that is found wrong with the file.
 * @throws PointsmanError `code`, with file and line
 */
export function parseYaml(text: string, source: { readonly file: string; readonly code: ErrorCode }): YamlDocument {
  if (text.length > MAX_CHARACTERS) throw fileError(source, 1, '', `is larger than ${MAX_CHARACTERS} characters.`);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
    const broken = document.errors[0] ?? document.warnings[0];
    if (broken !== undefined) throw fileError(source, lines.linePos(broken.pos[0]).line, '', `${broken.message}.`);
    const value: unknown = document.toJS({ maxAliasCount: 50 });
    return { ...source, value, lineOf: (path) => lineOf(document, lines, path) };
  } catch (thrown) {
    if (thrown instanceof PointsmanError) throw thrown;
    const why = thrown instanceof RangeError ? 'is nested too deeply.' : 'cannot be read as YAML.';
    throw fileError(source, 1, '', why, thrown);
  }
}

/**
 * The document's value in the shape of `schema`.
 * @throws PointsmanError with file, line and path of the first fault; for an unknown key also the nearest known one
 */
export function parseShape<Shape>(document: YamlDocument, schema: z.ZodType<Shape>): Shape {
  const parsed = schema.safeParse(document.value ?? {}, { error: plainIssue });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const hint = didYouMean(key, keysAt(schema, path));
    throw faultAt(document, [...path, key], `there is no setting of this name.${hint}`);
  }
  throw faultAt(document, path, `${issue?.message ?? 'is not valid'}.`);
}

/** An error about one place of the document, to be thrown. */
export function faultAt(document: YamlDocument, path: YamlPath, what: string, hint?: string): PointsmanError {
  return fileError(document, document.lineOf(path), formatPath(path), what, undefined, hint);
}

/** `kinds.review.models[0]` */
function formatPath(path: YamlPath): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('');
}

function fileError(
  source: { readonly file: string; readonly code: ErrorCode },
  line: number,
  rule: string,
  what: string,
  cause?: unknown,
  hint?: string,
): PointsmanError {
  const where = rule === '' ? '' : ` ${rule}:`;
  return new PointsmanError(source.code, `${source.file}:${line}:${where} ${what}`, {
    details: { file: source.file, line, rule },
    hint: hint ?? `Correct line ${line} of ${source.file}.`,
    cause,
  });
}

function lineOf(document: Document, lines: LineCounter, path: YamlPath): number {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

function offsetOf(document: Document, path: YamlPath): number | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true) as { readonly range?: readonly number[] } | undefined;
  return node?.range?.[0];
}
