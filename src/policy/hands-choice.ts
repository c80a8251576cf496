import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { DIRECT_HANDS, STEP_KINDS, type Hand, type HandsChoice } from '../domain/step.ts';

const FORMS = `own, ${DIRECT_HANDS.join(', ')} or acp:COMMAND`;
/** A bare name or a full path, and its arguments. */
const COMMAND = /^acp:(?:\w[\w.+@-]*|\/[!-~\u{A1}-\u{10FFFF}]+)(?: [!-~\u{A1}-\u{10FFFF}]+)*$/u;

export function isHand(text: string): text is Hand {
  return text === 'own' || DIRECT_HANDS.some((name) => name === text) || COMMAND.test(text);
}

const hand = z.custom<Hand>((value) => typeof value === 'string' && isHand(value), `must be ${FORMS}`);

/** One of them, or one per kind of step: in a policy, a configuration and a request. */
export const handsSchema: z.ZodType<HandsChoice> = z.union([hand, z.partialRecord(z.enum(STEP_KINDS), hand)], {
  error: `must be ${FORMS}, or one of these per kind of step`,
});

/**
 * One for all steps, or KIND=HAND for each; several in one text stand between commas.
 * @throws PointsmanError `request-invalid`
 */
export function parseHands(texts: readonly string[]): HandsChoice | undefined {
  const words = texts.flatMap((text) => text.split(',')).map((word) => word.trim());
  const [only] = words;
  if (only === undefined) return undefined;
  if (words.length === 1 && pairOf(only) === undefined) return toHand(only);
  return Object.fromEntries(
    words.map((word) => {
      const pair = pairOf(word);
      if (pair === undefined) throw invalid(`takes KIND=HAND for each of several; "${word}" is not that.`, KINDS);
      return [pair.kind, toHand(pair.hand)] as const;
    }),
  );
}

const KINDS = `Kinds are ${STEP_KINDS.join(', ')}.`;

function pairOf(word: string): { readonly kind: (typeof STEP_KINDS)[number]; readonly hand: string } | undefined {
  const at = word.indexOf('=');
  const kind = STEP_KINDS.find((one) => one === word.slice(0, at));
  return kind === undefined ? undefined : { kind, hand: word.slice(at + 1) };
}

function toHand(text: string): Hand {
  if (isHand(text)) return text;
  throw invalid(`takes ${FORMS}; "${text}" is none of them.`, `Or KIND=HAND, such as code=codex. ${KINDS}`);
}

function invalid(what: string, hint: string): PointsmanError {
  return new PointsmanError('request-invalid', `--hands ${what}`, { hint });
}
