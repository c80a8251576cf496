import { DAY_MS, toSixDecimals, type At, type Ratio } from '../../domain/time.ts';
import { logit, sigmoid } from '../../predict/success/item-response.ts';

/** What was said of one result. */
export interface SaidResult {
  readonly at: At;
  /** What it is a result of; the shifts of all these add up. */
  readonly parts: readonly AbilityPart[];
  /** P(right) as believed before anything was learned: where failing is expected, a failure tells little. */
  readonly plainRatio: Ratio;
  /** 0: said to be wrong, 1: right; between them as far as that was said. */
  readonly rightRatio: Ratio;
  /** The model it is a result of. */
  readonly model: string;
  /** Who says so, whose reports are wrong as often as was found; `undefined`: `rightRatio` is a probability already. */
  readonly reporter: string | undefined;
  /** What checks said of the same result, as `rightRatio` without a reporter; a report against them is doubted. Absent: none were made. */
  readonly checkedRatio?: Ratio | undefined;
  /** 0..1: less where somebody says more than is heard. */
  readonly weight: number;
  /** It tells nothing of what is common to all. */
  readonly isOwnOnly: boolean;
}

/** A model, a model at a kind of step, at a tool server, or as one principal sees it. */
export interface AbilityPart {
  readonly key: string;
  /** One deviation of how far off the estimate may be, in logits. */
  readonly priorWidth: number;
  /** One principal's own. */
  readonly isOwn?: boolean;
}

/** How much abler than believed: the logit of success moves by this. */
export interface AbilityShift {
  readonly logit: number;
  readonly width: number;
}

export interface LearnedAbilities {
  readonly shifts: Readonly<Record<string, AbilityShift>>;
  /** How often the reports of each are wrong, as far as results that were sure one way tell. */
  readonly wrongReports: Readonly<Record<string, Ratio>>;
}

/** Models change behind their names: after this long what was learned counts half, and as much is unknown again. */
const HALF_LIFE_DAYS = 15;
/** A shift is believed when it has moved by this share of its own deviation, so that choices do not flicker. */
const HOLD_RATIO = 0.25;
/** Estimates are off by a logit, hardly ever by two; and nobody can say more than this. */
export const MAX_SHIFT_LOGIT = 2;
/** No single result moves a belief further. */
const MAX_STEP = 1;
/** Less than three whole results of a part say nothing yet. */
const LEAST_RESULTS = 3;
/** Reports are believed to be wrong one time in ten, as if twenty had been looked at. */
const REPORTS_BEFORE = 20;
const WRONG_BEFORE = 0.1 * REPORTS_BEFORE;
/** Who is wrong more often than a coin is not believed the other way round. */
const MOST_WRONG: Ratio = 0.5;
/** Who turns out to be wrong more often than this, at all or about one model, is not heard there from the first word on. */
const MOST_WRONG_TRUSTED: Ratio = 0.3;
/** What is said of one model is looked at beside so many reports as wrong as their reporter is elsewhere. */
const REPORTS_ELSEWHERE = 8;

interface PartState {
  readonly prior: number;
  mean: number;
  variance: number;
  held: number;
  count: number;
  at: At;
}

interface Tally {
  wrong: number;
  count: number;
}

interface ReporterState extends Tally {
  /** By model, without what is believed of a reporter before. */
  readonly about: Map<string, Tally>;
}

/**
 * Results in the order of time become shifts of ability: a filter over sums of normal beliefs that forget towards their prior. Beside
 * them grows what is known of who reports: a report against what is nearly sure speaks against its reporter. Pure.
 */
export function foldAbilities(results: readonly SaidResult[], now: At): FoldedAbilities {
  const parts = new Map<string, PartState>();
  const reporters = new Map<string, ReporterState>();
  for (const result of results) {
    const own = result.parts.map((part) => partAt(parts, part, result.at));
    const shift = own.reduce((sum, { mean }) => sum + mean, 0);
    const right = sigmoid(logit(result.plainRatio) + shift);
    const likely = likelihoods(result, right, reporters);
    const moved = result.isOwnOnly ? own.filter((_, index) => result.parts[index]?.isOwn) : own;
    observe(moved, { ...likely, right, weight: result.weight });
  }
  return {
    shifts: shiftsOf(parts, now),
    wrongReports: wrongOf(reporters),
    isTrusted: (reporter, model) => isTrusted(reporters.get(reporter), model),
  };
}

interface FoldedAbilities extends LearnedAbilities {
  /** Whether what somebody says of a model is worth hearing, as known at the end. */
  readonly isTrusted: (reporter: string, model: string) => boolean;
}

function isTrusted(state: ReporterState | undefined, model: string): boolean {
  if (state === undefined) return true;
  const wrong = state.wrong / state.count;
  const about = state.about.get(model) ?? { wrong: 0, count: 0 };
  const wrongAbout = (about.wrong + REPORTS_ELSEWHERE * wrong) / (about.count + REPORTS_ELSEWHERE);
  return Math.max(wrong, wrongAbout) <= MOST_WRONG_TRUSTED;
}

interface Likely {
  /** P(what was said | the result is right), and | it is wrong; together 1. */
  readonly ifRight: Ratio;
  readonly ifWrong: Ratio;
}

/** Counts the report for or against its reporter. */
function likelihoods(
  { reporter, model, rightRatio, weight, checkedRatio = 0.5, isOwnOnly }: SaidResult,
  believed: Ratio,
  reporters: Map<string, ReporterState>,
): Likely {
  if (reporter === undefined) return { ifRight: rightRatio, ifWrong: 1 - rightRatio };
  const state = reporters.get(reporter) ?? { wrong: WRONG_BEFORE, count: REPORTS_BEFORE, about: new Map() };
  // Whom it concerns alone is believed as if nobody had contradicted.
  const wrong = isOwnOnly ? WRONG_BEFORE / REPORTS_BEFORE : Math.min(MOST_WRONG, state.wrong / state.count);
  const ifRight = rightRatio * (1 - wrong) + (1 - rightRatio) * wrong;
  const right = (believed * checkedRatio) / (believed * checkedRatio + (1 - believed) * (1 - checkedRatio));
  const said = right * ifRight + (1 - right) * (1 - ifRight);
  const isWrong = (wrong * (right * (1 - rightRatio) + (1 - right) * rightRatio)) / said;
  const about = state.about.get(model) ?? { wrong: 0, count: 0 };
  for (const tally of [state, about]) {
    tally.wrong += weight * isWrong;
    tally.count += weight;
  }
  state.about.set(model, about);
  reporters.set(reporter, state);
  return { ifRight, ifWrong: 1 - ifRight };
}

/** One step of the filter: the parts share the surprise by how unsure each is. */
function observe(
  parts: readonly PartState[],
  { ifRight, ifWrong, right, weight }: Likely & { readonly right: Ratio; readonly weight: number },
): void {
  const said = right * ifRight + (1 - right) * ifWrong;
  const slope = right * (1 - right) * (ifRight - ifWrong);
  const information = (weight * slope * slope) / (said * (1 - said));
  const total = 1 + information * parts.reduce((sum, { variance }) => sum + variance, 0);
  for (const part of parts) {
    const step = (part.variance / total) * weight * (slope / said);
    part.mean = within(MAX_SHIFT_LOGIT, part.mean + within(MAX_STEP, step));
    part.variance -= (part.variance * part.variance * information) / total;
    part.count += weight;
    if (Math.abs(part.mean - part.held) > HOLD_RATIO * Math.sqrt(part.variance)) part.held = part.mean;
  }
}

function partAt(parts: Map<string, PartState>, { key, priorWidth }: AbilityPart, at: At): PartState {
  const known = parts.get(key);
  if (known !== undefined) return aged(known, at);
  const prior = priorWidth * priorWidth;
  const state = { prior, mean: 0, variance: prior, held: 0, count: 0, at };
  parts.set(key, state);
  return state;
}

/** By whole days, so that beliefs stay the same bytes from one decision to the next. */
function aged(part: PartState, at: At): PartState {
  const days = Math.floor(at / DAY_MS) - Math.floor(part.at / DAY_MS);
  if (days <= 0) return part;
  const kept = 2 ** (-days / HALF_LIFE_DAYS);
  part.mean *= kept;
  part.held *= kept;
  part.variance = kept * kept * part.variance + (1 - kept * kept) * part.prior;
  part.at = at;
  return part;
}

function shiftsOf(parts: ReadonlyMap<string, PartState>, now: At): LearnedAbilities['shifts'] {
  const known = [...parts].filter(([, { count }]) => count > LEAST_RESULTS - 1e-9).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    known.map(([key, part]) => {
      const { held, variance } = aged(part, now);
      return [key, { logit: toSixDecimals(held), width: toSixDecimals(Math.sqrt(variance)) }];
    }),
  );
}

function wrongOf(reporters: ReadonlyMap<string, ReporterState>): LearnedAbilities['wrongReports'] {
  return Object.fromEntries(
    [...reporters]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { wrong, count }]) => [name, toSixDecimals(wrong / count)]),
  );
}

function within(bound: number, value: number): number {
  return Math.min(bound, Math.max(-bound, value));
}
