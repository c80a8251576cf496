import { createHash } from 'node:crypto';

/** What an endpoint accepts as a tool call's id or as a tool's name. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly maxLength: number;
  /** Ids of a fixed length are all hash; others keep a readable head. */
  readonly fixedLength: boolean;
  /** What a name begins with that had to be made anew. */
  readonly prefix?: string;
}

/** Letters, digits, `_` and `-`. Anthropic API reference, tool_use.id, read 2026-11. */
export const ANTHROPIC_TOOL_ID: NameRule = { pattern: /^[a-zA-Z0-9_-]+$/u, maxLength: 256, fixedLength: false };
/** Anthropic API reference, tools.name, read 2026-11. */
export const ANTHROPIC_TOOL_NAME: NameRule = { pattern: /^[a-zA-Z0-9_-]+$/u, maxLength: 128, fixedLength: false };
/** Responses `call_id`. OpenAI API reference, read 2026-11. */
export const OPENAI_CALL_ID: NameRule = { pattern: /^.+$/su, maxLength: 64, fixedLength: false };
/** Chat `tool_calls[].id`: older servers refuse more than 40 characters. */
export const OPENAI_CHAT_TOOL_ID: NameRule = { pattern: /^.+$/su, maxLength: 40, fixedLength: false };
/** Gemini API reference, FunctionDeclaration.name, read 2026-11. */
export const GEMINI_TOOL_NAME: NameRule = {
  pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/u,
  maxLength: 64,
  fixedLength: false,
  prefix: '_',
};
/** OpenAI API reference, function.name, read 2026-11. */
export const OPENAI_TOOL_NAME: NameRule = { pattern: /^[a-zA-Z0-9_-]+$/u, maxLength: 64, fixedLength: false };
/** Exactly nine letters or digits. Mistral API error text "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9". */
export const MISTRAL_TOOL_ID: NameRule = { pattern: /^[a-zA-Z0-9]{9}$/u, maxLength: 9, fixedLength: true };

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HASH_LENGTH = 10;

/**
 * The name itself where the rule accepts it, otherwise one made from it: the same for the same name, different for
 * different names. Apply it to a tool call and to its result alike.
 */
export function mapName(rule: NameRule, name: string): string {
  if (name.length <= rule.maxLength && rule.pattern.test(name)) return name;
  if (rule.fixedLength) return hashText(name, rule.maxLength);
  const safe = (rule.prefix ?? '') + name.replaceAll(/[^a-zA-Z0-9_-]/gu, '_');
  const head = safe.slice(0, rule.maxLength - HASH_LENGTH - 1);
  return `${head}_${hashText(name, HASH_LENGTH)}`;
}

function hashText(text: string, length: number): string {
  const bytes = createHash('sha256').update(text).digest();
  let hashed = '';
  for (let index = 0; index < length; index += 1) hashed += ALPHABET.charAt((bytes[index] ?? 0) % ALPHABET.length);
  return hashed;
}
