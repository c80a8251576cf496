import { isRow, packRows, unpackRows, type Names, type PackedRows } from './pack-rows.ts';

type Candidate = Readonly<Record<string, unknown>>;

/** A table of candidates by columns, without what follows from the rest of it and from what was decided on. */
interface PackedCandidates extends PackedRows {
  /** What is left out; absent in stores of before, which left out less. */
  readonly follows?: 2;
  /** What a failure of the step costs, in nano-USD. Absent: failures do not follow from it, and are there. */
  readonly gamma?: number;
}

/** `undefined`: these are no rows, or some hold what would be read as left out. Unpacking gives the same bytes of JSON. */
export function packCandidates(candidates: unknown, input: unknown, names: Names): PackedCandidates | undefined {
  if (!Array.isArray(candidates) || !candidates.every(isRow) || candidates.some(hasNull)) return undefined;
  const gamma = gammaOf(candidates);
  const rules = followingFrom(input, gamma);
  const packed = packRows(candidates, names, (row, key, value) => {
    const rule = rules[key];
    return rule === undefined || !isSame(value, rule(row)) ? value : null;
  });
  return packed === undefined ? undefined : { ...packed, follows: 2, ...(gamma === undefined ? {} : { gamma }) };
}

/** What was packed; `undefined`: this is nothing that was. */
export function unpackCandidates(packed: unknown, input: unknown, names: Names): Candidate[] | undefined {
  const rows = unpackRows(packed, names);
  if (rows === undefined) return undefined;
  const { follows, gamma } = packed as PackedCandidates;
  const rules = follows === undefined ? followingBefore(input) : followingFrom(input, gamma);
  return rows.map((row) => {
    const whole: Record<string, unknown> = { ...row };
    // In this order: later ones follow from earlier ones.
    for (const [key, rule] of Object.entries(rules)) if (row[key] === null) whole[key] = rule(whole);
    return whole;
  });
}

/** What a row mostly says of itself, by field, each from what stands before it here. */
type Rules = Readonly<Record<string, (row: Candidate) => unknown>>;

function followingFrom(input: unknown, gamma: number | undefined): Rules {
  const { ratios, frontier, penaltyRatio } = factsOf(input);
  return {
    successRatio: ({ model, driftRatio }) => inRatio(Number(ratios.get(model)) - Number(driftRatio ?? 0)),
    ladder: onlyItself,
    frontierPenaltyNanoUsd: ({ model, billNanoUsd }) =>
      frontier.has(model) ? Math.round(Number(billNanoUsd) * penaltyRatio) : 0,
    failureNanoUsd: ({ successRatio }) => Math.round((1 - Number(successRatio)) * (gamma ?? Number.NaN)),
    totalNanoUsd: sumOfTerms,
  };
}

function followingBefore(input: unknown): Rules {
  const { ratios } = factsOf(input);
  return { successRatio: ({ model }) => ratios.get(model), ladder: onlyItself, totalNanoUsd: sumOfTerms };
}

const TERMS = ['bill', 'frontierPenalty', 'failure', 'latency', 'ladder', 'future'].map((term) => `${term}NanoUsd`);

function sumOfTerms(row: Candidate): number {
  let sum = 0;
  for (const term of TERMS) sum += Number(row[term]);
  return sum;
}

function onlyItself({ model, mode }: Candidate): unknown {
  return [{ model, mode }];
}

function inRatio(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** What a failure costs, where that of each row without a second try is its share of it, rounded; the middle of where it may lie. */
function gammaOf(rows: readonly Candidate[]): number | undefined {
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  for (const { successRatio, failureNanoUsd, ladder } of rows) {
    const share = 1 - Number(successRatio);
    if (!(share > 0) || !Array.isArray(ladder) || ladder.length > 1) continue;
    low = Math.max(low, (Number(failureNanoUsd) - 0.5) / share);
    high = Math.min(high, (Number(failureNanoUsd) + 0.5) / share);
  }
  return low <= high && high < Number.POSITIVE_INFINITY ? (low + high) / 2 : undefined;
}

interface Facts {
  /** P(success) by model, as it was read. */
  readonly ratios: ReadonlyMap<unknown, unknown>;
  readonly frontier: ReadonlySet<unknown>;
  readonly penaltyRatio: number;
}

function factsOf(input: unknown): Facts {
  const { quality, models, policy } = isRow(input) ? input : {};
  return {
    ratios: new Map(rowsIn(quality).map((row) => [row['model'], row['successRatio']])),
    frontier: frontierIn(models),
    penaltyRatio: Number(isRow(policy) ? policy['frontierPenaltyRatio'] : Number.NaN),
  };
}

const frontiers = new WeakMap<object, ReadonlySet<unknown>>();

/** The same pool comes with each decision. */
function frontierIn(models: unknown): ReadonlySet<unknown> {
  if (!Array.isArray(models)) return new Set();
  let frontier = frontiers.get(models);
  if (frontier === undefined) {
    const dear = rowsIn(models).filter((model) => model['frontier'] === true);
    frontiers.set(models, (frontier = new Set(dear.map((model) => model['id']))));
  }
  return frontier;
}

function rowsIn(values: unknown): readonly Candidate[] {
  return Array.isArray(values) ? values.filter(isRow) : [];
}

/** JSON writes null for these fields, which would be read as what follows. */
function hasNull(row: Candidate): boolean {
  for (const key of FOLLOWING) {
    const value = row[key];
    if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return true;
  }
  return false;
}

const FOLLOWING = ['successRatio', 'ladder', 'frontierPenaltyNanoUsd', 'failureNanoUsd', 'totalNanoUsd'];

/** Whether what follows is what stands there; of ladders, whether it is that of the row alone, written as rows are. */
function isSame(value: unknown, follows: unknown): boolean {
  if (!Array.isArray(value) || !Array.isArray(follows)) return value !== undefined && value === follows;
  const [rung, own] = [value[0] as unknown, follows[0] as unknown];
  if (value.length !== 1 || !isRow(rung) || !isRow(own)) return false;
  const keys = Object.keys(rung);
  return keys.length === 2 && keys[0] === 'model' && rung['model'] === own['model'] && isSameMode(keys[1], rung, own);
}

function isSameMode(key: string | undefined, rung: Candidate, own: Candidate): boolean {
  return key === 'mode' && own['mode'] !== undefined && rung['mode'] === own['mode'];
}
