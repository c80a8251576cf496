import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createScrub } from './scrub.ts';
import { forTerminal, shown, shownDeep, shownLine, shownLines } from './shown.ts';

/** Ways in which a text steers a terminal, turns it around or forges a line. */
const STEERING = [
  '\u001B[2J',
  '\u001B]0;title\u0007',
  '\u009B31m',
  '\u202E',
  '\u2066',
  '\u200F',
  '\r',
  '\b',
  '\u2028',
  '\u007F',
  '\u001Bc',
  '\u001B]8;;https://evil.test\u001B\\',
];
const foreign = fc
  .array(fc.oneof(fc.constantFrom(...STEERING), fc.string({ unit: 'grapheme' })))
  .map((parts) => parts.join(''));
// oxlint-disable-next-line no-control-regex -- what is looked for
const ACTS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\u2028\u2029]/u;

test('nothing of foreign text acts on a terminal', () => {
  fc.assert(
    fc.property(foreign, (text) => {
      expect(shown(text)).not.toMatch(/[\n\t]/u);
      for (const safe of [shown(text), shownLines(text), shownLine(text), JSON.stringify(shownDeep({ a: [text] }))]) {
        expect(safe).not.toMatch(ACTS);
      }
      expect(forTerminal(text.replaceAll('\u001B[', '')).replaceAll('\r', '')).not.toMatch(ACTS);
    }),
  );
});

test('our own colours and lines pass to a terminal, other sequences do not', () => {
  expect(forTerminal('\u001B[1mbold\u001B[22m\n\tx\u001B[2J\u001B[38;5;1mx')).toBe(
    '\u001B[1mbold\u001B[22m\n\tx�[2J�[38;5;1mx',
  );
});

test('a known secret is taken out in every form in which it is repeated, whatever it looks like', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 6, maxLength: 60 }),
      fc.string({ maxLength: 9 }),
      fc.string({ maxLength: 9 }),
      (secret, before, after) => {
        fc.pre(secret.trim().length >= 6 && !'[secret]'.includes(secret));
        const scrub = createScrub([secret]);
        for (const form of [
          secret,
          JSON.stringify(secret).slice(1, -1),
          encodeURIComponent(secret),
          Buffer.from(secret).toString('hex'),
        ]) {
          expect(scrub(`${before}${form}${after}`)).not.toContain(form);
        }
        const packed = Buffer.from(`${before}${secret}${after}`).toString('base64');
        if (secret.length >= 12) expect(scrub(packed)).not.toBe(packed);
      },
    ),
  );
  expect(createScrub(['short', ''])('a short text')).toBe('a short text');
});
