import path from 'node:path';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';

/** Of our own tools, where places are named. What stands elsewhere is text that goes into files. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  files: ['path', 'paths', 'source', 'destination'],
  commands: ['cwd', 'program', 'args'],
};

/**
 * The input of a call of our own tools as it is meant where a job works in a copy: a task, or a file of settings, names the user's
 * folder, and the copy stands for that. Pure.
 */
export function namedInCopy(
  { own }: Pick<RegisteredTool, 'own'>,
  input: JsonObject,
  { from, to }: { readonly from: string; readonly to: string },
): JsonObject {
  const fields = own === undefined || from === to ? [] : (FIELDS[own] ?? []);
  const named = fields.filter((field) => input[field] !== undefined);
  const patch = own === 'files' && typeof input['patch'] === 'string' ? input['patch'] : undefined;
  if (named.length === 0 && patch === undefined) return input;
  const moved = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return movedPlace(value, from, to);
    return Array.isArray(value) ? value.map(moved) : value;
  };
  return {
    ...input,
    ...Object.fromEntries(named.map((field) => [field, moved(input[field] ?? null)])),
    ...(patch !== undefined && { patch: movedPatch(patch, from, to) }),
  };
}

/** Lines of a patch that name files; the others are what files hold. */
const HEADING = /^(\*\*\* (?:Add File|Delete File|Update File|Move to): |(?:---|\+\+\+) )(\/.*)$/gmu;

function movedPatch(patch: string, from: string, to: string): string {
  return patch.replace(HEADING, (_whole, heading: string, place: string) => `${heading}${movedPlace(place, from, to)}`);
}

/** Also behind an option: `--file=/home/me/work/x`. */
function movedPlace(text: string, from: string, to: string): string {
  const start = /^--?[\w-]+=/u.exec(text)?.[0] ?? '';
  const place = text.slice(start.length);
  if (!path.isAbsolute(place)) return text;
  const inside = path.relative(from, place);
  if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside)) return text;
  return `${start}${inside === '' ? to : path.join(to, inside)}`;
}
