import { asId } from '../../src/domain/ids.ts';
import { buildThread } from '../../src/sessions/build-thread.ts';
import { keepHeapSmall } from '../../src/replay/small-heap.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import { NOTHING_DROPPED } from '../../src/sessions/session-trace.ts';
import { replay } from '../../src/replay/replay.ts';
import { requireModel } from '../../src/catalog/create-catalog.ts';
import { rivalPolicies } from '../../src/replay/policies/rivals.ts';
import { seededRandom } from '../../src/learn/seeded-random.ts';
import { userSaid, toolAsked } from '../../src/sessions/thread-event.ts';
import type { Figures } from '../../src/domain/figure.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import type { ThreadEvent } from '../../src/sessions/thread-event.ts';

const SESSION_COUNT = 1000;
const CALL_COUNT = 1000;
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
    'replay.peak.mb': { value: Math.round(peakMb), unit: 'MB', seed: SEED, n: clock.callCount, label: 'measured' },
  };
}

interface Clock {
  /** Time spent making sessions, which is not replay. */
  spentMs: number;
  callCount: number;
  startedAt?: number;
}

async function* sessions(clock: Clock): AsyncGenerator<SessionTrace> {
  const random = seededRandom(SEED);
  clock.startedAt = performance.now();
  for (let index = 0; index < SESSION_COUNT; index += 1) {
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
