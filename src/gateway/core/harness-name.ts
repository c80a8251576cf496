/** Products that clients name in their user agent, and what logs call these clients. Seen in recorded calls, 2026-11. */
const PRODUCTS: readonly (readonly [RegExp, string])[] = [
  [/^claude-(?:cli|code)\b/iu, 'claude-code'],
  [/^codex/iu, 'codex'],
  [/^opencode\b/iu, 'opencode'],
  [/^qwen-?code\b/iu, 'qwen'],
  [/^gemini-?cli\b/iu, 'gemini'],
  [/^pi\b|^pi-coding-agent\b/iu, 'pi'],
  [/^copilot\b|^github-?copilot/iu, 'copilot'],
  [/^cline\b/iu, 'cline'],
  [/^continue\b/iu, 'continue'],
];

const NAMES: ReadonlySet<string> = new Set(PRODUCTS.map(([, name]) => name));

/** A client as figures are told apart by it: anybody may call themselves anything, and each would be a series of its own. */
export function harnessLabel(harness: string | undefined): string | undefined {
  return harness === undefined || NAMES.has(harness) ? harness : 'other';
}

/** Which client made a call, by its user agent: a name as logs use it, else the first product as it stands; `undefined`: it names none. */
export function harnessNameOf(userAgent: string | undefined): string | undefined {
  const product = /^[\w.@-]{1,40}/u.exec(userAgent ?? '')?.[0];
  if (product === undefined) return undefined;
  return PRODUCTS.find(([shape]) => shape.test(product))?.[1] ?? product;
}
