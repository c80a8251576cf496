import { afterEach, describe, expect, test, vi } from 'vitest';
import { billNanoUsd } from '../catalog/bill.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { onStandardTier, withFlex } from '../catalog/service-tiers.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobEvent } from './model/job-event.ts';
import { incumbentIn } from './steps/select-step.ts';

vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

/** Which tiers the calls of a job with one code step asked for. Each is billed at the prices of the row that served it. */
async function tiersOf(
  step: object,
  atFlex?: ScriptedAnswer,
  servedTier?: string,
): Promise<readonly (string | undefined)[]> {
  testBed = await openTestBed({
    pool: ['gpt-6-luna'],
    words: (asked) =>
      asked.request.serviceTier === 'flex' && atFlex !== undefined
        ? atFlex
        : {
            ...fine(asked, [{ ...planned('one', 'code'), ...step }]),
            ...(servedTier === undefined ? {} : { servedTier }),
          },
  });
  const { pointsman, server, workspace } = testBed;
  const ends: Extract<JobEvent, { type: 'call-end' }>[] = [];
  const handle = await pointsman.startJob(
    { task: 'Do it.', workspace, approve: 'all' },
    { onEvent: (event) => void (event.type === 'call-end' && ends.push(event)) },
  );
  expect((await handle.result).status).toBe('done');
  expect(server.objections).toEqual([]);
  const catalog = loadCatalog();
  for (const { model: id, usage, billNanoUsd: billed } of ends) {
    const model = catalog.get(servedTier === undefined ? id : onStandardTier(id));
    expect(billed).toBe(model === undefined || usage === undefined ? undefined : billNanoUsd(model.prices, usage, 0));
  }
  expect(ends.some(({ model }) => model === 'flex/gpt-6-luna')).toBe('deadlineSeconds' in step);
  return server.calls.map(({ request }) => request.serviceTier);
}

test('a transcript stays with its model where the next step may not wait', () => {
  const pool = ['gpt-6-luna', 'gpt-6-sol'].flatMap((id) => loadCatalog().get(id) ?? []);
  const flex = asId<ModelId>('flex/gpt-6-luna');
  expect(incumbentIn(pool, flex)).toBe('gpt-6-luna');
  expect(incumbentIn(withFlex(pool), flex)).toBe(flex);
  expect(incumbentIn(pool, undefined)).toBeUndefined();
});

describe('a planned step that can wait', () => {
  test('goes to the half-price tier, and its neighbours do not', async () => {
    expect(await tiersOf({ deadlineSeconds: 7200 })).toEqual([undefined, 'flex', undefined]);
  });

  test('is billed at the standard price where that tier served it', async () => {
    expect(await tiersOf({ deadlineSeconds: 7200 }, undefined, 'default')).toEqual([undefined, 'flex', undefined]);
  });

  test('does not without a deadline', async () => {
    expect(await tiersOf({})).toEqual([undefined, undefined, undefined]);
  });

  test('goes on on the standard tier where the other turns it away', async () => {
    const tiers = await tiersOf({ deadlineSeconds: 7200 }, { failure: { kind: 'rate-limited', retryAfterMs: 1 } });
    // Tried again once, as every call is.
    expect(tiers).toEqual([undefined, 'flex', 'flex', undefined, undefined]);
  });
});
