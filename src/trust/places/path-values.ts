import { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { contextIn, roleOf, type ArgumentRole, type RoleContext } from './argument-role.ts';
import { addNames, namesInSentence, namesInText } from './names-in-text.ts';
import { isPatch, patchNames } from './patch-names.ts';

const MAX_DEPTH = 64;
/** Pieces of a path that stand beside each other are joined; longer texts are no pieces. */
const MAX_PIECE = 64;
const MAX_PIECES = 8;

/** What the arguments of a call say about the places that it may touch. */
export interface NamedPlaces {
  readonly names: readonly string[];
  /** A shell is to put together what it does while it runs: what that touches nobody can say before. */
  readonly isComputed: boolean;
}

/**
 * Everything in a tool's arguments that could be read as the name of a file, at any depth, in values and in keys. A text is
 * searched whole, in every reading and whatever parts its words, unless it can be shown to be something else: a patch, of which
 * only the files that it names count, or words that are written to a place which the call names beside them, of which only
 * lines that are nothing but a name do; where it names none, what is quoted or parted by more than blanks counts too. It errs
 * on the side of too much: nothing is decided by a name but whether to ask.
 * @throws PointsmanError `request-invalid` for arguments that nobody could judge
 */
export function namedPlaces(input: JsonObject): NamedPlaces {
  const found: Found = { names: new Set(), isComputed: false };
  collect(input, found, { depth: 0, role: 'unknown', isRun: false, isAddressed: false });
  return { names: [...found.names], isComputed: found.isComputed };
}

interface Found {
  readonly names: Set<string>;
  isComputed: boolean;
}

interface PlaceInValue extends RoleContext {
  readonly depth: number;
  readonly role: ArgumentRole;
}

function collect(value: JsonValue, found: Found, at: PlaceInValue): void {
  const inside = { ...at, depth: at.depth + 1 };
  if (inside.depth > MAX_DEPTH) throw new PointsmanError('request-invalid', 'The arguments are nested too deep.');
  if (typeof value === 'string') collectText(value, found, inside);
  else if (isList(value)) {
    collectPieces(value, found);
    for (const inner of value) collect(inner, found, inside);
  } else if (value !== null && typeof value === 'object') collectFields(value, found, inside);
}

function collectFields(value: JsonObject, found: Found, at: PlaceInValue): void {
  const entries = Object.entries(value);
  const context = contextIn(at, entries);
  collectPieces(Object.values(value), found);
  for (const [key, inner] of entries) {
    const role = roleOf(key, context);
    namesInText(key, found.names);
    collect(inner, found, { ...context, depth: at.depth, role, isRun: role === 'shell' || role === 'code' });
  }
}

function collectText(text: string, found: Found, at: PlaceInValue): void {
  const lines = text.split(LINE_END);
  const isRun = at.role === 'shell' || at.role === 'code';
  if (at.role === 'shell' && COMPUTED.test(text)) found.isComputed = true;
  if (!isRun && lines.length > 1 && isPatch(lines)) addNames(patchNames(lines), found.names);
  else if (isRun || at.role === 'unknown') namesInText(text, found.names);
  else if (lines.length === 1) namesInSentence(text, found.names);
  else {
    addNames([...patchNames(lines), ...lines.flatMap(lineName)], found.names);
    if (at.role === 'words') namesInText(structured(text), found.names);
  }
  const inner = nestedJson(text);
  if (inner !== undefined) collect(inner, found, at);
}

/** Substitutions, and variables whose value is not the same for everybody; those of a machine's own folders are. */
const COMPUTED =
  /\$\(|`[^`]+`|\$\{(?!(?:HOME|PWD|USER|TMPDIR)\})|\$(?!(?:HOME|PWD|USER|TMPDIR|PATH)\b)[A-Za-z_]|\beval\b|\|\s*(?:ba|z|da|k)?sh\b/u;

/** The words that are more than words: quoted, or parted by what no sentence needs. */
function structured(text: string): string {
  return text
    .split(/\s+/u)
    .filter((word) => /["'`=;|&<>(),:{}[\]\\%]/u.test(word))
    .join('\n');
}

const LINE_END = /\r\n|[\n\r\u2028\u2029]/u;

/** A line that is nothing but a name, or a list's entry or a field that is one: files given as text. */
function lineName(line: string): readonly string[] {
  const bare = line.replaceAll(/^[\s[{(]*(?:[-*+] )?\s*|[\s,;\])}]+$/gu, '');
  return /^(?:["']?[\w-]+["']?: +)?(["'`]?)(\S{1,4096})\1$/u.exec(bare)?.slice(2) ?? [];
}

/** `["vendor", "bin"]`, `{ "name": "AGENTS", "extension": "md" }` */
function collectPieces(values: readonly JsonValue[], found: Found): void {
  const pieces = values.filter((value): value is string => typeof value === 'string' && value !== '');
  if (pieces.length < 2 || pieces.length > MAX_PIECES) return;
  if (pieces.some((piece) => piece.length > MAX_PIECE || /\s/u.test(piece))) return;
  for (const joint of ['/', '', '.']) found.names.add(pieces.join(joint));
}

/** Arguments that stand as JSON inside an argument: its escapes would hide a name. */
function nestedJson(text: string): JsonValue | undefined {
  if (!/^\s*[[{]/u.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
