/**
 * Tokens of consumer plans: their terms let nobody but the vendor's own client send them, so no door takes one.
 * Anthropic's OAuth access and refresh tokens and claude.ai session keys (terms read 2026-11-21); OpenAI's ChatGPT
 * sign-in is a JWT with a claim of its own (seen in codex 0.171.0).
 */
const ANTHROPIC = /sk-ant-(?:oat|ort|sid)\d*/iu;
const JWT = /eyJ[\w-]{10,8192}\.(eyJ[\w-]{10,16384})\.[\w-]*/u;
const BASIC = /^\s*basic\s+([\w+/=-]{8,8192})\s*$/iu;
const CHATGPT_CLAIM = '"https://api.openai.com/auth"';

/** Whether a text holds such a token: bare, behind `Bearer`, in a cookie, percent-encoded, or inside Basic credentials. */
export function holdsSubscriptionToken(text: string): boolean {
  if (ANTHROPIC.test(text) || ANTHROPIC.test(unescaped(text))) return true;
  const basic = BASIC.exec(text)?.[1];
  if (basic !== undefined && holdsSubscriptionToken(Buffer.from(basic, 'base64').toString())) return true;
  const claims = JWT.exec(text)?.[1];
  return (
    claims !== undefined && Buffer.from(claims, 'base64url').toString().replaceAll('\\/', '/').includes(CHATGPT_CLAIM)
  );
}

/** Proxies decode once each: as often as it could be done on the way. */
const MAX_ESCAPES = 4;

function unescaped(text: string): string {
  let plain = text;
  for (let times = 0; times < MAX_ESCAPES && plain.includes('%'); times += 1) {
    plain = plain.replaceAll(/%([0-9a-f]{2})/giu, (_all, hex: string) => charOf(hex));
  }
  return plain;
}

function charOf(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

export const SUBSCRIPTION_HINT = 'Use an API key of the vendor: the terms of a subscription do not allow this.';
