import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalog, shippedModels } from '../../catalog/load-catalog.ts';
import { makeDecision } from '../../decisions/make-decision.ts';
import { streamInputs } from '../../decisions/pool-dial.ts';
import { asId, type DecisionId } from '../../domain/ids.ts';
import { DAY_MS } from '../../domain/time.ts';
import { loadPolicies } from '../../policy/load-policies.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { decide } from '../../router/decide.ts';
import { fine, openTestBed } from '../../testing/internal/test-bed.ts';
import { aStepRecord } from '../../testing/record-builders.ts';
import { command } from '../commands/policies-command.ts';
import { EXIT } from '../input/exit-code.ts';

const store = mkdtempSync(path.join(tmpdir(), 'pointsman-own-dial-'));
afterAll(() => rmSync(store, { recursive: true }));

const policy = loadPolicies(loadCatalog()).get('balanced')?.policy;
const models = shippedModels().filter(({ id }) => /^claude-(?:opus-4-8|sonnet-5|haiku-4-5)$/u.test(id));

/** Sixteen steps of every kind, easy to hard, over two days. */
beforeAll(async () => {
  if (policy === undefined) throw new RangeError('The policy "balanced" is shipped.');
  const recorder = openSqliteRecorder({
    file: path.join(store, 'records.db'),
    onWriteError: (error) => {
      throw error;
    },
  });
  const stream = streamInputs(policy, models);
  const inputs = stream.filter((_, index) => index % Math.floor(stream.length / 16) === 0).slice(0, 16);
  const since = Date.now() - 3 * DAY_MS;
  for (const [index, asked] of inputs.entries()) {
    const startedAt = since + (index * 2 * DAY_MS) / (inputs.length - 1);
    const input = { ...asked, policy, decisionId: asId<DecisionId>(`dec_${index}`) };
    const made = makeDecision(input, { decide, shadows: [] });
    recorder.writeStep(aStepRecord({ input: made.input, decision: made.decision, startedAt }));
  }
  await recorder.close();
});

async function said(args: readonly string[], dir = store): Promise<{ readonly exit: number; readonly out: string }> {
  let out = '';
  const exit = await command.run(args, {
    stdout: (text) => void (out += text),
    stderr: () => undefined,
    env: { POINTSMAN_STORE: dir, HOME: dir },
    cwd: dir,
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { exit, out };
}

interface Calibrated {
  readonly stepCount: number;
  readonly days: number;
  readonly effects: readonly { readonly dial: number; readonly billNanoUsd: number; readonly successRatio: number }[];
}

describe('pointsman policies ID --calibrate --on records', () => {
  test('decides own steps again at every notch: cheaper and less sure as the dial rises', async () => {
    const { data } = JSON.parse((await said(['balanced', '--calibrate', '--on', 'records', '--json'])).out) as {
      readonly data: Calibrated;
    };
    expect([data.stepCount, data.days, data.effects.length]).toEqual([16, 2, 11]);
    const [ablest, thriftiest] = [data.effects[0], data.effects[10]];
    expect(ablest?.billNanoUsd).toBeGreaterThan(thriftiest?.billNanoUsd ?? 0);
    expect(ablest?.successRatio).toBeGreaterThan(thriftiest?.successRatio ?? 1);
  });

  test('finds the dial for a bill and for a success, and says when the traffic cannot', async () => {
    const { data } = JSON.parse((await said(['balanced', '--calibrate', '--on', 'records', '--json'])).out) as {
      readonly data: Calibrated;
    };
    const middle = (data.effects[5]?.billNanoUsd ?? 0) / 1e9 / data.days;
    const met = await said(['balanced', '--calibrate', '--spend-at-most', String(middle * 1.001)]);
    expect(met.exit).toBe(EXIT.ok);
    expect(met.out).toMatch(
      /^dial [0-5]: \$[\d.]+ a day at [\d.]+ % of the best model's success\. To use it, put "dial: [0-5]"/u,
    );
    const all = await said(['balanced', '--calibrate', '--success-at-least', '50%']);
    expect(all.out).toMatch(/^dial \d+/u);
    const none = await said(['balanced', '--calibrate', '--spend-at-most', '0.0000001']);
    expect(none.exit).toBe(EXIT.failed);
    expect(none.out).toContain('Your traffic cannot: no dial is as cheap as that. Nearest is dial 10');
    expect(none.out).toContain('modelled, not measured');
  });

  test.each([
    [['--on', 'records'], /for measuring the dial of one policy/u],
    [['balanced', '--spend-at-most', '5'], /for measuring the dial of one policy/u],
    [['balanced', '--calibrate', '--on', 'moon'], /--on moon/u],
    [['balanced', '--calibrate', '--on', 'records', '--pool', 'all'], /bring their own pool/u],
    [['balanced', '--calibrate', '--spend-at-most', 'lots'], /--spend-at-most lots/u],
    [['balanced', '--calibrate', '--success-at-least', '101'], /--success-at-least 101/u],
    [['balanced', '--calibrate', '--on', 'records', '--days', '0'], /--days 0/u],
  ])('%j is an error with a hint', async (args, message) => {
    await expect(said(args)).rejects.toThrow(
      expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringMatching(/\w/u) }),
    );
  });

  test('a policy that takes none of the steps has no bill of nothing', async () => {
    await expect(said(['local-only', '--calibrate', '--spend-at-most', '5'])).rejects.toThrow(
      expect.objectContaining({ code: 'request-invalid', message: expect.stringContaining('refuses every one') }),
    );
  });

  test('without a step there is nothing to measure on', async () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'pointsman-own-dial-empty-'));
    await expect(said(['balanced', '--calibrate', '--on', 'records'], empty)).rejects.toThrow(
      /No step of the last 30 days/u,
    );
    rmSync(empty, { recursive: true });
  });
});

test('on the steps of jobs that ran here a bill and a success are met, or it says that this traffic cannot', async () => {
  const bed = await openTestBed({ words: fine });
  try {
    for (const task of ['Mend the rounding.', 'Rename the field.'])
      expect(await bed.pointsman.runJob({ task, workspace: bed.workspace })).toMatchObject({ status: 'done' });
    await bed.pointsman.close();
    const own = ['balanced', '--calibrate', '--on', 'records'];
    const met = await said([...own, '--spend-at-most', '1000', '--success-at-least', '50 %'], bed.store);
    expect([met.exit, met.out]).toEqual([EXIT.ok, expect.stringMatching(/^dial \d+.*To use it, put "dial: \d+"/u)]);
    const cannot = await said([...own, '--spend-at-most', '0'], bed.store);
    expect([cannot.exit, cannot.out]).toEqual([
      EXIT.failed,
      expect.stringMatching(/^Your traffic cannot: no dial is as cheap/u),
    ]);
  } finally {
    await bed.close();
  }
}, 60_000);
