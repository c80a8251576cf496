import { insideJson } from '../domain/json.ts';
import { VENDOR_KEYS } from '../domain/secret/vendor-keys.ts';

/** No letter or digit before it, except that of a line end or a tab as it stands inside JSON. */
const start = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))`;

/**
 * What secrets look like. One alternation, so that a text is read once; each arm has a name that becomes its tag.
 * Key shapes are the prefixes that the vendors print in their own consoles and documentation (read 2026-11-21).
 */
const anywhere: Readonly<Record<string, string>> = {
  privatekey: String.raw`-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)`,
  anthropickey: String.raw`sk-ant-[A-Za-z0-9_-]{8,}`,
  urlcredentials: String.raw`(?<=:\/\/)[^\s:@/"'\\]{0,200}:[^\s@/"'\\]{1,400}(?=@)`,
};

/** The same, of those that begin at a `start`, which is looked for once for all of them. */
const begun: Readonly<Record<string, string>> = {
  skkey: String.raw`sk[-_][A-Za-z0-9_-]{16,}`,
  googlekey: String.raw`AIza[A-Za-z0-9_-]{30,}`,
  githubtoken: String.raw`(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})`,
  gitlabtoken: String.raw`glpat-[A-Za-z0-9_-]{16,}`,
  npmtoken: String.raw`npm_[A-Za-z0-9]{30,}`,
  huggingfacetoken: String.raw`hf_[A-Za-z0-9]{20,}`,
  slacktoken: String.raw`xox[a-z]-[A-Za-z0-9-]{10,}`,
  awskey: String.raw`(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
  vendorkey: VENDOR_KEYS,
  jwt: String.raw`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`,
  bearer: String.raw`(?<scheme>[Bb]earer\s+)[A-Za-z0-9._~+/=-]{8,}`,
};

/** Names whose value is a secret wherever it stands: a header line, JSON inside a string, a shell assignment. */
const leads = [
  String.raw`(?:[Pp]roxy-)?[Aa]uthorization`,
  String.raw`[Xx]-(?:[Gg]oog-)?[Aa]pi-[Kk]ey`,
  String.raw`(?:[Ss]et-)?[Cc]ookie`,
  String.raw`[Aa]pi[-_]?[Kk]ey`,
  String.raw`(?:access|refresh|id|session)_?[Tt]oken`,
  String.raw`client_?[Ss]ecret`,
  String.raw`[Ss]ecret_?[Aa]ccess_?[Kk]ey`,
  String.raw`[Pp]assword`,
  String.raw`[A-Z][A-Z0-9_]{0,60}(?:API_KEY|SECRET|TOKEN|PASSWORD|ACCESS_KEY)`,
];
/** After the name: a colon or an equals sign, with quotes that may themselves be escaped. */
const separator = String.raw`(?:\\*["'])?\s{0,4}[:=]\s{0,4}(?:\\*["'])?`;
/** An optional scheme word, then the credential; a cookie runs to the end of its line or string. */
const fieldValue = String.raw`(?:(?:[Bb]asic|[Bb]earer|[Dd]igest|[Tt]oken)\s+)?(?:\[redacted:[a-z]+\]|[^\s"'\\,;&(){}<>]{6,})(?:;[^\r\n"'\\]{0,4000})?`;
const field = String.raw`(?<lead>(?:${leads.join('|')})${separator})(?<field>${fieldValue})`;

/** Field names, lower case and without separators, under which every string is a secret. */
export const sensitiveFields: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'xapikey',
  'apikey',
  'xgoogapikey',
  'cookie',
  'setcookie',
  'password',
  'passwd',
  'secret',
  'token',
  'clientsecret',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authtoken',
  'bearertoken',
  'privatekey',
  'secretkey',
  'secretaccesskey',
  'sessiontoken',
]);

/** The whole pattern, with the secrets known by value (also as they look inside a url, in JSON and in JSON inside JSON) as its first arm. */
export function redactionPattern(secrets: readonly string[]): RegExp {
  const known = [
    ...new Set(
      secrets
        .map((secret) => secret.toWellFormed())
        .flatMap((secret) => [secret, encodeURIComponent(secret), insideJson(secret), insideJson(insideJson(secret))]),
    ),
  ]
    .sort((a, b) => b.length - a.length)
    .map((secret) => secret.replaceAll(/[.*+?^${}()|[\]\\/-]/gu, String.raw`\$&`));
  const knownArm = known.length === 0 ? [] : [`(?<secret>${known.join('|')})`];
  const begin = `${start}(?:${[...namedArms(begun), field].join('|')})`;
  return new RegExp([...knownArm, ...namedArms(anywhere), begin].join('|'), 'g');
}

function namedArms(arms: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(arms).map(([name, source]) => `(?<${name}>${source})`);
}

const tags = ['secret', ...Object.keys(anywhere), ...Object.keys(begun), 'field'];

/** Which arm matched. */
export function tagOf(groups: Readonly<Record<string, string | undefined>>): string {
  return tags.find((tag) => groups[tag] !== undefined) ?? 'secret';
}
