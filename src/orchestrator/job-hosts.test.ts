import { afterEach, expect, test } from 'vitest';
import type { ScriptedFailure } from '../providers/scripted/script.ts';
import { fine, openTestBed, type TestBed } from '../testing/internal/test-bed.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const HOSTS = `
endpoints:
  eu:
    baseUrl: "\${POINTSMAN_ANTHROPIC_BASE_URL}"
    wires: [anthropic-messages]
    apiKeyName: POINTSMAN_ANTHROPIC_API_KEY
    priceRatio: 0.5
    models: { claude-opus-5-5: { wireModel: claude-opus-of-eu } }
`;

/** Jobs over a cheap host that fails, and a dear one that does not. */
async function openHosts(failure: ScriptedFailure): Promise<TestBed> {
  testBed = await openTestBed({
    pool: ['claude-opus-5-5'],
    files: { 'pointsman.config.yaml': HOSTS },
    words: (asked) => (asked.request.model === 'claude-opus-of-eu' ? { text: '', failure } : fine(asked)),
  });
  return testBed;
}

const callsTo = (home: TestBed, model: string): number =>
  home.server.calls.filter(({ request }) => request.model === model).length;

test.each<ScriptedFailure>([{ kind: 'overloaded' }, { kind: 'rate-limited', retryAfterMs: 3_600_000 }])(
  'a job goes to the same model elsewhere when its host fails, and its next job does not ask that host first: %j',
  async (failure) => {
    const home = await openHosts(failure);
    const first = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace });
    expect(first.status).toBe('done');
    expect(first.steps.filter(({ status }) => status === 'accepted').map(({ model }) => model)).not.toContain(
      'eu/claude-opus-5-5',
    );
    const asked = callsTo(home, 'claude-opus-of-eu');
    expect(asked).toBeGreaterThan(0);
    const second = await home.pointsman.runJob({ task: 'Do it again.', workspace: home.workspace });
    expect([second.status, callsTo(home, 'claude-opus-of-eu') - asked]).toEqual(['done', 0]);
  },
);

test('the decisions of a job hear how its hosts fare', async () => {
  const home = await openHosts({ kind: 'overloaded' });
  const { jobId } = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace });
  const [first, ...later] = (await home.pointsman.jobSteps(jobId)).map(({ input }) => input.hosts);
  expect(first?.map(({ model, failureRatio }) => [model, failureRatio])).toEqual([
    ['claude-opus-5-5', 0],
    ['eu/claude-opus-5-5', 0],
  ]);
  const failing = later.flatMap((rows) => rows?.filter(({ model }) => model === 'eu/claude-opus-5-5') ?? []);
  expect(Math.max(...failing.map(({ failureRatio }) => failureRatio))).toBeGreaterThan(0.5);
  expect(failing.length).toBeGreaterThan(0);
});
