import type { AlarmCode } from '../../src/learn/alarms/alarm.ts';
import { createWatch, type AlarmWatch } from '../../src/learn/alarms/watch.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';

type Random = () => number;

/** What goes wrong in a stream, from a call on. */
export type PlantedFault = AlarmCode;

const MODELS = ['small', 'other-small', 'middle', 'other-middle', 'strongest'] as const;
const KEYS = ['ana', 'ben', 'cai', 'dev'] as const;
const KINDS = ['plan', 'code', 'review', 'test', 'explore'] as const;
const CALLS = 2000;
const FAULT_AT = 800;
const LOOK_EVERY = 5;
const CALL_MS = 20_000;
const DAY_CALLS = 700;

/** What one world is like; each seed has its own. */
interface World {
  readonly mix: readonly number[];
  /** How often the strongest takes what a cheaper one would do, though all is well. */
  readonly strongAnyway: number;
  readonly spared: number;
  readonly failures: readonly number[];
  readonly missRatio: number;
  readonly cacheMiss: number;
}

interface Session {
  readonly name: string;
  readonly key: string;
  readonly kind: string;
  readonly model: string;
  readonly slow: number;
  readonly dear: number;
  readonly misses: number;
  left: number;
}

/** When the first alarm of a stream was raised, and which; `undefined`: none was. Calls count from the fault on, where one is planted. */
export interface StreamResult {
  readonly raised: readonly { readonly code: AlarmCode; readonly atCall: number }[];
}

export const faultCall: number = FAULT_AT;

/** Plays the calls of some keys in sticky sessions, by day and night, well or with one fault from a call on. Same seed, same stream. */
export function playStream(seed: number, fault: PlantedFault | undefined): StreamResult {
  const random = seededRandom(seed);
  const world = worldOf(random);
  const watch = createWatch();
  const raised = new Map<AlarmCode, number>();
  const open: Session[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const isBad = fault !== undefined && call >= FAULT_AT;
    const session = sessionAt(call, { open, random, world, fault: isBad ? fault : undefined });
    playCall({ call, session, random, world, fault: isBad ? fault : undefined }, watch);
    if (call % LOOK_EVERY !== LOOK_EVERY - 1) continue;
    for (const { code } of watch.alarms()) if (!raised.has(code)) raised.set(code, call);
  }
  return { raised: [...raised].map(([code, atCall]) => ({ code, atCall })) };
}

function worldOf(random: Random): World {
  const mix = MODELS.map(() => 0.3 + random());
  return {
    mix,
    strongAnyway: 0.02 + 0.2 * random(),
    spared: 0.3 + 0.4 * random(),
    failures: MODELS.map(() => 0.05 + 0.25 * random()),
    missRatio: 0.05 + 0.25 * random(),
    cacheMiss: 0.02 + 0.15 * random(),
  };
}

interface Turn {
  readonly random: Random;
  readonly world: World;
  readonly fault: PlantedFault | undefined;
}

/** Three sessions are open at once; each stays with its model. */
function sessionAt(call: number, { open, random, world, fault }: Turn & { readonly open: Session[] }): Session {
  // Whoever raises the bill of others asks anew each time.
  if (fault === 'upgrades' && random() < 0.3)
    return { ...newSession(`s${call}`, { random, world, fault }), key: 'ana', model: 'strongest' };
  if (open.length < 3) open.push(newSession(`s${call}`, { random, world, fault }));
  const at = Math.floor(random() * open.length);
  const session = open[at] ?? newSession(`s${call}`, { random, world, fault });
  session.left -= 1;
  if (session.left <= 0) open.splice(at, 1);
  return session;
}

function newSession(name: string, { random, world, fault }: Turn): Session {
  const key = pick(KEYS, random);
  return {
    name,
    key,
    kind: pick(KINDS, random),
    model: fault === 'low-entropy' ? 'middle' : weighted(world.mix, random),
    slow: normal(random) * 0.2,
    dear: normal(random) * 0.15,
    misses: random() < 0.1 ? 0.2 : 0,
    left: 3 + Math.floor(random() ** 2 * 50),
  };
}

function playCall(
  { call, session, random, world, fault }: Turn & { readonly call: number; readonly session: Session },
  watch: AlarmWatch,
): void {
  const at = call * CALL_MS;
  const model = fault === 'collapse' ? 'strongest' : session.model;
  const isStrongest = model === 'strongest';
  // Where all is well the strongest mostly goes where no other would do.
  const isSpared = random() < (isStrongest && fault !== 'collapse' ? world.strongAnyway : world.spared);
  watch.pick({
    at,
    place: `${session.name} ${session.kind}`,
    model,
    key: session.key,
    isStrongest,
    isSpared,
    isHeld: false,
  });
  const failing = (world.failures[MODELS.findIndex((one) => one === model)] ?? 0) + (fault === 'failures' ? 0.4 : 0);
  if (random() < 0.3)
    watch.result({
      at,
      model,
      succeeded: random() >= failing,
      believedRatio: Math.min(0.95, 1 - failing + normal(random) * 0.05),
    });
  if (random() < 0.2)
    watch.pass({ at, check: 'tests', wasWrong: random() < world.missRatio + (fault === 'misses' ? 0.45 : 0) });
  const day = Math.sin((2 * Math.PI * call) / DAY_CALLS) * 0.2;
  watch.call({
    at,
    model,
    ttftMs: 800 * Math.exp(day + session.slow + 0.4 * normal(random)) * (fault === 'latency' ? 3 : 1),
    costRatio: Math.exp(session.dear + 0.3 * normal(random)) * (fault === 'cost' ? 2.5 : 1),
    missedCache: random() < (fault === 'cache' ? 0.85 : world.cacheMiss + session.misses),
  });
}

function pick<One>(all: readonly [One, ...One[]], random: Random): One {
  return all[Math.floor(random() * all.length)] ?? all[0];
}

function weighted(weights: readonly number[], random: Random): string {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [at, weight] of weights.entries()) if ((left -= weight) <= 0) return MODELS[at] ?? 'small';
  return 'strongest';
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
