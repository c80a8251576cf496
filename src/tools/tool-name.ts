import { createHash } from 'node:crypto';

/** The shortest limit among the vendors (OpenAI and Anthropic, read 2026-11-21): 64 of these characters. */
const MAX_LENGTH = 64;
const HASH_LENGTH = 10;

/**
 * `server__tool`, the same in every run whatever else is configured. Where a name has other characters, is too long, or
 * could be read as another pair of names, it ends in a hash of both.
 */
export function toToolName(server: string, tool: string): string {
  const plain = `${server}__${tool}`;
  if (isPlain(server) && isPlain(tool) && plain.length <= MAX_LENGTH) return plain;
  const hash = createHash('sha256').update(`${server}\0${tool}`).digest('hex').slice(0, HASH_LENGTH);
  const safe = plain.replaceAll(/[^A-Za-z0-9_-]/gu, '_').slice(0, MAX_LENGTH - HASH_LENGTH - 1);
  return `${safe}_${hash}`;
}

/** Such names can be joined by two underscores and taken apart again. */
function isPlain(name: string): boolean {
  return /^[A-Za-z0-9-]+(?:_[A-Za-z0-9-]+)*$/u.test(name);
}
