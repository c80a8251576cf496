import { PointsmanError } from '../../domain/errors.ts';
import type { JsonValue } from '../../domain/json.ts';
import { isFields } from '../../wires/shared/fields.ts';
import { editJson, type JsonEdit } from '../../wires/shared/json-bytes.ts';

/** A value to set at a path of object keys. */
export interface ConfigSetting {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

/**
 * Sets values in a JSON text and leaves every other byte. An empty text becomes a new document.
 * @throws PointsmanError `config-invalid` for anything but a JSON object (comments included)
 */
export function setInJson(before: string, settings: readonly ConfigSetting[]): string {
  if (before.trim() === '') return `${JSON.stringify(merged({}, settings), undefined, 2)}\n`;
  let text = before;
  for (const setting of settings) {
    const parsed = parseObject(text);
    const edit = editFor(parsed, setting);
    if (edit !== undefined) text = editJson(Buffer.from(text), [edit]).toString();
  }
  return text;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // Told below, together with what is not an object.
  }
  throw new PointsmanError('config-invalid', 'The configuration is not plain JSON, so it was left alone.', {
    hint: 'Take out comments and trailing commas, or set the values by hand.',
  });
}

/** The edit at the deepest object that is there; objects that are missing come with the value. */
function editFor(root: Readonly<Record<string, unknown>>, { path, value }: ConfigSetting): JsonEdit | undefined {
  let node: unknown = root;
  for (let depth = 0; depth < path.length; depth++) {
    const key = path[depth] ?? '';
    const next: unknown = isFields(node) ? node[key] : undefined;
    const isLast = depth === path.length - 1;
    if (isLast && JSON.stringify(next) === JSON.stringify(value)) return undefined;
    if (isLast || !isFields(next)) {
      const rest = path.slice(depth + 1);
      return { op: 'set', path: path.slice(0, depth + 1), value: rest.length === 0 ? value : nested(rest, value) };
    }
    node = next;
  }
  return undefined;
}

function nested(path: readonly string[], value: JsonValue): JsonValue {
  return path.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), value);
}

function merged(root: Record<string, unknown>, settings: readonly ConfigSetting[]): Record<string, unknown> {
  for (const { path, value } of settings) {
    let node = root;
    for (const key of path.slice(0, -1)) node = (node[key] ??= {}) as Record<string, unknown>;
    node[path.at(-1) ?? ''] = value;
  }
  return root;
}

/** Sets variables of a dotenv text: replaced where they stand, otherwise put at the end. */
export function setInEnv(before: string, values: Readonly<Record<string, string>>): string {
  const lines = before === '' ? [] : before.replace(/\n$/u, '').split('\n');
  for (const [name, value] of Object.entries(values)) {
    const line = `${name}=${JSON.stringify(value)}`;
    const at = lines.findIndex((candidate) => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`, 'u').test(candidate));
    if (at >= 0) lines[at] = line;
    else lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

/** Sets top-level keys of a TOML text: replaced where they stand, otherwise put before the first table. */
export function setInToml(before: string, values: Readonly<Record<string, string | number>>): string {
  const lines = before === '' ? [] : before.split('\n');
  let tableAt = lines.findIndex((line) => line.trimStart().startsWith('['));
  if (tableAt < 0) tableAt = lines.length;
  const added: string[] = [];
  for (const [key, value] of Object.entries(values)) {
    const line = `${key} = ${JSON.stringify(value)}`;
    const at = lines.slice(0, tableAt).findIndex((candidate) => new RegExp(`^\\s*${key}\\s*=`, 'u').test(candidate));
    if (at >= 0) lines[at] = line + commentOf(lines[at] ?? '');
    else added.push(line);
  }
  lines.splice(tableAt, 0, ...(added.length > 0 && tableAt < lines.length ? [...added, ''] : added));
  return lines.join('\n');
}

/** What a person wrote behind a value on one line, with the blanks before it. */
function commentOf(line: string): string {
  return /^[^=]*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'#]+)(\s*#.*)?$/u.exec(line)?.[1] ?? '';
}

/** Puts a table at the end of a TOML text, in place of one of the same name. */
export function setTomlTable(before: string, name: string, rows: Readonly<Record<string, string | number>>): string {
  const lines = before.split('\n');
  const start = lines.findIndex((line) => line.trim() === `[${name}]`);
  const body = [`[${name}]`, ...Object.entries(rows).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)];
  if (start < 0) return `${before.replace(/\n*$/u, before.trim() === '' ? '' : '\n\n')}${body.join('\n')}\n`;
  const after = lines.findIndex((line, index) => index > start && line.trimStart().startsWith('['));
  const tail = after < 0 ? [''] : ['', ...lines.slice(after)];
  return [...lines.slice(0, start), ...body, ...tail].join('\n');
}
