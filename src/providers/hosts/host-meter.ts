import type { HostView } from '../../domain/decision.ts';
import { MINUTE_MS, type Ms, type Ratio } from '../../domain/time.ts';
import { asItIs, placeKey, type Place, type PlaceOf } from './place.ts';

/** What was seen of late of a model at one host. */
export type HostSeen = Pick<HostView, 'failureRatio' | 'ttftMs' | 'outputTokensPerSecond'>;

/** How often and how fast each model at each host answers. Times are of a clock that never goes back. */
export interface HostMeter {
  began(place: Place, nowMs: Ms, ttftMs: Ms): void;
  ended(place: Place, nowMs: Ms, answer: { readonly outputTokens: number; readonly streamMs: Ms }): void;
  failed(place: Place, nowMs: Ms): void;
  seenOf(place: Place, nowMs: Ms): HostSeen;
}

/** After this long an observation counts half. */
const HALF_LIFE_MS: Ms = 2 * MINUTE_MS;
/** Calls that are believed to have gone well before any was seen: one failure alone says little. */
const GOOD_BEFORE = 2;
/** Fewer answers say nothing of a speed. */
const LEAST_ANSWERS = 5;
/** Speeds within this factor are one: noise between equals must not draw everybody to one of them. */
const BAND = 1.25;
/** A shorter answer says more of the wait before it than of its speed. */
const LEAST_OUTPUT_TOKENS = 50;
const SHARE_OF_NEW = 0.2;

interface Seen {
  atMs: Ms;
  good: number;
  bad: number;
  answerCount: number;
  ttftMs: Ms | undefined;
  perSecond: number | undefined;
}

export function createHostMeter(placeOf: PlaceOf = asItIs): HostMeter {
  const places = new Map<string, Seen>();
  const seenAt = (place: Place, nowMs: Ms): Seen => {
    const key = placeKey(placeOf(place));
    let seen = places.get(key);
    if (seen === undefined) {
      seen = { atMs: nowMs, good: 0, bad: 0, answerCount: 0, ttftMs: undefined, perSecond: undefined };
      places.set(key, seen);
    }
    const share = 0.5 ** (Math.max(0, nowMs - seen.atMs) / HALF_LIFE_MS);
    seen.good *= share;
    seen.bad *= share;
    seen.atMs = nowMs;
    return seen;
  };
  return {
    began(place, nowMs, ttftMs) {
      const seen = seenAt(place, nowMs);
      seen.good += 1;
      seen.answerCount += 1;
      seen.ttftMs = mixed(seen.ttftMs, ttftMs);
    },
    ended(place, nowMs, { outputTokens, streamMs }) {
      if (outputTokens < LEAST_OUTPUT_TOKENS || streamMs <= 0) return;
      const seen = seenAt(place, nowMs);
      seen.perSecond = mixed(seen.perSecond, (outputTokens * 1000) / streamMs);
    },
    failed(place, nowMs) {
      seenAt(place, nowMs).bad += 1;
    },
    seenOf(place, nowMs) {
      const { good, bad, answerCount, ttftMs, perSecond } = seenAt(place, nowMs);
      const isKnown = answerCount >= LEAST_ANSWERS;
      return {
        failureRatio: ratioOf(good, bad),
        ...(isKnown && ttftMs !== undefined ? { ttftMs: inBand(ttftMs) } : {}),
        ...(isKnown && perSecond !== undefined ? { outputTokensPerSecond: inBand(perSecond) } : {}),
      };
    },
  };
}

/** In whole percent, so that what has nearly been forgotten is forgotten. */
function ratioOf(good: number, bad: number): Ratio {
  return Math.round((100 * bad) / (good + bad + GOOD_BEFORE)) / 100;
}

function mixed(old: number | undefined, fresh: number): number {
  return old === undefined ? fresh : old + SHARE_OF_NEW * (fresh - old);
}

function inBand(value: number): number {
  return value <= 0 ? 0 : Math.round(BAND ** Math.round(Math.log(value) / Math.log(BAND)) * 100) / 100;
}
