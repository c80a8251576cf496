import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import type { StepRecord } from '../record.ts';
import { packCandidates, unpackCandidates } from './pack-candidates.ts';
import { createNames, packRows, unpackRows, type Names } from './pack-rows.ts';
import type { CachedPart, PartCache } from './shared-parts.ts';

/** The same in step after step: always a part. */
const SHARED = ['models', 'policy'] as const;
/** The same object in many decisions where a session tells little of itself: a part from the second decision on. */
const OFTEN_SHARED = ['forecast', 'warmth', 'quality', 'drift'] as const;
/** One row for each model. */
const TABLES = ['quality', 'warmth'] as const;
/** Stands for a part. */
const PART = '$part';
/** Stands for a field of the same input. */
const INPUT = '$input';
/** Stands for the input's own forecast with these fields of each step replaced. */
const LIKE_FORECAST = '$likeForecast';

export interface PackedStep {
  readonly record: { readonly input: unknown; readonly decision?: unknown };
  readonly parts: readonly CachedPart[];
}

/**
 * The record with references in place of what it shares with others or holds twice. Keys keep their order, so that reading
 * gives the same bytes.
 */
export function packStep(
  record: Pick<StepRecord, 'input'> & { readonly decision?: unknown },
  cache: PartCache,
): PackedStep {
  const { input } = record;
  const names = namesOf(input.models);
  const packed: Record<string, unknown> = { ...input };
  const parts: CachedPart[] = [];
  const refer = (name: string, part: CachedPart): void => {
    parts.push(part);
    packed[name] = { [PART]: part.hash };
  };
  for (const name of SHARED) if (isObject(input[name])) refer(name, cache.part(input[name]));
  for (const name of OFTEN_SHARED) {
    const value = input[name];
    const part = value.length > 0 ? cache.partOfMany(value, input.decisionId) : undefined;
    if (part !== undefined) refer(name, part);
  }
  if (input.scenarios !== undefined) {
    packed['scenarios'] = input.scenarios.map((scenario) => {
      const changes = changesTo(input.forecast, scenario.forecast);
      if (changes === undefined) return scenario;
      const short = changes['quality'] === input.quality ? { ...changes, quality: { [INPUT]: 'quality' } } : changes;
      return { ...scenario, forecast: { [LIKE_FORECAST]: short } };
    });
  }
  for (const name of TABLES)
    if (packed[name] === input[name]) packed[name] = packRows(input[name], names) ?? input[name];
  const decision = packDecision(record.decision, input, names);
  return { record: { ...record, input: packed, ...(decision === undefined ? {} : { decision }) }, parts };
}

const namesBy = new WeakMap<object, Names>();

/** The pool's ids; the same pool comes with each decision. */
function namesOf(models: unknown): Names {
  if (!Array.isArray(models)) return createNames([]);
  let names = namesBy.get(models);
  if (names === undefined) {
    names = createNames(models.map((model: { readonly id?: unknown } | null) => String(model?.id)));
    namesBy.set(models, names);
  }
  return names;
}

/** `undefined`: there is no table in it. */
function packDecision(decision: unknown, input: unknown, names: Names): unknown {
  if (!isObject(decision)) return undefined;
  const candidates = packCandidates(decision['candidates'], input, names);
  const rejected = packRows(decision['rejected'], names);
  if (candidates === undefined && rejected === undefined) return undefined;
  return {
    ...decision,
    ...(candidates === undefined ? {} : { candidates }),
    ...(rejected === undefined ? {} : { rejected }),
  };
}

function unpackDecision(decision: unknown, input: unknown, names: Names): void {
  if (!isObject(decision)) return;
  decision['candidates'] = unpackCandidates(decision['candidates'], input, names) ?? decision['candidates'];
  decision['rejected'] = unpackRows(decision['rejected'], names) ?? decision['rejected'];
}

/** The fields that make every step of `later` out of its step in `base`, where they are the same ones in each. */
function changesTo(
  base: DecideInput['forecast'],
  later: DecideInput['forecast'],
): Readonly<Record<string, unknown>> | undefined {
  if (later.length === 0 || base.length !== later.length) return undefined;
  const changes: Record<string, unknown> = {};
  for (const [index, step] of later.entries()) {
    const from = base[index];
    const keys = Object.keys(step) as (keyof ForecastStep)[];
    if (from === undefined || !isSameList(keys, Object.keys(from))) return undefined;
    for (const key of keys) {
      const value: unknown = step[key];
      const old: unknown = from[key];
      if (value === old) continue;
      // JSON has no place for a key that is undefined on either side.
      if (value === undefined || old === undefined) return undefined;
      changes[key] = value;
    }
  }
  const names = Object.keys(changes) as (keyof ForecastStep)[];
  return later.every((step) => names.every((name) => step[name] === changes[name])) ? changes : undefined;
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

/** Puts back what was taken out. A part that is missing leaves its reference, which then fails the record's check. */
export function unpackStep(body: string, part: (hash: string) => string | undefined): unknown {
  const record = JSON.parse(body) as { readonly input?: Record<string, unknown> };
  const { input } = record;
  if (!isObject(input)) return record;
  for (const name of [...SHARED, ...OFTEN_SHARED]) {
    const hash = referenceIn(input[name], PART);
    const text = typeof hash === 'string' ? part(hash) : undefined;
    if (text !== undefined) input[name] = JSON.parse(text);
  }
  const names = namesOf(input['models']);
  for (const name of TABLES) input[name] = unpackRows(input[name], names) ?? input[name];
  unpackDecision((record as { readonly decision?: unknown }).decision, input, names);
  if (Array.isArray(input['scenarios'])) {
    input['scenarios'] = input['scenarios'].map((scenario: unknown) => unpackScenario(scenario, input));
  }
  return record;
}

function unpackScenario(scenario: unknown, input: Readonly<Record<string, unknown>>): unknown {
  if (!isObject(scenario)) return scenario;
  const changes = referenceIn(scenario['forecast'], LIKE_FORECAST);
  const { forecast } = input;
  if (!isObject(changes) || !Array.isArray(forecast)) return scenario;
  const field = referenceIn(changes['quality'], INPUT);
  const whole = typeof field === 'string' ? { ...changes, quality: input[field] } : changes;
  return { ...scenario, forecast: forecast.map((step: object) => ({ ...step, ...whole })) };
}

function referenceIn(value: unknown, mark: string): unknown {
  return isObject(value) ? value[mark] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
