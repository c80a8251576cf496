import type { ModelId } from '../../domain/ids.ts';
import { listPrice } from '../simulation/build-workload.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import type { Workload } from '../simulation/workload.ts';

/** What was recorded: every bill is the logged one. */
export const asRecorded: ReplayPolicy = {
  name: 'as-recorded',
  summary: 'What really happened, at the prices of the day.',
  source: 'baseline',
  start: (work) => ({ choose: (view) => work.recorded[view.index] ?? 0 }),
};

export const neverSwitch: ReplayPolicy = {
  name: 'never-switch',
  summary: 'Stays on the model of the first call.',
  source: 'baseline',
  start: (work) => ({ choose: () => work.recorded[0] ?? 0 }),
};

export const alwaysCheap: ReplayPolicy = {
  name: 'always-cheap',
  summary: 'The cheapest candidate by list price, whatever the step needs.',
  source: 'baseline',
  start: (work) => {
    const cheapest = byListPrice(work)[0] ?? 0;
    return { choose: () => cheapest };
  },
};

export const alwaysFrontier: ReplayPolicy = {
  name: 'always-frontier',
  summary: 'The most able candidate (highest mean predicted success; the cheaper on a tie).',
  source: 'baseline',
  start: (work) => {
    const strongest = byAbility(work)[0] ?? 0;
    return { choose: () => strongest };
  },
};

/** Always the same model; the best of these in hindsight is what a careful user without a router could have picked. */
export function fixedModel(model: ModelId): ReplayPolicy {
  return {
    name: `fixed:${model}`,
    summary: `Always ${model}.`,
    source: 'baseline',
    start: (work) => {
      const m = work.models.findIndex((candidate) => candidate.id === model);
      return { choose: () => (m < 0 ? (work.recorded[0] ?? 0) : m) };
    },
  };
}

export const followNeed: ReplayPolicy = {
  name: 'follow-need',
  summary: 'The cheapest sufficient model of each step, blind to caches.',
  source: 'baseline',
  start: (work) => ({ choose: (view) => needAt(work, view.index) }),
};

/** Uniform over candidates, anew at each step, from the seed and the step alone. */
export function randomChoice(seed: number): ReplayPolicy {
  return {
    name: 'random',
    summary: 'A random candidate for each step.',
    source: 'baseline',
    start: (work) => {
      let draw = mix(seed, textSeed(`${work.session.sessionId}/${work.thread.threadId}`));
      let current = 0;
      return {
        choose(view) {
          if (view.isStepStart) {
            draw = mix(draw, 0x9e3779b9);
            current = draw % work.models.length;
          }
          return current;
        },
      };
    },
  };
}

/** The cheapest sufficient model of the step that call `i` is in. */
export function needAt(work: Workload, i: number): number {
  return work.steps[work.stepOf[i] ?? 0]?.need ?? 0;
}

/** Candidates by list price, cheapest first; ties by id, so that their order in the pool never matters. */
export function byListPrice(work: Workload): readonly number[] {
  return order(work, (m) => {
    const model = work.models[m];
    return model === undefined ? 0 : listPrice(model);
  });
}

/** Candidates by mean predicted success over the thread's steps, most able first; ties go to the cheaper. */
export function byAbility(work: Workload): readonly number[] {
  const price = new Map(byListPrice(work).map((m, rank) => [m, rank]));
  const ability = work.models.map((_, m) => work.steps.reduce((sum, step) => sum + (step.successRatio[m] ?? 0), 0));
  return [...ability.keys()].sort(
    (a, b) => (ability[b] ?? 0) - (ability[a] ?? 0) || (price.get(a) ?? 0) - (price.get(b) ?? 0),
  );
}

function order(work: Workload, key: (m: number) => number): readonly number[] {
  return [...work.models.keys()].sort(
    (a, b) => key(a) - key(b) || ((work.models[a]?.id ?? '') < (work.models[b]?.id ?? '') ? -1 : 1),
  );
}

/** 32-bit mix (murmur finaliser): even over its range, the same on every machine. */
function mix(a: number, b: number): number {
  let word = (a ^ b) >>> 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

function textSeed(text: string): number {
  let seed = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) seed = Math.imul(seed ^ text.charCodeAt(index), 0x01000193);
  return seed >>> 0;
}
