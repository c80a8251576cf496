import { insideJson } from '../domain/json.ts';
/** Takes known secrets out of a text. */
export type Scrub = (text: string) => string;

const MARK = '[secret]';
/** Shorter values stand in ordinary text by chance. */
const MIN_LENGTH = 6;

/**
 * By value, in the forms that a program repeats what it was given: as it is, inside JSON (and JSON inside JSON), in an address, in base64. Whatever
 * the secret looks like: no pattern is asked.
 */
export function createScrub(secrets: Iterable<string>): Scrub {
  const forms = [...secrets].flatMap(secretForms);
  const all = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => all.reduce((left, form) => (left.includes(form) ? left.replaceAll(form, MARK) : left), text);
}

/** The forms in which a secret may stand somewhere; none of a text too short to be one. */
export function secretForms(secret: string): readonly string[] {
  if (secret.length < MIN_LENGTH) return [];
  const bytes = Buffer.from(secret, 'utf8');
  return [
    secret,
    insideJson(secret),
    insideJson(insideJson(secret)),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    ...base64Forms(bytes),
  ].filter((form) => form.length >= MIN_LENGTH);
}

/** What of a secret does not depend on what stands before or after it, at each of the three places it may begin. */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = padded.toString('base64').replace(/=+$/u, '');
    const first = before === 0 ? 0 : before + 1;
    const end = padded.length % 3 === 0 ? whole.length : whole.length - 1;
    const core = whole.slice(first, end);
    return core.length < 8 ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
