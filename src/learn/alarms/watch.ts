import type { At, Ratio } from '../../domain/time.ts';
import { ALARM_CODES, type Alarm, type AlarmCode } from './alarm.ts';
import { createLevelDetector, createRateDetector, type Detector, type Raised } from './detector.ts';

/** A decision that was ours to make. */
export interface WatchedPick {
  readonly at: At;
  /** Session and kind of step: what stays with its model counts once. */
  readonly place: string;
  readonly model: string;
  /** Name of an access key. `undefined`: none is demanded. */
  readonly key: string | undefined;
  readonly isStrongest: boolean;
  /** A cheaper candidate was expected to do, or the step was read as easy and of low stakes. */
  readonly isSpared: boolean;
  /** Its key's words had moved so many steps to dearer models that they were not heard. */
  readonly isHeld: boolean;
}

/** How a step ended, or what was reported of it. */
export interface WatchedResult {
  readonly at: At;
  readonly model: string;
  readonly succeeded: boolean;
  /** As believed. `undefined`: only what is reported is known, which may be the bad news alone. */
  readonly believedRatio: Ratio | undefined;
}

/** What a check that let something pass was worth. */
export interface WatchedPass {
  readonly at: At;
  readonly check: string;
  readonly wasWrong: boolean;
}

export interface WatchedAnswer {
  readonly at: At;
  readonly model: string;
  readonly ttftMs: number | undefined;
  /** Billed over foretold. `undefined`: one of them is not known. */
  readonly costRatio: number | undefined;
  /** A read of the cache that was foretold did not come. `undefined`: none was foretold, or nobody tells. */
  readonly missedCache: boolean | undefined;
}

/** Everything that is watched, in the order in which it happened. Of constant size; deterministic. */
export interface AlarmWatch {
  pick(pick: WatchedPick): void;
  result(result: WatchedResult): void;
  pass(pass: WatchedPass): void;
  call(call: WatchedAnswer): void;
  /** What is raised now, the longest first. */
  alarms(): readonly Alarm[];
}

/** Of each alarm so many models, keys or checks are watched, those that were seen last. */
const MOST_SERIES = 200;
const MOST_PLACES = 2000;
const LEAST_COUNT = 30;
const LEAST_SESSIONS = 20;
const MOST_MODELS = 30;
/** One long session that stays where it is warm is no collapse. */
const MOST_OF_PLACE = 5;
/** Of all other keys together, before one is held against them. */
const LEAST_OTHERS = 40;

/** Every series that is watched, by alarm and what it is of. */
interface AllSeries {
  readonly rates: Map<string, Detector<boolean>>;
  readonly levels: Map<string, Detector<number>>;
}

interface RateRule {
  readonly least: number;
  readonly most?: () => number;
  readonly rise?: number;
  readonly leastCount?: number;
}

function rateIn({ rates }: AllSeries, code: AlarmCode, of: string, rule: RateRule): Detector<boolean> {
  const { least, most = () => 1, rise = 0.3, leastCount = LEAST_COUNT } = rule;
  return seriesOf(rates, code, of, () => createRateDetector({ leastCount, usual: { least, most }, rise }));
}

function levelIn({ levels }: AllSeries, code: AlarmCode, of: string, leastRise: number): Detector<number> {
  return seriesOf(levels, code, of, () => createLevelDetector(leastRise));
}

export function createWatch(): AlarmWatch {
  const all: AllSeries = { rates: new Map(), levels: new Map() };
  const collapse = createRateDetector({ leastCount: 30, usual: 0.5, rise: 0.44 });
  const spared = new Map<string, number>();
  const pick = createPickWatch(all);
  return {
    pick(picked) {
      const count = (spared.get(picked.place) ?? 0) + (picked.isSpared ? 1 : 0);
      remember(spared, picked.place, count, MOST_PLACES);
      if (picked.isSpared && count <= MOST_OF_PLACE) collapse.note(picked.isStrongest, picked.at);
      pick(picked);
    },
    result: createResultWatch(all),
    pass({ at, check, wasWrong }) {
      rateIn(all, 'misses', check, { least: 0.15 }).note(wasWrong, at);
    },
    call({ at, model, ttftMs, costRatio, missedCache }) {
      if (ttftMs !== undefined) levelIn(all, 'latency', model, 0.7).note(ttftMs, at);
      if (costRatio !== undefined) levelIn(all, 'cost', model, 0.45).note(costRatio, at);
      if (missedCache !== undefined)
        rateIn(all, 'cache', model, { least: 0.25, most: () => 0.5, rise: 0.5 }).note(missedCache, at);
    },
    alarms: () =>
      [
        ...alarmIn('collapse', '', collapse.raised),
        ...[...all.rates, ...all.levels].flatMap(([name, { raised }]) => alarmIn(...splitName(name), raised)),
      ].toSorted((a, b) => a.sinceAt - b.sinceAt),
  };
}

/** What goes where, each place once for a model. */
function createPickWatch(all: AllSeries): AlarmWatch['pick'] {
  const places = new Map<string, string>();
  const models = new Map<string, true>();
  const keys = new Map<string, { dear: number; count: number }>();
  return ({ at, place, model, key, isStrongest, isHeld }) => {
    if (places.get(place) === model && !isHeld) return;
    remember(places, place, model, MOST_PLACES);
    remember(models, model, true, MOST_MODELS);
    for (const one of models.keys())
      rateIn(all, 'low-entropy', one, { least: 0.2, rise: 1, leastCount: LEAST_SESSIONS }).note(one === model, at);
    if (key === undefined) return;
    const isDear = isStrongest || isHeld;
    const most = (): number => othersOf(keys, key) + 0.25;
    rateIn(all, 'upgrades', key, { least: 0.25, most, rise: 0.4, leastCount: LEAST_SESSIONS }).note(isDear, at);
    const seen = keys.get(key) ?? { dear: 0, count: 0 };
    remember(keys, key, { dear: seen.dear + (isDear ? 1 : 0), count: seen.count + 1 }, MOST_SERIES);
  };
}

/** Where all ends are known, more failures than believed are too many from the start. */
function createResultWatch(all: AllSeries): AlarmWatch['result'] {
  const believed = new Map<string, { sum: number; count: number }>();
  return ({ at, model, succeeded, believedRatio }) => {
    const seen = believed.get(model) ?? { sum: 0, count: 0 };
    if (believedRatio !== undefined)
      remember(believed, model, { sum: seen.sum + 1 - believedRatio, count: seen.count + 1 }, MOST_SERIES);
    const most = (): number => {
      const { sum, count } = believed.get(model) ?? { sum: 1, count: 1 };
      return sum / count + 0.25;
    };
    rateIn(all, 'failures', model, { least: 0.2, most }).note(!succeeded, at);
  };
}

function alarmIn(code: AlarmCode, of: string, raised: Raised | undefined): readonly Alarm[] {
  if (raised === undefined) return [];
  return [{ code, of, sinceAt: raised.sinceAt, usual: round(raised.usual), now: round(raised.now) }];
}

/** The share of dear models of all other keys; 1 where too little is known of them. */
function othersOf(keys: ReadonlyMap<string, { readonly dear: number; readonly count: number }>, key: string): Ratio {
  let [dear, count] = [0, 0];
  for (const [other, seen] of keys) {
    if (other === key) continue;
    dear += seen.dear;
    count += seen.count;
  }
  return count < LEAST_OTHERS ? 1 : dear / count;
}

function seriesOf<Series>(all: Map<string, Series>, code: AlarmCode, of: string, create: () => Series): Series {
  const name = `${code} ${of}`;
  const series = all.get(name) ?? create();
  remember(all, name, series, MOST_SERIES * ALARM_CODES.length);
  return series;
}

function splitName(name: string): readonly [AlarmCode, string] {
  const code = ALARM_CODES.find((one) => name.startsWith(`${one} `)) ?? 'failures';
  return [code, name.slice(code.length + 1)];
}

/** As the newest; the oldest goes where there are too many. */
function remember<Value>(all: Map<string, Value>, key: string, value: Value, most: number): void {
  all.delete(key);
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > most && oldest !== undefined) all.delete(oldest);
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
