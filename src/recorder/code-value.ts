/** `form.password.value`, `process.env.SERVICE_KEY`, `this?.token`. */
const CHAIN = /^[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*$/u;
const MEMBER = /\./u;
/** Where programs keep what they were given: a value that starts there is not the secret but the way to it. */
const ROOTS =
  /^(?:process|os|import|self|this|req|request|form|config|options|env|settings|props|window|document|params|args|ctx|context|user|credentials|event|body|System|Deno|Bun|ENV)\??\./u;
const TYPE = /^(?:string|number|boolean|unknown|undefined|object|String|Optional|Option)$/u;
/** A variable of a shell: `$TOKEN`. */
const VARIABLE = /^(?:(?:Basic|Bearer|Digest|Token)\s+)?\$[A-Za-z_]\w*$/iu;
const SCHEME_IN_TEMPLATE = /^`(?:Basic|Bearer|Digest|Token)$/iu;

/**
 * The part of a field's value that plainly is code and no secret, such as `form.password.value` in
 * `password = form.password.value;`; `undefined`: it may be a secret. In doubt it is one. Pure.
 *
 * @param named groups of a match of the redaction pattern
 * @param after what follows the match
 */
export function codeIn(named: Readonly<Record<string, string | undefined>>, after: string): string | undefined {
  const { lead, field } = named;
  if (lead === undefined || field === undefined) return undefined;
  const value = field.split(';')[0] ?? '';
  const next = value.length < field.length ? ';' : after;
  if (VARIABLE.test(value)) return value;
  if (/["']$/u.test(lead)) return undefined;
  const isCode =
    (SCHEME_IN_TEMPLATE.test(value) && next.startsWith(' ${')) ||
    (CHAIN.test(value) && (next.startsWith('(') || ROOTS.test(value) || TYPE.test(value))) ||
    (CHAIN.test(value) && MEMBER.test(value) && lead.endsWith(' ') && /^[;,)}]/u.test(next));
  return isCode ? value : undefined;
}
