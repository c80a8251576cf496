import type { SessionView } from '../domain/decision.ts';
import type { PredictorArtifact } from './artifact.ts';
import { HASHED_VERSION, hashedVector } from './hashed-embedder.ts';
import { openHead } from './linear-head.ts';

export type Risk = SessionView['risk'];

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

/**
 * What a person's words carry that routing must be careful with: secrets and personal data by their form, jailbreaks by
 * phrase or by the trained head. The first that holds, gravest first. Linear in the part that is looked at; never throws. Pure.
 */
export function createRiskReader(artifact: PredictorArtifact): (text: string) => Risk {
  const head = artifact.heads[HASHED_VERSION]?.risk;
  const classify = head === undefined ? undefined : openHead(head);
  return (text) => {
    const cut =
      text.length <= LOOKED_AT_CHARS ? text : text.slice(0, LOOKED_AT_CHARS / 2) + text.slice(-LOOKED_AT_CHARS / 2);
    if (SECRET.test(cut)) return 'secrets';
    if (INJECTION.test(cut)) return 'jailbreak';
    if (IBAN.test(cut) || SOCIAL_SECURITY.test(cut) || (cut.match(CARD_LIKE) ?? []).some(passesLuhn))
      return 'personal-data';
    const probabilities = classify?.(hashedVector(cut)) ?? [];
    const likely = head?.classes.find((_, index) => (probabilities[index] ?? 0) >= SURE_RATIO);
    return likely === 'jailbreak' || likely === 'personal-data' ? likely : 'none';
  };
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
