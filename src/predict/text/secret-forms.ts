import { VENDOR_KEYS } from '../../domain/secret/vendor-keys.ts';

/** Keys and tokens by the prefixes that vendors give them, and credentials by where they stand. */
const KEYS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/u,
  /\bA(?:KIA|SIA)[0-9A-Z]{16}\b/u,
  /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{30,})/u,
  new RegExp(`(?<![A-Za-z0-9])(?:${VENDOR_KEYS})`, 'u'),
  // Without a digit it is a class name or a package.
  /(?<![\w-])sk[-_](?=[A-Za-z_-]{0,80}\d)[\w-]{20,}/u,
  /\bxox[abp]-[A-Za-z0-9-]{20,}|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/u,
  /\bBearer (?=[\w.~+/=-]{0,80}\d)[\w.~+/=-]{20,}/u,
  /:\/\/[^\s:@/"']{1,80}:(?![${<%])[^\s@/"'$<{]{6,200}@/u,
];

const NAME = String.raw`(?:password|passwd|secret|api[_-]?key|access[_-]?key|token)`;
/** A name, perhaps part of a longer one or quoted, and a quoted value with a digit in it: a label or a rule of a field has none. */
const QUOTED = new RegExp(
  String.raw`(?:\b|_)${NAME}\b["']?\s{0,3}[:=]\s{0,3}(["'])(?![$<%{])(?=[^"'\s]{0,200}?\d)[^"'\s]{8,200}\1`,
  'iu',
);
/** A line of an environment: nothing between the name, the sign and the value. */
const ASSIGNED =
  /\b[A-Z0-9_]{0,60}(?:API_KEY|ACCESS_KEY|SECRET|TOKEN|PASSWORD)=(?![$<%{"'])(?=[^\s"'(]{0,200}?\d)[^\s"'$<({]{8,200}(?![^\s"'])/u;

/** Whether some words hold a key or password by its form. Linear; pure. */
export function holdsSecret(text: string): boolean {
  return KEYS.some((key) => key.test(text)) || QUOTED.test(text) || ASSIGNED.test(text);
}

const IBAN_LIKE = /\b[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}\b|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?\b)/gu;
/** Beginnings that payment networks have: other numbers (ids, times in milliseconds) pass the check digit one time in ten. */
const CARD_LIKE = /(?<![\w.])(?:3[0456789]|4\d|5[1-5]|2[2-7]|6[02-9])(?:[ -]?\d){11,17}(?![\w])/gu;

/** Whether a bank account stands in some words, its check digits right. Pure. */
export function holdsAccount(text: string): boolean {
  return (text.match(IBAN_LIKE) ?? []).some((found) => {
    const groups = found.split(' ');
    // Words in capitals that stand behind an account look like more of it.
    return groups.some((_, left) => isIban(groups.slice(0, groups.length - left).join('')));
  });
}

/** Whether a number of a payment card stands in some words, its check digit right. Pure. */
export function holdsCard(text: string): boolean {
  return (text.match(CARD_LIKE) ?? []).some(passesLuhn);
}

function isIban(account: string): boolean {
  if (account.length < 15 || account.length > 34) return false;
  let rest = 0;
  for (const sign of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

function passesLuhn(number: string): boolean {
  const digits = number.replace(/\D/gu, '');
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
