/** A way to write a text so that another one stands in it; gives the text as it is where nothing is written so. */
type Decoder = (text: string) => string;

const ENTITIES: Readonly<Record<string, string>> = {
  period: '.',
  sol: '/',
  bsol: '\\',
  lowbar: '_',
  hyphen: '-',
  dash: '-',
  colon: ':',
  quot: '"',
  apos: "'",
  lt: '<',
  gt: '>',
  amp: '&',
  nbsp: ' ',
  tab: '\t',
  newline: '\n',
  comma: ',',
};
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\n', t: '\t', '/': '/', '"': '"', '\\': '\\' };

/** They take only what is written their way, so that what others would read stays. */
const DECODERS: readonly Decoder[] = [
  (text) =>
    text.replaceAll(/%(?:u([\da-f]{4})|((?:[\da-f]{2})(?:%[\da-f]{2})*))/giu, (_all, unit?: string, bytes?: string) =>
      unit === undefined ? Buffer.from((bytes ?? '').replaceAll('%', ''), 'hex').toString('utf8') : character(unit, 16),
    ),
  (text) =>
    text.replaceAll(
      /\\(?:u\{([\da-f]{1,6})\}|u([\da-f]{4})|U([\da-f]{8})|x([\da-f]{2})|([0-3]?[0-7]{1,2})|([nrt/"\\]))/gu,
      (_all, braced?: string, unit?: string, long?: string, byte?: string, octal?: string, letter?: string) =>
        letter !== undefined
          ? (ESCAPES[letter] ?? letter)
          : octal !== undefined
            ? character(octal, 8)
            : character(braced ?? unit ?? long ?? byte ?? '', 16),
    ),
  (text) =>
    text.replaceAll(
      /&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]{2,7}));/giu,
      (all, hex?: string, decimal?: string, name?: string) =>
        name === undefined
          ? character(hex ?? decimal ?? '', hex === undefined ? 10 : 16)
          : (ENTITIES[name.toLowerCase()] ?? all),
    ),
  (text) => text.replaceAll(/=\r?\n/gu, '').replaceAll(/=([\dA-F]{2})/gu, (_all, hex: string) => character(hex, 16)),
];

/** What only some program reads so: quotes joined by a shell, a line that goes on in the next, entities without their end. */
const LOOSE: readonly Decoder[] = [
  (text) => text.replaceAll(/[\\^`]\r?\n/gu, '').replaceAll(/["'`\\^]/gu, ''),
  (text) =>
    text.replaceAll(/&#(?:x([\da-f]{1,6})|(\d{1,7}))/giu, (_all, hex?: string, decimal?: string) =>
      character(hex ?? decimal ?? '', hex === undefined ? 10 : 16),
    ),
];

const MAX_ROUNDS = 6;
const MAX_DEPTH = 3;
const MAX_CHARACTERS = 16_000_000;

/**
 * The text in every way that a program could read it which takes percent signs, escapes, entities or an encoding in letters for
 * characters, one in another, and as a shell would join what is quoted. The first is the text itself. `undefined`: it
 * is longer, or written in more ways one in another, than anybody needs.
 */
export function readingsOf(text: string): readonly string[] | undefined {
  const found = new Set<string>();
  const pending: (readonly [text: string, depth: number])[] = [[text, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [one, depth] = next;
    const readings = decoded(plainText(one));
    if (readings === undefined) return undefined;
    for (const reading of readings) {
      if (found.has(reading)) continue;
      found.add(reading);
      for (const decode of LOOSE) found.add(decode(reading));
      const opaque = depth < MAX_DEPTH ? inLetters(reading) : '';
      if (opaque !== '') pending.push([opaque, depth + 1]);
    }
    if ([...found].reduce((sum, { length }) => sum + length, 0) > MAX_CHARACTERS) return undefined;
  }
  return [...found];
}

/** As the most forgiving disk reads it: width and composition do not count, nor do characters without a width. */
function plainText(text: string): string {
  return text.normalize('NFKC').replaceAll(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '');
}

function decoded(text: string): readonly string[] | undefined {
  const found = [text];
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = current;
    for (const decode of DECODERS) {
      const next = decode(current);
      if (next !== current) found.push((current = plainText(next)));
    }
    if (current === before) return found;
  }
  return undefined;
}

/** Words in base64 or hexadecimal that are text, one a line; they may stand behind a slash. */
function inLetters(text: string): string {
  const hex = [...text.matchAll(/(?:[\da-f]{2}){5,}/giu)].map(([word]) => Buffer.from(word, 'hex'));
  const words = [...text.matchAll(/[\w+/-]{8,}/gu)].flatMap(([word]) => [word, ...word.split('/').slice(1)]);
  const base64 = words.map((word) => Buffer.from(word.replaceAll('-', '+').replaceAll('_', '/'), 'base64'));
  return [...hex, ...base64]
    .map((bytes) => bytes.toString('utf8'))
    .filter((plain) => plain.length >= 5 && !/[^\P{Cc}\t\n\r]|\uFFFD/u.test(plain))
    .join('\n');
}

function character(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : '';
}
