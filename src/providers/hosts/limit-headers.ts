import { DAY_MS, SECOND_MS, type At, type Ms } from '../../domain/time.ts';

/** One limit of a key as its vendor states it: of requests or of tokens, in whatever span. */
export interface StatedLimit {
  /** `undefined`: not said. */
  readonly limit: number | undefined;
  readonly remaining: number;
  /** Until the limit is whole again. `undefined`: not said. */
  readonly resetMs: Ms | undefined;
}

type StatedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * How vendors name what is left, read 2026-11: Anthropic "Rate limits" (`anthropic-ratelimit-requests-remaining`, resets as dates);
 * OpenAI, Azure OpenAI, Groq, xAI "Rate limits in headers" (`x-ratelimit-remaining-requests`, resets as `1m30s`); Together and
 * OpenRouter (`x-ratelimit-remaining`, resets in seconds or as epoch milliseconds); the IETF draft (`ratelimit-remaining`). Gemini
 * and Bedrock state none; there the refusal itself is all there is.
 */
const FORMS: readonly RegExp[] = [
  /^(anthropic-ratelimit-[a-z-]+)-(limit|remaining|reset)$/u,
  /^(x-ratelimit)-(limit|remaining|reset)(-[a-z-]+)?$/u,
  /^(ratelimit)-(limit|remaining|reset)$/u,
];

/** What an answer says of its key's limits. What cannot be read is left out; a limit without a number of what remains says nothing. */
export function statedLimits(headers: StatedHeaders, now: At): readonly StatedLimit[] {
  const found = new Map<string, Partial<Record<string, string>>>();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !name.includes('ratelimit')) continue;
    const match = FORMS.map((form) => form.exec(name)).find((one) => one !== null);
    if (match === undefined || match === null) continue;
    const group = `${match[1] ?? ''}${match[3] ?? ''}`;
    found.set(group, { ...found.get(group), [match[2] ?? '']: value });
  }
  return [...found.values()].flatMap(({ limit, remaining, reset }) => {
    const left = numberOf(remaining);
    if (left === undefined) return [];
    const resetMs = resetMsOf(reset, now);
    const isCredible = resetMs !== undefined && resetMs <= LONGEST_RESET_MS;
    return [{ limit: numberOf(limit), remaining: left, resetMs: isCredible ? resetMs : undefined }];
  });
}

/** No vendor has limits of more than a month; whoever states a longer one states nonsense. */
const LONGEST_RESET_MS: Ms = 31 * DAY_MS;

function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

const PIECE = /(\d+(?:\.\d+)?)(ms|s|m|h)/gu;
const UNIT_MS: Readonly<Record<string, Ms>> = { ms: 1, s: SECOND_MS, m: 60 * SECOND_MS, h: 3600 * SECOND_MS };
/** Larger numbers are moments, in seconds or milliseconds since 1970, and no spans. */
const FIRST_MOMENT = 1e9;

/** A reset as vendors write it: a date, `1m30s`, seconds, or a moment since 1970. */
function resetMsOf(text: string | undefined, now: At): Ms | undefined {
  if (text === undefined) return undefined;
  const value = numberOf(text);
  if (value !== undefined) {
    if (value < FIRST_MOMENT) return value * SECOND_MS;
    return Math.max(0, (value < FIRST_MOMENT * 100 ? value * SECOND_MS : value) - now);
  }
  const pieces = [...text.matchAll(PIECE)];
  if (pieces.length > 0 && text.replaceAll(PIECE, '').trim() === '') {
    return pieces.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0);
  }
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
