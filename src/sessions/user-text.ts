import type { UserMessageTrace } from './session-trace.ts';

export const STEP_TEXT_CHARS = 4000;

/** Shapes of credentials. Order matters: the more specific first. */
const SECRET_SHAPES: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu,
  /\bsk-(?:ant-|proj-|or-)?[\w-]{16,}/gu,
  /\b(?:ghp|gho|ghu|ghs|ghr|glpat|xox[abeprs]|npm|hf|pypi|dckr_pat)[_-][\w-]{16,}/gu,
  /\bgithub_pat_\w{20,}/gu,
  /\bAKIA[0-9A-Z]{16}\b/gu,
  /\bAIza[\w-]{30,}/gu,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}/gu,
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{16,}/gu,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/giu,
  /\b(?:api[_-]?key|secret|token|passw(?:or)?d|access[_-]?key|client[_-]?secret)\b["']?\s*[:=]\s*["']?[^\s"',;]{8,}/giu,
];

/** Replaces what looks like a credential by `[masked]`. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const shape of SECRET_SHAPES) masked = masked.replaceAll(shape, '[masked]');
  return masked;
}

/** A person's words as a trace keeps them: masked, then cut. Looks a little past the cut so that no half key survives. */
export function keepText(text: string): string {
  return maskSecrets(text.slice(0, STEP_TEXT_CHARS + 512)).slice(0, STEP_TEXT_CHARS);
}

const REVERTS = /\b(?:revert|undo|roll ?back|put (?:it|that) back|git (?:reset|restore|checkout --))\b/iu;
const SAYS_WRONG =
  /^\s*(?:no\b|nope\b|wrong\b|stop\b|wait\b|that(?:'s| is) (?:not|wrong)|this (?:is|was) (?:not|wrong)|not what|you (?:broke|missed|forgot|didn'?t|did not|should(?:n'?t| not)? have))|\b(?:does(?:n'?t| not) work|still (?:broken|fails?|failing|wrong|not)|is broken|why did you|i (?:said|told you|asked)|don'?t do that|you were supposed)\b/iu;
const ASKS_AGAIN = /^\s*(?:again|try again|retry|once more|redo)\b/iu;

/** Whether a person's message corrects earlier work, by its first 400 characters. A rule, not a judgement. */
export function readCorrection(text: string): UserMessageTrace['correction'] {
  const head = text.slice(0, 400);
  if (REVERTS.test(head)) return 'reverts';
  if (SAYS_WRONG.test(head)) return 'says-wrong';
  return ASKS_AGAIN.test(head) ? 'asks-again' : undefined;
}
