import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { billNanoUsd } from '../catalog/bill.ts';
import type { CallRequest, StreamPart } from '../domain/call.ts';
import { PointsmanError } from '../domain/errors.ts';
import { asId, type EndpointId, type JobId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { messageText } from '../domain/transcript.ts';
import type { Usage } from '../domain/usage.ts';
import type { ModelProvider } from '../providers/provider.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';
import { cutStreamError } from '../wires/shared/stream-decoder.ts';
import type { JobReport } from './model/job-report.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const FATES = ['whole', 'whole', 'whole', 'untold', 'cut', 'cut-early', 'refused'] as const;
interface CallFate {
  readonly fate: (typeof FATES)[number];
  readonly words: number;
}

/** A vendor that knows what it has really billed, whoever reads its answers. */
interface CountingVendor {
  readonly providers: ReadonlyMap<EndpointId, ModelProvider>;
  billedNanoUsd: number;
  /** By one call. */
  dearestNanoUsd: number;
  runningCount: number;
}

const PLAN = [
  planned('one', 'code'),
  ...['a', 'b', 'c', 'd'].map((id) => planned(id, 'review', ['one'])),
  planned('two', 'code', ['a', 'b', 'c', 'd']),
];

function countingVendor(fates: readonly CallFate[]): CountingVendor {
  let index = 0;
  const bill = (model: Model, usage: Usage): void => {
    const one = billNanoUsd(model.prices, usage, Date.now());
    vendor.billedNanoUsd += one;
    vendor.dearestNanoUsd = Math.max(vendor.dearestNanoUsd, one);
  };
  async function* stream(...call: Parameters<ModelProvider['stream']>): AsyncGenerator<StreamPart> {
    vendor.runningCount += 1;
    try {
      yield* answer(...call);
    } finally {
      vendor.runningCount -= 1;
    }
  }
  async function* answer(
    model: Model,
    request: CallRequest,
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<StreamPart> {
    await Promise.resolve();
    const { fate, words } = fates[index++ % fates.length] ?? { fate: 'whole', words: 10 };
    const asked = request.messages.map(messageText).join('\n');
    const promptTokens = Math.ceil((request.system.length + asked.length) / 4);
    const said = `${'word '.repeat(words)}\n${fine({ kind: kindIn(asked) }, PLAN).text ?? ''}`;
    const usageAt = (text: string): Usage => ({
      uncachedTokens: promptTokens,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: Math.min(Math.ceil(text.length / 4), request.maxOutputTokens ?? Infinity),
      reasoningTokens: undefined,
    });
    if (fate === 'refused') {
      const error = new PointsmanError('provider-unavailable', 'Busy', { retryable: true, details: { status: 529 } });
      return yield { type: 'error', error, usage: undefined };
    }
    if (signal.aborted || fate === 'cut-early') {
      bill(model, usageAt(''));
      const error = signal.aborted ? new PointsmanError('aborted', 'Aborted') : cutStreamError();
      return yield { type: 'error', error, usage: undefined };
    }
    const text = fate === 'cut' ? said.slice(0, said.length / 2) : said;
    bill(model, usageAt(text));
    yield { type: 'start', servedModel: model.wireModel, requestId: undefined };
    yield { type: 'text-start', index: 0 };
    yield { type: 'text-delta', index: 0, text };
    if (fate === 'cut') return yield { type: 'error', error: cutStreamError(), usage: undefined };
    yield { type: 'text-end', index: 0 };
    const usage = fate === 'untold' ? undefined : usageAt(text);
    return yield { type: 'finish', reason: 'stop', usage, ttftMs: 1, durationMs: 1 };
  }
  const ids = ['anthropic', 'openai'].map((id) => asId<EndpointId>(id));
  const vendor: CountingVendor = {
    providers: new Map(ids.map((endpoint) => [endpoint, { endpoint, stream }])),
    billedNanoUsd: 0,
    dearestNanoUsd: 0,
    runningCount: 0,
  };
  return vendor;
}

function kindIn(asked: string): string {
  return [...asked.matchAll(/^# Step \d+ of \d+: (\w+), /gmu)].at(-1)?.[1] ?? '';
}

test('no job bills more than its budget and one call, however its calls end and whenever it is stopped', async () => {
  const overruns: number[] = [];
  const aFate = fc.record({ fate: fc.constantFrom(...FATES), words: fc.constantFrom(1, 40, 400, 4000, 12_000) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(aFate, { minLength: 3, maxLength: 12 }),
      fc.double({ min: 0.02, max: 1.5, noNaN: true }),
      fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 3 }),
      async (fates, budgetUsd, stops) => {
        const vendor = countingVendor(fates);
        testBed = await openTestBed({ words: fine, options: { providers: vendor.providers } });
        const { pointsman, workspace } = testBed;
        let report: JobReport | undefined;
        for (const stopAt of [...stops, Infinity]) {
          const stop = new AbortController();
          let seen = 0;
          const options = { signal: stop.signal, onEvent: () => (seen += 1) === stopAt && stop.abort() };
          report =
            report === undefined
              ? await pointsman.runJob({ task: 'Do it.', workspace, budgetUsd, dial: 0 }, options)
              : await (
                  await pointsman.resumeJob(report.jobId, options)
                ).result;
          if (report.status !== 'paused') break;
        }
        // A job that failed in one of its steps is over before the calls of the others are.
        await vi.waitFor(() => expect(vendor.runningCount).toBe(0));
        const jobId = report?.jobId ?? asId<JobId>('');
        const over = vendor.billedNanoUsd - budgetUsd * 1e9;
        overruns.push(over);
        expect(over).toBeLessThanOrEqual(vendor.dearestNanoUsd);
        await vi.waitFor(async () => {
          const { spentNanoUsd, mayHaveBilledNanoUsd } = (await pointsman.jobStatus(jobId)).bill;
          expect(spentNanoUsd + mayHaveBilledNanoUsd).toBeGreaterThanOrEqual(vendor.billedNanoUsd * 0.99);
        });
        await testBed.close();
        testBed = undefined;
      },
    ),
    { numRuns: 16, seed: 20_261_129 },
  );
  // Some ran into their budget, or nothing was tried.
  expect(overruns.some((over) => over > -1e7)).toBe(true);
}, 900_000);
