import { requireModel } from '../../src/catalog/create-catalog.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import { keepHeapSmall } from '../../src/cli/input/small-heap.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { asId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import { replay } from '../../src/replay/replay.ts';
import { ourPolicies } from '../../src/replay/rules/ours.ts';
import { rivalPolicies } from '../../src/replay/rules/rivals.ts';
import type { ReplayPolicy } from '../../src/replay/simulation/replay-policy.ts';
import { buildThread } from '../../src/sessions/build-thread.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { userSaid, toolAsked, type ThreadEvent } from '../../src/sessions/thread-event.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { NOTHING_DROPPED } from '../../src/testing/internal/workload-builders.ts';

const SESSION_COUNT = 1000;
const CALL_COUNT = 1000;
/** Fewer: ours looks ahead at every step and is far dearer than a rule. */
const OURS_SESSION_COUNT = 200;
/** Run first and not counted: the bound is that of a run over many sessions, and the first sixty thousand calls are half compiling. */
const OURS_WARM_UP_COUNT = 60;
const SEED = 20_261_121;
const TOOLS = ['Read', 'Grep', 'Edit', 'Bash'];

/** How fast policies run over made-up sessions, and how much memory a thousand long sessions take. */
export async function run(): Promise<Figures> {
  keepHeapSmall();
  const catalog = loadCatalog();
  const pool = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5'].map((id) => requireModel(catalog, id));
  const policies = rivalPolicies(SEED);
  const clock: Clock = { spentMs: 0, callCount: 0 };
  let last = 0;
  const report = await replay(sessions(clock), {
    catalog,
    pool,
    policies,
    seed: SEED,
    optimum: 'off',
    onSession: () => {
      last = performance.now();
    },
  });
  const totalMs = last - (clock.startedAt ?? last);
  const policyCount = report.policies.length + report.pool.length;
  const perSecond = (clock.callCount * policyCount) / ((totalMs - clock.spentMs) / 1000);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return {
    'replay.calls_per_s': {
      value: Math.round(perSecond),
      unit: '1/s',
      seed: SEED,
      n: clock.callCount * policyCount,
      label: 'measured',
    },
    'replay.ours.calls_per_s': await oursPerSecond(pool),
    'replay.peak.mb': { value: Math.round(peakMb), unit: 'MB', seed: SEED, n: clock.callCount, label: 'measured' },
  };
}

/**
 * Our own policy alone, through the real `decide()`: CPU of a run with it less that of the same run without it, in the steady
 * state that a thousand sessions of a thousand calls have, after a shorter run of both.
 */
async function oursPerSecond(pool: readonly Model[]): Promise<Figures[string]> {
  const catalog = loadCatalog();
  const balanced = loadPolicies(catalog).get('balanced');
  if (balanced === undefined) throw new Error('The policy "balanced" is not shipped.');
  const cpuMs = async (policies: readonly ReplayPolicy[], sessionCount: number): Promise<number> => {
    const clock: Clock = { spentMs: 0, callCount: 0 };
    const before = process.cpuUsage();
    await replay(sessions(clock, sessionCount), { catalog, pool, policies, seed: SEED, optimum: 'off' });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 - clock.spentMs;
  };
  const policies = ourPolicies([balanced.policy]);
  for (const warmUp of [[], policies]) await cpuMs(warmUp, OURS_WARM_UP_COUNT);
  const without = await cpuMs([], OURS_SESSION_COUNT);
  const ours = (await cpuMs(policies, OURS_SESSION_COUNT)) - without;
  const callCount = OURS_SESSION_COUNT * CALL_COUNT;
  return { value: Math.round(callCount / (ours / 1000)), unit: '1/s', seed: SEED, n: callCount, label: 'measured' };
}

interface Clock {
  /** Time spent making sessions, which is not replay. */
  spentMs: number;
  callCount: number;
  startedAt?: number;
}

async function* sessions(clock: Clock, sessionCount = SESSION_COUNT): AsyncGenerator<SessionTrace> {
  const random = seededRandom(SEED);
  clock.startedAt = performance.now();
  for (let index = 0; index < sessionCount; index += 1) {
    const start = performance.now();
    const session = makeSession(index, random);
    clock.spentMs += performance.now() - start;
    clock.callCount += CALL_COUNT;
    yield session;
  }
}

/** Grows by 500–3,000 tokens a call, is compacted at 150k, pauses now and then; one call in 25 misses. */
function makeSession(index: number, random: () => number): SessionTrace {
  const events: ThreadEvent[] = [];
  let at = Date.UTC(2026, 9, 1) + index * 3_600_000;
  let prompt = 8000;
  let cached = 0;
  for (let call = 0; call < CALL_COUNT; call += 1) {
    const byUser = call === 0 || random() < 0.12;
    const gapMs = byUser ? 20_000 + random() * 400_000 : 3000 + random() * 15_000;
    at += Math.round(gapMs);
    if (byUser) events.push(userSaid(at, 'go on with the next part', 1));
    if (prompt > 150_000) {
      prompt = 12_000;
      cached = 0;
      events.push({ type: 'prefix-change', relation: 'compacted' });
    }
    prompt += Math.round(500 + random() * 2500);
    const read = gapMs > 300_000 || random() < 0.04 ? 0 : cached;
    cached = prompt - 3;
    events.push({
      type: 'call',
      callId: `${index}-${call}`,
      at,
      requestedModel: 'claude-opus-5-5',
      usage: {
        uncachedTokens: 3,
        cacheReadTokens: read,
        cacheWriteTokens: prompt - 3 - read,
        cacheWrite1hTokens: undefined,
        outputTokens: Math.round(80 + random() * 600),
        reasoningTokens: undefined,
      },
      finish: 'tool-calls',
      textCharCount: 100,
      blockCount: 2,
      toolCalls: [
        toolAsked(`t${call}`, TOOLS[Math.floor(random() * TOOLS.length)] ?? 'Read', { path: `f${call % 7}` }),
      ],
    });
  }
  return {
    v: 1,
    client: 'neutral',
    clientVersion: undefined,
    sessionId: asId(`bench-${index}`),
    branchedFrom: undefined,
    sources: [],
    threads: [buildThread({ threadId: 'main' }, events)],
    dropped: NOTHING_DROPPED,
  };
}
