import type { StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { meanBelowZeroPValue } from '../../stats/betting-test.ts';
import { mean } from '../../stats/mean.ts';
import { hashBucket } from '../../stats/seeded-random.ts';

/** A task with a known outcome under every notch of the dial, and with the model that is always asked where nobody thinks of the bill. */
export interface JudgedRow {
  readonly id: string;
  readonly kind: StepKind;
  readonly reference: RowOutcome;
  /** Notch 0 (most capable) to 10 (cheapest). */
  readonly notches: readonly RowOutcome[];
}

export interface RowOutcome {
  readonly score: Ratio;
  /** USD. `undefined`: not known. */
  readonly costUsd: number | undefined;
}

/** What is promised: success of at least 1 − `worseByRatio` of the reference's, and wrongly so in no more than 1 − `confidenceRatio` of cases. */
export interface ThriftPromise {
  readonly worseByRatio: Ratio;
  readonly confidenceRatio: Ratio;
}

/** What held-out rows of a kind allow to promise. */
export interface ThriftCertificate {
  readonly kind: StepKind | 'all';
  readonly rowCount: number;
  /** The thriftiest notch for which the promise holds. `undefined`: for none. */
  readonly notch: number | undefined;
  /** Rows that it would take if no outcome ever differed; fewer, and nothing can be promised. */
  readonly leastRowCount: number;
  readonly referenceSuccessRatio: Ratio;
  /** Measured on these rows, notch 0 to 10. */
  readonly notches: readonly {
    readonly successRatio: Ratio;
    /** USD a row. `undefined`: of too few rows both costs are known. */
    readonly costUsd: number | undefined;
    /** What the reference costs on the same rows, USD a row. */
    readonly referenceCostUsd: number | undefined;
    /** Chance of rows like these, or better ones, were the promise not true. */
    readonly pValue: Ratio;
  }[];
}

/** Costs known of fewer rows than this share say nothing of the bill. */
const LEAST_COST_COVERAGE: Ratio = 0.5;

/**
 * The thriftiest notch of the dial that is provably no more than `worseByRatio` worse than always asking the reference, for each kind and
 * over all rows. Notches are tested one after the other from the most capable on, and the first that fails ends the row: so the chance that
 * a promise is wrong stays below 1 − `confidenceRatio` although eleven are tested (fixed-sequence Learn-then-Test).
 *
 * Source: Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then Test: calibrating predictive algorithms to achieve risk control", 2021.
 * @param rows independent of what the decisions were learned from
 */
export function certifyThrift(rows: readonly JudgedRow[], promise: ThriftPromise): readonly ThriftCertificate[] {
  // In an order that nobody chose: a run of one repository's rows would look like evidence.
  const ordered = [...rows].sort(
    (a, b) => hashBucket(a.id, 'order') - hashBucket(b.id, 'order') || (a.id < b.id ? -1 : 1),
  );
  const byKind = Map.groupBy(ordered, ({ kind }) => kind);
  const kinds = [...byKind].sort(([one], [other]) => one.localeCompare(other));
  const each = kinds.map(([kind, own]) => certificateOf(kind, own, promise));
  return each.length === 1 ? each : [...each, certificateOf('all', ordered, promise)];
}

function certificateOf(kind: StepKind | 'all', rows: readonly JudgedRow[], promise: ThriftPromise): ThriftCertificate {
  const notches = Array.from({ length: 11 }, (_, notch) => notchOf(rows, notch, promise));
  const leastRowCount = leastRows(rows, promise);
  const level = 1 - promise.confidenceRatio;
  const firstFailed = notches.findIndex(({ pValue }) => pValue > level);
  const passed = firstFailed === -1 ? notches.length : firstFailed;
  return {
    kind,
    rowCount: rows.length,
    notch: passed === 0 ? undefined : passed - 1,
    leastRowCount,
    referenceSuccessRatio: mean(rows.map(({ reference }) => reference.score)),
    notches,
  };
}

function notchOf(
  rows: readonly JudgedRow[],
  notch: number,
  { worseByRatio, confidenceRatio }: ThriftPromise,
): ThriftCertificate['notches'][number] {
  const keep = 1 - worseByRatio;
  const at = rows.flatMap((row) => row.notches[notch] ?? []);
  const priced = rows.flatMap((row) => {
    const [own, reference] = [row.notches[notch]?.costUsd, row.reference.costUsd];
    return own === undefined || reference === undefined ? [] : [{ own, reference }];
  });
  const isPriced = priced.length > 0 && priced.length >= rows.length * LEAST_COST_COVERAGE;
  return {
    successRatio: mean(at.map(({ score }) => score)),
    costUsd: isPriced ? mean(priced.map(({ own }) => own)) : undefined,
    referenceCostUsd: isPriced ? mean(priced.map(({ reference }) => reference)) : undefined,
    pValue: meanBelowZeroPValue(
      rows.map((row) => keep * row.reference.score - (row.notches[notch]?.score ?? 0)),
      keep,
      1 - confidenceRatio,
    ),
  };
}

/** Rows like these, were the choice always the reference itself: how many of them it takes. */
function leastRows(rows: readonly JudgedRow[], { worseByRatio, confidenceRatio }: ThriftPromise): number {
  const success = mean(rows.map(({ reference }) => reference.score));
  if (!(success > 0) || worseByRatio === 0) return Number.POSITIVE_INFINITY;
  const level = 1 - confidenceRatio;
  const [keep, gain] = [1 - worseByRatio, -worseByRatio * success];
  const isEnough = (count: number): boolean =>
    meanBelowZeroPValue(
      Array.from({ length: count }, () => gain),
      keep,
      level,
    ) <= level;
  let most = 16;
  while (!isEnough(most) && most < 1 << 20) most *= 2;
  let least = most / 2;
  while (most - least > 1) {
    const middle = Math.floor((most + least) / 2);
    if (isEnough(middle)) most = middle;
    else least = middle;
  }
  return most;
}
