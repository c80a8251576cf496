import type { SessionView } from '../domain/decision.ts';
import { JAILBREAK_PHRASES, personalDataIn } from './text/risk-phrases.ts';

type SessionRisk = SessionView['risk'];

const LOOKED_AT_CHARS = 8000;

const SECRET =
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9_-]{20,}|\bxox[abp]-[A-Za-z0-9-]{20,}|\bAIza[0-9A-Za-z_-]{30,}|\b(?:password|passwd|secret|api[_-]?key|token)\b\s{0,3}[:=]\s{0,3}["'][^"'\s]{8,200}["']/iu;
const IBAN = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b/u;
const SOCIAL_SECURITY = /\b\d{3}-\d{2}-\d{4}\b/u;
const CARD_LIKE = /\b\d(?:[ -]?\d){12,18}\b/gu;

/** What was read, and by what: a sentence without a word of the text. */
export interface RiskReading {
  readonly risk: SessionRisk;
  /** Absent with `none`. */
  readonly riskWhy?: string;
}

export type RiskReader = (text: string) => RiskReading;

export const NO_RISK: RiskReading = { risk: 'none' };

/** Gravest first. */
const GRAVITY: readonly SessionRisk[] = ['secrets', 'jailbreak', 'personal-data', 'none'];

/**
 * What a person's words carry that routing must be careful with: secrets and personal data by their form, jailbreaks by what
 * they ask to be set aside, in sixteen languages. The first that holds, gravest first. It is advice: what has no such form (a
 * name and an illness, a story that hides its question) is not seen. Linear in the part that is looked at; never throws. Pure.
 */
export const readRisk: RiskReader = (text) => {
  const cut =
    text.length <= LOOKED_AT_CHARS ? text : text.slice(0, LOOKED_AT_CHARS / 2) + text.slice(-LOOKED_AT_CHARS / 2);
  if (SECRET.test(cut)) return { risk: 'secrets', riskWhy: 'The words have the form of a key or password.' };
  if (JAILBREAK_PHRASES.some((phrase) => phrase.test(cut)))
    return { risk: 'jailbreak', riskWhy: 'A phrase asks to set rules aside.' };
  const personal = accountIn(cut) ?? personalDataIn(cut);
  return personal === undefined
    ? NO_RISK
    : { risk: 'personal-data', riskWhy: `The words have the form of ${personal}.` };
};

/** The graver of two readings: what a session has carried it goes on to carry. */
export function graverRisk(one: RiskReading, other: RiskReading): RiskReading {
  return GRAVITY.indexOf(other.risk) < GRAVITY.indexOf(one.risk) ? other : one;
}

/** What number with check digits or a fixed form some words hold. */
function accountIn(text: string): string | undefined {
  if (IBAN.test(text)) return 'a bank account';
  if (SOCIAL_SECURITY.test(text)) return 'an identity number';
  return (text.match(CARD_LIKE) ?? []).some(passesLuhn) ? 'a payment card with a right check digit' : undefined;
}

/** Check digit of payment cards, so that ids and hashes of digits are not taken for them. */
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
