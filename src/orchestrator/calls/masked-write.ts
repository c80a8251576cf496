import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { MASK } from '../../recorder/redact.ts';
import { writtenText } from '../../tools/file-server/parse-patch.ts';
import { filesNamedBy } from './record-changes.ts';

/** Of a secret, and of what a result left out. */
const MASKS = /\[redacted:[^\]]*\]?|\[… [^\]\n]{1,200} …\]/gu;
/** What an edit looks for is not written. */
const SOUGHT: ReadonlySet<string> = new Set(['oldText', 'old_text', 'old_string', 'oldString', 'old_str']);

/**
 * Whether a call that writes would put one of our masks where a secret stood, or one of our cuts where lines stood. A mask that every file of the call holds already is
 * the user's own text, as in a program that writes such marks.
 */
export async function wouldWriteMask(workspace: string, input: JsonObject): Promise<boolean> {
  const { patch } = input;
  const masks = masksIn(typeof patch === 'string' ? { ...input, patch: writtenText(patch) } : input);
  if (masks.length === 0) return false;
  const files = filesNamedBy(input);
  const texts = await Promise.all(files.map((file) => readFile(path.resolve(workspace, file), 'utf8').catch(() => '')));
  // Which of several is written to, only the tool knows.
  return texts.length === 0 || masks.some((mask) => texts.some((text) => !text.includes(mask)));
}

function masksIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return value.includes(MASK) || value.includes('[… ') ? (value.match(MASKS) ?? []) : [];
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(masksIn);
  return Object.entries(value).flatMap(([name, inner]) =>
    SOUGHT.has(name) ? [] : [...masksIn(name), ...masksIn(inner)],
  );
}
