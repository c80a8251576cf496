import { describe, expect, test } from 'vitest';
import { requireModel } from '../../catalog/create-catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { loadPolicies } from '../../policy/load-policies.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { seededRandom } from '../../stats/seeded-random.ts';
import { aTrace } from '../../testing/internal/workload-builders.ts';
import { replay, type ReplayShare } from '../replay.ts';
import type { ReplayReport } from '../report/replay-report.ts';
import { freshPolicy, ourPolicies } from '../rules/ours.ts';
import { rivalPolicies } from '../rules/rivals.ts';
import { recordedStepsReader } from './recorded-steps-reader.ts';

const catalog = loadCatalog();
const pool = ['claude-opus-5-5', 'claude-sonnet-5', 'gpt-6-luna'].map((id) => requireModel(catalog, id));
const balanced = [...loadPolicies(catalog).values()].map((one) => one.policy).filter(({ id }) => id === 'balanced');
const policies = [...ourPolicies(balanced), ...balanced.map(freshPolicy), ...rivalPolicies()];
const reading = { artifactFile: undefined };

/** Sessions of uneven length with pauses and misses, a month apart so that spans of time have to be joined. */
function sessions(count: number): readonly SessionTrace[] {
  const random = seededRandom(20_261_130);
  return Array.from({ length: count }, (_, id) => {
    let prompt = 4001;
    const calls = Array.from({ length: 2 + Math.floor(random() * (id % 3 === 0 ? 40 : 6)) }, (__, index) => {
      const before = prompt;
      prompt += Math.round(200 + random() * 4000);
      const gapMs = random() < 0.2 ? 900_000 : 5000 + id * 40_000_000;
      return {
        model: random() < 0.8 ? 'claude-opus-5-5' : 'claude-sonnet-5',
        prompt,
        read: index === 0 || random() < 0.2 ? 0 : before - 1,
        output: Math.round(random() * 900),
        kind: random() < 0.5 ? ('explore' as const) : ('code' as const),
        gapMs,
      };
    });
    return aTrace(calls, `session-${id}`);
  });
}

async function* each(traces: readonly SessionTrace[]): AsyncGenerator<SessionTrace> {
  await Promise.resolve();
  yield* traces;
}

function run(share?: ReplayShare, stop?: AbortSignal, traces = sessions(14)): Promise<ReplayReport> {
  return replay(
    each(traces),
    {
      catalog,
      pool,
      policies,
      needs: recordedStepsReader(reading),
      eventCount: 4,
      timelineCount: 2,
      ...(stop === undefined ? {} : { stop }),
    },
    share,
  );
}

describe('priceSessions', () => {
  test('other threads give the same report to the last bit', { timeout: 120_000 }, async () => {
    const alone = JSON.stringify(await run());
    expect(JSON.stringify(await run({ threadCount: 2, reading }))).toBe(alone);
    expect(JSON.parse(alone)).toMatchObject({ recorded: { sessionCount: 14 } });
  });

  test('what other threads cannot read is said as it is said here', { timeout: 120_000 }, async () => {
    const artifactFile = '/nowhere/need.json';
    expect(() => recordedStepsReader({ artifactFile })).toThrow();
    await expect(run({ threadCount: 1, reading: { artifactFile } })).rejects.toMatchObject({
      code: 'artifact-invalid',
    });
  });

  test(
    'a session that cannot be priced is an error in its turn, wherever it was priced',
    { timeout: 120_000 },
    async () => {
      const broken = sessions(6).map((one, index) => (index === 2 ? { ...one, threads: undefined as never } : one));
      for (const share of [undefined, { threadCount: 1, reading }]) {
        await expect(run(share, undefined, broken)).rejects.toThrow(/not iterable/u);
      }
    },
  );

  test('a policy that no recipe makes is run here, and the others with it', { timeout: 120_000 }, async () => {
    const [plain] = rivalPolicies();
    const own = { name: 'own', summary: '', source: 'test', start: () => ({ choose: () => 0 }) };
    const options = { catalog, pool, policies: [own, ...(plain === undefined ? [] : [plain])] };
    const traces = sessions(3);
    const shared = await replay(each(traces), options, { threadCount: 1, reading: { artifactFile: '/nowhere' } });
    expect(shared).toEqual(await replay(each(traces), options));
  });

  test('stopped, it ends with what was priced, other threads or not', { timeout: 120_000 }, async () => {
    const traces = sessions(30);
    for (const share of [undefined, { threadCount: 1, reading }]) {
      const stop = new AbortController();
      stop.abort();
      const report = await run(share, stop.signal, traces);
      expect(report.recorded.sessionCount).toBe(0);
    }
  });
});
