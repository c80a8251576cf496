import { type At, DAY_MS } from '../../domain/time.ts';

/** Something that was said of a cell of beliefs, with who said it. */
export interface Saying {
  /** Which belief it would move. */
  readonly cell: string;
  readonly principal: string;
  readonly at: At;
  /** 0..1, before age and bounds. */
  readonly weight: number;
}

/** What checks said, and what was inferred from them, counts as said by the records themselves. */
export const RECORDS = 'records';

/** A principal's name as nobody can take that of the records. */
export function saidBy(principal: string): string {
  return `by ${principal}`;
}

/**
 * What one principal may weigh in a cell, in observations, and all principals but the records together. However often
 * somebody reports, a belief worth ten observations before keeps at least a third, and a fifth against any crowd.
 */
const COUNT_CAPS: SayingCaps = { principal: 20, crowd: 40, records: 60 };
/**
 * Of abilities more may be said: one report moves them little where reports are often wrong, and how far all of them together move a
 * model is bounded in its own right.
 */
const ABILITY_CAPS: SayingCaps = { principal: 60, crowd: 120, records: 120 };

interface SayingCaps {
  readonly principal: number;
  readonly crowd: number;
  readonly records: number;
}

/** Models change behind their names: after this long an observation counts half. */
const HALF_LIFE_DAYS = 30;

/** Weight of each saying after its age and bounds. Pure. */
export function boundedWeights(sayings: readonly Saying[], now: At): readonly number[] {
  return capped(
    sayings,
    sayings.map((saying) => saying.weight * ageFactor(saying.at, now)),
    COUNT_CAPS,
  );
}

/** Weight of each saying after its bounds as they stand now; whoever uses it forgets by itself. Pure. */
export function abilityWeights(sayings: readonly Saying[], now: At): readonly number[] {
  const ages = sayings.map(({ at }) => ageFactor(at, now));
  const aged = sayings.map(({ weight }, index) => weight * (ages[index] ?? 0));
  return capped(sayings, aged, ABILITY_CAPS).map((weight, index) => weight / (ages[index] ?? 1));
}

/** Weights scaled down where a principal, the records or the crowd says more of a cell than it may. Pure. */
export function cappedWeights(sayings: readonly Unaged[]): readonly number[] {
  return capped(
    sayings,
    sayings.map((saying) => saying.weight),
    COUNT_CAPS,
  );
}

type Unaged = Omit<Saying, 'at'>;
/** Who says what of a cell; the weight stands beside it. */
type Said = Pick<Saying, 'cell' | 'principal'>;

function capped(sayings: readonly Said[], weights: readonly number[], caps: SayingCaps): readonly number[] {
  const own = scaled(sayings, weights, {
    keyOf: ({ cell, principal }) => `${principal.length} ${principal}${cell}`,
    capOf: ({ principal }) => (principal === RECORDS ? caps.records : caps.principal),
  });
  return scaled(sayings, own, {
    keyOf: ({ cell, principal }) => (principal === RECORDS ? `r${cell}` : `c${cell}`),
    capOf: ({ principal }) => (principal === RECORDS ? caps.records : caps.crowd),
  });
}

/** Everything under one key shrinks alike, so that what a principal says keeps its proportions. */
function scaled(
  sayings: readonly Said[],
  weights: readonly number[],
  rule: { readonly keyOf: (saying: Said) => string; readonly capOf: (saying: Said) => number },
): readonly number[] {
  const sums = new Map<string, number>();
  const keys = sayings.map(rule.keyOf);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    sums.set(key, (sums.get(key) ?? 0) + (weights[index] ?? 0));
  }
  return sayings.map((saying, index) => {
    const sum = sums.get(keys[index] ?? '') ?? 0;
    return (weights[index] ?? 0) * Math.min(1, sum === 0 ? 1 : rule.capOf(saying) / sum);
  });
}

/** By whole days, so that beliefs stay the same bytes from one decision to the next. */
function ageFactor(at: At, now: At): number {
  const days = Math.max(0, Math.floor(now / DAY_MS) - Math.floor(at / DAY_MS));
  return 2 ** (-days / HALF_LIFE_DAYS);
}
