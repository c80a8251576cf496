import type { SessionView } from '../domain/decision.ts';
import type { PredictorArtifact } from './artifact.ts';
import { HASHED_VERSION, hashedVector } from './embedding/hashed-embedder.ts';
import { openHead } from './linear-head.ts';

type SessionRisk = SessionView['risk'];

/** The classifier must be surer than this: it may only move a step up or into a lane, but it does so for every session. */
const SURE_RATIO = 0.6;
const LOOKED_AT_CHARS = 8000;

const SECRET =
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9_-]{20,}|\bxox[abp]-[A-Za-z0-9-]{20,}|\bAIza[0-9A-Za-z_-]{30,}|\b(?:password|passwd|secret|api[_-]?key|token)\b\s{0,3}[:=]\s{0,3}["'][^"'\s]{8,200}["']/iu;
const INJECTION =
  /\b(?:ignore|disregard|forget) (?:all |any |your )?(?:previous|prior|above|earlier|the) (?:instructions|rules|prompts?)\b|\bdo anything now\b|\bdeveloper mode enabled\b|\bwithout any (?:restrictions|filters|guidelines)\b/iu;
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
 * What a person's words carry that routing must be careful with: secrets and personal data by their form, jailbreaks by
 * phrase or by the trained head. The first that holds, gravest first. Linear in the part that is looked at; never throws. Pure.
 */
export function createRiskReader(artifact: PredictorArtifact): RiskReader {
  const head = artifact.heads[HASHED_VERSION]?.risk;
  const classify = head === undefined ? undefined : openHead(head);
  return (text) => {
    const cut =
      text.length <= LOOKED_AT_CHARS ? text : text.slice(0, LOOKED_AT_CHARS / 2) + text.slice(-LOOKED_AT_CHARS / 2);
    const byForm = formOf(cut);
    if (byForm !== undefined || classify === undefined || cut.trim() === '') return byForm ?? NO_RISK;
    const probabilities = classify(hashedVector(cut));
    const at = head?.classes.findIndex((_, index) => (probabilities[index] ?? 0) >= SURE_RATIO) ?? -1;
    const likely = head?.classes[at];
    if (likely !== 'jailbreak' && likely !== 'personal-data') return NO_RISK;
    const sureness = Math.round(100 * (probabilities[at] ?? 0));
    return { risk: likely, riskWhy: `The trained classifier is ${sureness} % sure.` };
  };
}

/** The graver of two readings: what a session has carried it goes on to carry. */
export function graverRisk(one: RiskReading, other: RiskReading): RiskReading {
  return GRAVITY.indexOf(other.risk) < GRAVITY.indexOf(one.risk) ? other : one;
}

function formOf(text: string): RiskReading | undefined {
  if (SECRET.test(text)) return { risk: 'secrets', riskWhy: 'The words have the form of a key or password.' };
  if (INJECTION.test(text)) return { risk: 'jailbreak', riskWhy: 'A phrase asks to set rules aside.' };
  if (IBAN.test(text)) return { risk: 'personal-data', riskWhy: 'A number has the form of a bank account.' };
  if (SOCIAL_SECURITY.test(text)) return { risk: 'personal-data', riskWhy: 'A number has the form of an identity.' };
  if ((text.match(CARD_LIKE) ?? []).some(passesLuhn))
    return { risk: 'personal-data', riskWhy: 'A number passes the check of payment cards.' };
  return undefined;
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
