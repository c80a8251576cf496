/**
 * Tokens of consumer plans: their terms let nobody but the vendor's own client send them, so no door takes one.
 * Anthropic's OAuth access and refresh tokens and claude.ai session keys (terms read 2026-11-21); OpenAI's ChatGPT
 * sign-in is a JWT with a claim of its own (seen in codex 0.171.0).
 */
const ANTHROPIC = /sk-ant-(?:oat|ort|sid)\d*/iu;
const JWT = /eyJ[\w-]{10,8192}\.(eyJ[\w-]{10,16384})\.[\w-]*/u;
/** Something packed in base64, of either alphabet, or in hex. */
const PACKED = /[\w+/-]{16,16384}/gu;
const HEX = /^(?:[0-9a-f]{2})+$/iu;
const CHATGPT_CLAIM = '"https://api.openai.com/auth"';

/** Whether a text holds such a token: bare, behind `Bearer`, in a cookie, percent-encoded, or packed in base64 or hex. */
export function holdsSubscriptionToken(text: string): boolean {
  return holdsToken(text, MAX_ESCAPES);
}

function holdsToken(text: string, depth: number): boolean {
  const plain = unescaped(text);
  if (ANTHROPIC.test(plain) || isOfChatgpt(plain)) return true;
  return (
    depth > 0 &&
    (plain.match(PACKED) ?? []).some((packed) => unpacked(packed).some((one) => holdsToken(one, depth - 1)))
  );
}

function isOfChatgpt(text: string): boolean {
  const claims = JWT.exec(text)?.[1];
  return (
    claims !== undefined && Buffer.from(claims, 'base64url').toString().replaceAll('\\/', '/').includes(CHATGPT_CLAIM)
  );
}

function unpacked(packed: string): readonly string[] {
  const encodings = HEX.test(packed) ? (['base64', 'hex'] as const) : (['base64'] as const);
  // What was no text decodes to marks that no token has, and is not unpacked again.
  return encodings
    .map((encoding) => Buffer.from(packed, encoding).toString())
    .map((one) => one.replaceAll(/[^\t\n\r\u0020-\u007E]+/gu, '\uFFFD'));
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
