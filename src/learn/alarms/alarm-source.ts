import { toPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import type { DecisionId } from '../../domain/ids.ts';
import type { OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import type { Alarm } from './alarm.ts';
import { callOf, keysOf, pickOf, reportOf, resultOf, type Sighting } from './read-records.ts';
import { createWatch, type AlarmWatch } from './watch.ts';

/** What should be looked at, of gateway calls and jobs alike, by what their store holds. */
export interface AlarmSource {
  /** Reads what is new and says what is raised. Never rejects: what cannot be read raises nothing. */
  current(): Promise<readonly Alarm[]>;
  /** As of the last look. */
  latest(): readonly Alarm[];
}

export interface AlarmSourceOptions {
  readonly views: Pick<StoreViews, 'calls' | 'newestSteps' | 'newestOutcomes' | 'steps'>;
  readonly onWarning?: ((error: PointsmanError) => void) | undefined;
}

/** So many at a look; of a store that takes more, the newest are a sample. */
const MOST_STEPS = 400;
const MOST_CALLS = 1000;
const MOST_OUTCOMES = 300;
const MOST_SEEN = 20_000;

export function createAlarmSource({ views, onWarning }: AlarmSourceOptions): AlarmSource {
  const watch = createWatch();
  const seen = new Set<string>();
  let [callSeq, latest]: [number, readonly Alarm[]] = [0, []];
  let reading: Promise<readonly Alarm[]> | undefined;
  const isNew = (name: string): boolean => {
    if (seen.has(name)) return false;
    seen.add(name);
    const [oldest] = seen;
    if (seen.size > MOST_SEEN && oldest !== undefined) seen.delete(oldest);
    return true;
  };
  const read = async (): Promise<readonly Alarm[]> => {
    try {
      const paged = await views.calls({}, { limit: MOST_CALLS, ...(callSeq === 0 ? {} : { afterSeq: callSeq }) });
      callSeq = Math.max(callSeq, ...paged.map(({ seq }) => seq));
      const calls = paged.map(({ call }) => call);
      const keys = keysOf(calls);
      const steps = await views.newestSteps(MOST_STEPS);
      const reported = await views.newestOutcomes(MOST_OUTCOMES);
      const fresh = reported.filter(({ decisionId, at }) => isNew(`outcome ${decisionId} ${at}`));
      const sightings = [
        ...calls.flatMap((call): Sighting[] => {
          const watched = callOf(call);
          return watched === undefined ? [] : [{ what: 'call', at: watched.at, call: watched }];
        }),
        ...steps.flatMap((step) => sightingsOf(step, keys, isNew)),
        ...reportsOf(fresh, await stepsOf(fresh, steps)),
      ];
      for (const sighting of sightings.toSorted((a, b) => a.at - b.at)) see(watch, sighting);
      latest = watch.alarms();
    } catch (thrown) {
      onWarning?.(toPointsmanError(thrown, 'record-unreadable'));
    }
    return latest;
  };
  const stepsOf = async (
    fresh: readonly OutcomeRecord[],
    known: readonly StepRecord[],
  ): Promise<ReadonlyMap<DecisionId, StepRecord>> => {
    const byId = new Map(known.map((step) => [step.decision.decisionId, step]));
    const missing = [...new Set(fresh.map(({ decisionId }) => decisionId))].filter((id) => !byId.has(id));
    for (const step of missing.length === 0 ? [] : await views.steps(missing)) byId.set(step.decision.decisionId, step);
    return byId;
  };
  return {
    current: async () => {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    latest: () => latest,
  };
}

/** A step is decided once, and ends once, maybe at a later look. */
function sightingsOf(
  step: StepRecord,
  keys: ReadonlyMap<DecisionId, string>,
  isNew: (name: string) => boolean,
): readonly Sighting[] {
  const { decisionId } = step.decision;
  const pick = isNew(`pick ${decisionId}`) ? pickOf(step, keys.get(decisionId)) : undefined;
  const result = resultOf(step);
  return [
    ...(pick === undefined ? [] : [{ what: 'pick' as const, at: pick.at, pick }]),
    ...(result !== undefined && isNew(`result ${decisionId}`)
      ? [{ what: 'result' as const, at: result.at, result }]
      : []),
  ];
}

function reportsOf(
  outcomes: readonly OutcomeRecord[],
  steps: ReadonlyMap<DecisionId, StepRecord>,
): readonly Sighting[] {
  return outcomes.flatMap((outcome) => {
    const step = steps.get(outcome.decisionId);
    return step === undefined ? [] : reportOf(outcome, step);
  });
}

function see(watch: AlarmWatch, sighting: Sighting): void {
  switch (sighting.what) {
    case 'pick':
      return watch.pick(sighting.pick);
    case 'result':
      return watch.result(sighting.result);
    case 'pass':
      return watch.pass(sighting.pass);
    case 'call':
      return watch.call(sighting.call);
  }
}
