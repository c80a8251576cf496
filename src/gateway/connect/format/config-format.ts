import { isDeepStrictEqual } from 'node:util';
import { PointsmanError } from '../../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../../domain/json.ts';

/** A value to set at a path of keys. */
interface ValueSetting {
  readonly path: readonly string[];
  readonly value: JsonValue;
}

/** One entry of the list at a path: in place of the entry that says the same under `by`, else before or behind all others. */
interface EntrySetting {
  readonly path: readonly string[];
  readonly entry: JsonObject;
  readonly by: string;
  readonly at: 'first' | 'last';
}

export type ConfigSetting = ValueSetting | EntrySetting;

/** How the text of one kind of configuration file is read and changed. Every byte that no change is about stays. */
export interface ConfigFormat {
  /** @throws PointsmanError `config-invalid` for what cannot be read, or could not be changed without loss */
  read(text: string): JsonObject;
  /** The value at a path whose parents are objects, or are missing. */
  set(text: string, path: readonly string[], value: JsonValue): string;
  /** Takes the key at a path out; what is not there stays away. */
  remove(text: string, path: readonly string[]): string;
  /** What stands in an empty file before the first setting. */
  readonly empty?: string;
}

/**
 * The text with the settings in it. Setting what is there already changes nothing. What was written is read once more: a text in
 * which more or less has changed than was meant is not given out.
 * @throws PointsmanError `config-invalid`
 */
export function withSettings(format: ConfigFormat, before: string, settings: readonly ConfigSetting[]): string {
  let text = begun(format, before);
  let meant: JsonObject = format.read(text);
  for (const setting of settings) {
    const value = valueOf(meant, setting);
    if (isDeepStrictEqual(valueAt(meant, setting.path), value)) continue;
    text = format.set(text, setting.path, value);
    meant = withValue(meant, setting.path, value);
    if (!isDeepStrictEqual(format.read(text), meant)) throw notChanged(setting.path);
  }
  return text;
}

/**
 * The text that would stand there if the change from `before` to `after` had not been made to it: values that are still as that
 * change made them become what they were, all others stay. Read once more, as in `withSettings`.
 * @throws PointsmanError `config-invalid`
 */
export function withoutChange(
  format: ConfigFormat,
  now: string,
  { before, after }: { readonly before: string; readonly after: string },
): string {
  let text = now;
  for (const { path, was, is } of changesBetween(format.read(begun(format, before)), format.read(after), [])) {
    const there = format.read(text);
    const value = valueAt(there, path);
    const back = valueBack(value, { was, is });
    if (isDeepStrictEqual(value, back)) continue;
    text = back === undefined ? format.remove(text, path) : format.set(text, path, back);
    const meant = withoutEmpty(withValue(there, path, back), path);
    if (!isDeepStrictEqual(withoutEmpty(format.read(text), path), meant)) throw notChanged(path);
  }
  return text;
}

/** Without the objects on the way to a value that hold nothing: a format may have no way to write those. */
function withoutEmpty(root: JsonObject, path: readonly string[]): JsonObject {
  const above = path.slice(0, -1);
  if (above.length === 0) return root;
  const value = valueAt(root, above);
  const isEmpty = isObject(value) && Object.keys(value).length === 0;
  return withoutEmpty(isEmpty ? withValue(root, above, undefined) : root, above);
}

/** What a value becomes when a change is taken back. `undefined`: nothing is there then. */
function valueBack(value: JsonValue | undefined, { was, is }: Omit<Change, 'path'>): JsonValue | undefined {
  if (isDeepStrictEqual(value, is)) return was;
  return Array.isArray(value) && Array.isArray(is) ? withoutEntries(value, is, was) : value;
}

/** An empty file says what a new one begins with. */
function begun(format: ConfigFormat, text: string): string {
  return text.trim() === '' ? (format.empty ?? text) : text;
}

/** Where two texts say something else, by their keys. @throws PointsmanError `config-invalid` */
export function changedPaths(format: ConfigFormat, was: string, is: string): readonly string[] {
  return changesBetween(format.read(begun(format, was)), format.read(begun(format, is)), []).map(({ path }) =>
    path.join('.'),
  );
}

interface Change {
  readonly path: readonly string[];
  readonly was: JsonValue | undefined;
  /** `undefined`: the change took it away. */
  readonly is: JsonValue | undefined;
}

/** Innermost first, so that an object that has become empty goes, too. */
function changesBetween(was: JsonObject, is: JsonObject, path: readonly string[]): readonly Change[] {
  const gone = Object.keys(was).filter((key) => !Object.hasOwn(is, key));
  const changed = Object.entries(is).flatMap(([key, value]): readonly Change[] => {
    const [old, at] = [was[key], [...path, key]];
    if (isDeepStrictEqual(old, value)) return [];
    if (!isObject(value) || !(old === undefined || isObject(old))) return [{ path: at, was: old, is: value }];
    const inner = changesBetween(old ?? {}, value, at);
    return old === undefined ? [...inner, { path: at, was: undefined, is: {} }] : inner;
  });
  return [...changed, ...gone.map((key) => ({ path: [...path, key], was: was[key], is: undefined }))];
}

/** A list as it is now, without what the change put in; what that took the place of stands there again. */
function withoutEntries(now: readonly JsonValue[], is: readonly JsonValue[], was: JsonValue | undefined): JsonValue {
  const old = Array.isArray(was) ? (was as readonly JsonValue[]) : [];
  const isIn = (list: readonly JsonValue[], one: JsonValue): boolean =>
    list.some((other) => isDeepStrictEqual(one, other));
  const gone = old.filter((one) => !isIn(is, one) && !isIn(now, one));
  const kept = now.flatMap((one) => (isIn(old, one) || !isIn(is, one) ? [one] : gone.splice(0, 1)));
  return [...kept, ...gone];
}

/** The value that a setting asks for. */
function valueOf(root: JsonObject, setting: ConfigSetting): JsonValue {
  if ('value' in setting) return setting.value;
  const { path, entry, by, at } = setting;
  const found = valueAt(root, path);
  const list: readonly JsonValue[] = Array.isArray(found) ? found : [];
  const place = list.findIndex((one) => isObject(one) && one[by] === entry[by]);
  if (place >= 0) return list.with(place, entry);
  return at === 'first' ? [entry, ...list] : [...list, entry];
}

/** `undefined`: nothing is there. */
export function valueAt(root: JsonObject, path: readonly string[]): JsonValue | undefined {
  let node: JsonValue | undefined = root;
  for (const key of path) node = isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  return node;
}

/** @param value `undefined`: the key goes */
function withValue(root: JsonObject, [key = '', ...rest]: readonly string[], value: JsonValue | undefined): JsonObject {
  const { [key]: old, ...others } = root;
  if (rest.length > 0) return { ...root, [key]: withValue(isObject(old) ? old : {}, rest, value) };
  return value === undefined ? others : { ...root, [key]: value };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function notChanged(path: readonly string[]): PointsmanError {
  return new PointsmanError(
    'config-invalid',
    `"${path.join('.')}" cannot be set there without changing more, so the file was left alone.`,
    {
      hint: 'Set it by hand.',
    },
  );
}
