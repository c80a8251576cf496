import { createRandom, type Random } from './random.ts';

/** Prices of one model, USD per million tokens, with what the study assumes of its cache. */
export interface StudyModel {
  readonly id: string;
  /** The highest need that it can meet. */
  readonly tier: number;
  readonly input: number;
  readonly output: number;
  readonly read: number;
  readonly write: number;
  readonly ttlSeconds: number;
  /** P(hit) inside the time to live. */
  readonly hitRatio: number;
}

/** One call of a synthetic session: what it needs, how long the shared transcript is, what it answers, when. */
export interface StudyCall {
  readonly need: number;
  readonly prefixTokens: number;
  readonly outputTokens: number;
  readonly atSeconds: number;
}

export interface StudyPool {
  readonly name: 'wide' | 'close' | 'two-frontier';
  readonly models: readonly StudyModel[];
}

export interface StudyTrace {
  readonly name: '5x4k' | '5x30k' | '40';
  readonly callCount: number;
  readonly stayRatio: number;
  readonly highRatio: number;
  readonly addedPrefixTokens: number;
  /** System prompt and tools: what a fresh context must repeat. */
  readonly systemTokens: number;
}

const TTL_SECONDS = 300;

function model(id: string, tier: number, prices: readonly [number, number, number, number]): StudyModel {
  const [input, output, read, write] = prices;
  return { id, tier, input, output, read, write, ttlSeconds: TTL_SECONDS, hitRatio: 1 };
}

/** Prices of the reference study (TwinRouterBench's table; Haiku 4.5, Sonnet, Opus 4.6), in the order of need. */
export const POOLS: readonly StudyPool[] = [
  {
    name: 'wide',
    models: [
      model('deepseek', 0, [0.252, 0.378, 0.0252, 0.252]),
      model('minimax', 1, [0.3, 1.2, 0.059, 0.3]),
      model('gemini', 2, [0.5, 3, 0.05, 0.08333]),
      model('opus', 3, [5, 25, 0.5, 6.25]),
    ],
  },
  {
    name: 'close',
    models: [
      model('haiku', 0, [1, 5, 0.1, 1.25]),
      model('sonnet', 2, [3, 15, 0.3, 3.75]),
      model('opus', 3, [5, 25, 0.5, 6.25]),
    ],
  },
  {
    name: 'two-frontier',
    models: [model('sonnet', 2, [3, 15, 0.3, 3.75]), model('opus', 3, [5, 25, 0.5, 6.25])],
  },
];

export const TRACES: readonly StudyTrace[] = [
  { name: '5x4k', callCount: 5, stayRatio: 0.2, highRatio: 0.4, addedPrefixTokens: 0, systemTokens: 3000 },
  { name: '5x30k', callCount: 5, stayRatio: 0.2, highRatio: 0.4, addedPrefixTokens: 26_000, systemTokens: 5000 },
  { name: '40', callCount: 40, stayRatio: 0.3, highRatio: 0.5, addedPrefixTokens: 0, systemTokens: 3000 },
];

const pick = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('Nothing to pick from');
  return item;
};

/**
 * Sessions with the reference study's parameters: a need that stays with a probability or is drawn anew (high, else one
 * of 0, 0, 0, 1, 2), a prefix from 4k (or 30k) that grows by 500–3,000 tokens a call, answers of 120–600, gaps of 8–30 s
 * and 4 % of 400 s. Needs are raised to the pool's next model.
 */
export function smallSessions(
  pool: StudyPool,
  trace: StudyTrace,
  seed: number,
  count: number,
): readonly (readonly StudyCall[])[] {
  const random = createRandom(seed * 7919);
  return Array.from({ length: count }, () => {
    const calls: StudyCall[] = [];
    let need: number | undefined;
    let prefix = 4000 + trace.addedPrefixTokens;
    let at = 0;
    for (let index = 0; index < trace.callCount; index += 1) {
      if (need === undefined || random() > trace.stayRatio) {
        need = random() < trace.highRatio ? 3 : pick(random, [0, 0, 0, 1, 2]);
      }
      at += random() > 0.04 ? pick(random, [8, 12, 20, 30]) : 400;
      const output = 120 + Math.floor(random() * 481);
      calls.push({ need: raised(pool, need), prefixTokens: prefix, outputTokens: output, atSeconds: at });
      prefix += 500 + Math.floor(random() * 2501);
    }
    return calls;
  });
}

function raised(pool: StudyPool, need: number): number {
  return Math.min(...pool.models.map((one) => one.tier).filter((tier) => tier >= need));
}

/** The same sessions as a forecaster sees them that is wrong with a probability: a wrong need is drawn from the pool's. */
export function misforecast(
  pool: StudyPool,
  calls: readonly StudyCall[],
  options: { readonly errorRatio: number; readonly seed: number },
): readonly StudyCall[] {
  const random = createRandom(options.seed);
  const tiers = pool.models.map((one) => one.tier);
  return calls.map((call) => (random() < options.errorRatio ? { ...call, need: pick(random, tiers) } : call));
}
