import type { SessionView } from '../domain/decision.ts';
import { JAILBREAK_PHRASES, personalDataIn } from './text/risk-phrases.ts';
import { holdsAccount, holdsCard, holdsSecret } from './text/secret-forms.ts';

type SessionRisk = SessionView['risk'];

const LOOKED_AT_CHARS = 8000;

const SOCIAL_SECURITY = /(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/u;

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
  if (holdsSecret(cut)) return { risk: 'secrets', riskWhy: 'The words have the form of a key or password.' };
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
  if (holdsAccount(text)) return 'a bank account with right check digits';
  if (SOCIAL_SECURITY.test(text)) return 'an identity number';
  return holdsCard(text) ? 'a payment card with a right check digit' : undefined;
}
