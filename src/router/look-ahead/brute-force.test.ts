import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep, PromptHead } from '../../domain/forecast.ts';
import type { Model, PriceRow } from '../../domain/model.ts';
import type { StepMode } from '../../domain/step.ts';
import type { HeadWarmth } from '../../domain/warmth.ts';
import {
  TEST_NOW,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aVerifier,
  aWarmth,
} from '../../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import { draftCandidates } from '../candidates.ts';
import { decide } from '../decide.ts';
import { stepFailureNanoUsd } from '../dial.ts';
import { driftRatio } from '../drift.ts';
import { ratesOf } from '../model-rates.ts';
import { lastPromptTokens, mediaIn, priceStep, shapeOf, transcriptAfter } from '../step-cost.ts';
import { searchBeam } from './beam-search.ts';
import { buildProblem } from './build-problem.ts';
import { decisionFrameOf } from './decision-frame.ts';
import { openExactSearch, openGeneralSearch } from './exact-search.ts';
import { USUAL_LOOK } from './look-options.ts';
import { isPlain, openPlainSearch } from './plain-search.ts';
import { departureOf, rootsOf } from './roots.ts';

interface Prefix {
  readonly tokens: number;
  readonly usedAt: number;
  readonly ttlMs: number;
}

/** What a plan leaves behind, kept as plain values: nothing here shares code with the tables of the search. */
interface State {
  readonly transcript: number;
  readonly groupTranscript: number;
  readonly family: string | undefined;
  readonly held: ReadonlyMap<string, Prefix>;
  /** By model and head. */
  readonly heads: ReadonlyMap<string, Prefix>;
  /** What was held before the running parallel group began. */
  readonly before: Pick<State, 'held' | 'heads'>;
}

const TTL_MS = 300_000;
const LONG_MS = 3_600_000;

/** One way to take a step: its cost, and the caches and the transcript's growth that it leaves. */
interface Taken {
  readonly nanoUsd: number;
  readonly grown: number;
  readonly family: string | undefined;
  readonly held: State['held'];
  readonly heads: State['heads'];
}

function waysToTake(
  input: DecideInput,
  step: Pick<ForecastStep, 'modes' | 'size' | 'kind' | 'quality' | 'freshHead'>,
  at: { readonly start: number; readonly transcript: number; readonly met: State['before']; readonly state: State },
): readonly { readonly model: Model; readonly mode: StepMode; readonly isLong: boolean; readonly taken: Taken }[] {
  const { start, transcript, met, state } = at;
  return input.models.flatMap((model) =>
    step.modes.flatMap((mode) =>
      (mode === 'continue' ? [false, true] : [false]).map((isLong) => {
        const shape = shapeOf(model, step.size, mode, transcript, mediaIn(input.session, model));
        const alive = (prefix: Prefix | undefined): number =>
          prefix !== undefined && start - prefix.usedAt <= prefix.ttlMs ? prefix.tokens : 0;
        const head = mode === 'continue' ? input.session.head : step.freshHead;
        const headId = `${model.id}|${head?.key}`;
        const size = cachedTokens(model, (head?.tokens ?? 0) * model.tokenRatio);
        const warmHead = head === undefined ? 0 : Math.min(size, alive(met.heads.get(headId)));
        const warmTokens = Math.max(warmHead, mode === 'continue' ? alive(met.held.get(model.id)) : 0);
        const cost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
        priceStep(
          isLong ? hourRates(model) : ratesOf(model),
          shape,
          { warmTokens, hitRatio: 1, insideHitRatio: 1 },
          cost,
        );
        const success = step.quality.find((row) => row.model === model.id)?.successRatio ?? 0.5;
        const loss = driftRatio(input.drift, state.family, model.family, mode);
        const gamma = stepFailureNanoUsd(input.policy, step);
        const bill = cost.nanoUsd * (model.frontier ? 1 + input.policy.frontierPenaltyRatio : 1);
        const ttlMs = isLong ? LONG_MS : TTL_MS;
        const own = { tokens: cachedTokens(model, lastPromptTokens(shape)), usedAt: start, ttlMs };
        const old = state.heads.get(headId);
        const keepsHour = old !== undefined && old.ttlMs === LONG_MS && alive(old) > 0;
        const ownHead = { tokens: size, usedAt: start, ttlMs: keepsHour ? LONG_MS : ttlMs };
        const taken = {
          nanoUsd: bill + (1 - success + loss) * gamma,
          grown: transcriptAfter(model, step.size, mode, transcript) - transcript,
          family: mode === 'continue' ? model.family : state.family,
          held: mode === 'continue' ? new Map([...state.held, [model.id as string, own]]) : state.held,
          heads: head === undefined ? state.heads : new Map([...state.heads, [headId, ownHead]]),
        };
        return { model, mode, isLong, taken };
      }),
    ),
  );
}

function hourRates(model: Model): ReturnType<typeof ratesOf> {
  const hour = (row: PriceRow): PriceRow => ({ ...row, cacheWrite: row.cacheWrite1h });
  const { base, tiers } = model.prices;
  return ratesOf({
    ...model,
    prices: { ...model.prices, base: hour(base), tiers: tiers.map((tier) => ({ ...tier, row: hour(tier.row) })) },
  });
}

/** The cheapest future by trying everything. */
function bestFuture(input: DecideInput, step: number, clock: number, state: State): number {
  const forecast = input.forecast[step];
  if (forecast === undefined) return 0;
  const previous = step === 0 ? undefined : input.forecast[step - 1]?.parallelGroup;
  const joins = forecast.parallelGroup !== undefined && forecast.parallelGroup === previous;
  const start = joins ? clock : clock + forecast.gapMs;
  const met = joins ? state.before : { held: state.held, heads: state.heads };
  const transcript = joins ? state.groupTranscript : state.transcript;
  let best = Number.POSITIVE_INFINITY;
  for (const { taken } of waysToTake(input, forecast, { start, transcript, met, state })) {
    const rest = bestFuture(input, step + 1, start, {
      transcript: state.transcript + taken.grown,
      groupTranscript: transcript,
      family: taken.family,
      held: taken.held,
      heads: taken.heads,
      before: met,
    });
    best = Math.min(best, taken.nanoUsd * forecast.probabilityRatio + rest);
  }
  return Number.isFinite(best) ? best : 0;
}

/** A prompt under the vendor's minimum leaves nothing warm. */
function cachedTokens(model: Model, prompt: number): number {
  return model.cacheRule.kind === 'none' || prompt < model.cacheRule.minTokens ? 0 : prompt;
}

const arbitraryModel = (index: number): fc.Arbitrary<Model> =>
  fc
    .record({
      input: fc.double({ min: 0.1, max: 10, noNaN: true }),
      readShare: fc.double({ min: 0.02, max: 0.9, noNaN: true }),
      writeShare: fc.double({ min: 1, max: 1.3, noNaN: true }),
      hourShare: fc.constantFrom(1.1, 1.6),
      outputShare: fc.double({ min: 2, max: 6, noNaN: true }),
      tokenRatio: fc.constantFrom(1, 1.2),
      callsRatio: fc.constantFrom(1, 1.5),
      outputRatio: fc.constantFrom(1, 0.8),
      frontier: fc.boolean(),
      family: fc.constantFrom('claude', 'gpt'),
      minTokens: fc.constantFrom(0, 1024, 9000),
      tier: fc.boolean(),
    })
    .map((part) => {
      const base = aPriceRow({
        input: part.input,
        cacheRead: part.input * part.readShare,
        cacheWrite: part.input * part.writeShare,
        cacheWrite1h: part.input * part.writeShare * part.hourShare,
        output: part.input * part.outputShare,
      });
      const dear = aPriceRow({
        input: part.input * 2,
        cacheRead: part.input * part.readShare * 2,
        cacheWrite: part.input * part.writeShare * 2,
        cacheWrite1h: part.input * part.writeShare * part.hourShare * 2,
        output: part.input * part.outputShare * 1.5,
      });
      return aModel({
        id: modelId(`model-${index}`),
        family: part.family,
        frontier: part.frontier,
        tokenRatio: part.tokenRatio,
        callsRatio: part.callsRatio,
        outputRatio: part.outputRatio,
        contextTokens: 10_000_000,
        prices: { base, tiers: part.tier ? [{ aboveTokens: 20_000, row: dear }] : [], peak: undefined },
        cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: part.minTokens }),
      });
    });

const arbitraryInput = fc
  .record({
    models: fc.tuple(arbitraryModel(0), arbitraryModel(1), arbitraryModel(2)),
    transcript: fc.integer({ min: 0, max: 40_000 }),
    media: fc.constantFrom(undefined, undefined, [300, 9000], [12_000, 2000]),
    warm: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    age: fc.integer({ min: 0, max: 290_000 }),
    steps: fc.array(
      fc.record({
        gapMs: fc.constantFrom(5000, 100_000, 400_000),
        callCount: fc.integer({ min: 1, max: 3 }),
        pieceRatio: fc.constantFrom(1, 0.3),
        output: fc.integer({ min: 50, max: 3000 }),
        instruction: fc.integer({ min: 0, max: 4000 }),
        quality: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        probabilityRatio: fc.constantFrom(1, 0.6),
        modes: fc.constantFrom(
          ['continue'] as const,
          ['continue', 'handoff'] as const,
          ['continue', 'handoff', 'isolate'] as const,
        ),
        group: fc.constantFrom(undefined, undefined, 1),
        head: fc.constantFrom(undefined, 'shared', 'own'),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    heads: fc.record({
      tokens: fc.constantFrom(800, 2400),
      current: fc.constantFrom(undefined, 'shared', 'own'),
      isSharedKnown: fc.boolean(),
      warmShare: fc.constantFrom(0, 0.5, 1),
    }),
    gamma: fc.constantFrom(0, 0.01, 0.3),
    phi: fc.constantFrom(0, 0.1),
  })
  .map(({ models, transcript, media, warm, age, steps, heads, gamma, phi }): DecideInput => {
    const head = (key: string | undefined): { freshHead?: PromptHead } =>
      key === undefined ? {} : { freshHead: { key, tokens: heads.tokens } };
    const warmHeads = (model: Model): readonly HeadWarmth[] =>
      ['shared', 'own'].map((key) => ({
        key,
        warmTokens: heads.warmShare * cachedTokens(model, heads.tokens * model.tokenRatio),
        hitRatio: 1,
        lastUsedAt: TEST_NOW - age,
        ttlMs: TTL_MS,
      }));
    const policy = aPolicy({ frontierPenaltyRatio: phi });
    return aDecideInput({
      models,
      mayWriteLong: true,
      policy: {
        ...policy,
        failureNanoUsd: {
          ...policy.failureNanoUsd,
          code: Math.round(gamma * 1e9) as typeof policy.failureNanoUsd.code,
        },
      },
      session: aSession({
        incumbent: models[0].id,
        transcriptTokens: transcript,
        ...(media === undefined ? {} : { mediaTokens: { [models[0].id]: media[0], [models[1].id]: media[1] } }),
        ...(heads.isSharedKnown ? { head: { key: 'shared', tokens: heads.tokens } } : {}),
      }),
      warmth: [
        aWarmth(models[0], warm[0] * transcript, { lastUsedAt: TEST_NOW - age, heads: warmHeads(models[0]) }),
        aWarmth(models[1], warm[1] * transcript, { lastUsedAt: TEST_NOW - age, heads: warmHeads(models[1]) }),
      ],
      step: aStep({ size: aStepSize({ callCount: 1 }), modes: ['continue', 'isolate'], ...head(heads.current) }),
      forecast: steps.map((step) =>
        aForecastStep('code', {
          gapMs: step.gapMs,
          callGapMs: 0,
          probabilityRatio: step.probabilityRatio,
          modes: step.modes,
          parallelGroup: step.group,
          ...head(step.head),
          size: aStepSize({
            callCount: step.callCount,
            pieceRatio: step.pieceRatio,
            outputTokensPerCall: step.output,
            instructionTokens: step.instruction,
          }),
          quality: [aQuality(models[0], step.quality[0]), aQuality(models[1], step.quality[1])],
        }),
      ),
    });
  });

interface ExpectedRow {
  readonly key: string;
  readonly isLong: boolean;
  readonly nowNanoUsd: number;
  readonly futureNanoUsd: number;
}

/** What each choice for the present step costs and leads to. */
function expectedRows(input: DecideInput): readonly ExpectedRow[] {
  const { transcriptTokens, incumbent } = input.session;
  const held = new Map(
    input.warmth.map((row) => [
      row.model as string,
      { tokens: row.warmTokens, usedAt: row.lastUsedAt, ttlMs: row.ttlMs },
    ]),
  );
  const heads = new Map(
    input.warmth.flatMap((row) =>
      (row.heads ?? []).map((head) => [
        `${row.model}|${head.key}`,
        { tokens: head.warmTokens, usedAt: head.lastUsedAt, ttlMs: head.ttlMs },
      ]),
    ),
  );
  const state: State = {
    transcript: transcriptTokens,
    groupTranscript: transcriptTokens,
    family: input.models.find((one) => one.id === incumbent)?.family,
    held,
    heads,
    before: { held, heads },
  };
  const at = { start: input.now, transcript: transcriptTokens, met: state.before, state };
  const step = { ...input.step, quality: input.quality };
  return waysToTake(input, step, at).map(({ model, mode, isLong, taken }) => {
    const transcript = transcriptTokens + taken.grown;
    const after = {
      transcript,
      groupTranscript: transcript,
      family: taken.family,
      held: taken.held,
      heads: taken.heads,
    };
    return {
      key: `${model.id}|${mode}`,
      isLong,
      nowNanoUsd: taken.nanoUsd,
      futureNanoUsd: bestFuture(input, 0, input.now, { ...after, before: after }),
    };
  });
}

test('the exact search finds what trying every plan finds, heads and write classes included', () => {
  const seen = { head: 0, long: 0 };
  fc.assert(
    fc.property(arbitraryInput, (input) => {
      const decision = decide(input, { ...USUAL_LOOK, isWhole: true });
      const expected = expectedRows(input);
      expect(decision.lookahead.method).toBe('exact');
      for (const row of decision.candidates) {
        const own = expected.filter((one) => one.key === `${row.model}|${row.mode}`);
        const best = Math.min(...own.map((one) => one.nowNanoUsd + one.futureNanoUsd));
        const near = 12 + best * 1e-6;
        expect(Math.abs(row.totalNanoUsd - best)).toBeLessThanOrEqual(near);
        const chosen = own.find((one) => one.isLong === (row.writeClass === '1h'));
        expect(Math.abs(row.futureNanoUsd - (chosen?.futureNanoUsd ?? Number.NaN))).toBeLessThanOrEqual(near);
        if (row.mode !== 'continue' && row.warmTokens > 0) seen.head += 1;
        if (row.writeClass === '1h') seen.long += 1;
      }
    }),
    { numRuns: 200, seed: 7 },
  );
  expect(seen.head).toBeGreaterThan(20);
  expect(seen.long).toBeGreaterThan(20);
});

test('the search of plain problems visits the states that the general one visits, and finds the same bytes', () => {
  const seen = { curved: 0, lines: 0 };
  fc.assert(
    fc.property(arbitraryInput, fc.boolean(), (input, hasHeads) => {
      const plain = hasHeads ? input : withoutHeads(input);
      const pool = [...plain.models].sort((a, b) => (a.id < b.id ? -1 : 1));
      const { drafts } = draftCandidates(plain, pool);
      const departure = departureOf(plain, drafts);
      const problem = buildProblem(decisionFrameOf(plain, pool), plain.forecast, departure, { isWhole: true });
      if (!isPlain(problem)) return;
      seen[problem.hasCurves ? 'curved' : 'lines'] += 1;
      const [simple, general] = [openPlainSearch(problem), openGeneralSearch(problem)];
      for (const { root } of rootsOf(plain, problem, drafts)) {
        expect(simple(root, 1e6)).toEqual(general(root, 1e6));
        expect(simple(root, 1)).toEqual(general(root, 1));
      }
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(seen.curved).toBeGreaterThan(30);
  expect(seen.lines).toBeGreaterThan(30);
});

function withoutHeads({
  mayWriteLong: _long,
  session: { head: _head, ...session },
  ...input
}: DecideInput): DecideInput {
  const { freshHead: _fresh, ...step } = input.step;
  const forecast = input.forecast.map(({ freshHead: _own, ...one }) => ({ ...one, parallelGroup: undefined }));
  return { ...input, session, step, forecast };
}

test('a beam that dropped only provably worse plans finds the optimum, never less than it, and says how far off it may be', () => {
  let exactCount = 0;
  let gapCount = 0;
  fc.assert(
    fc.property(arbitraryInput, fc.constantFrom(2, 64), (input, width) => {
      const pool = [...input.models].sort((a, b) => (a.id < b.id ? -1 : 1));
      const { drafts } = draftCandidates(input, pool);
      const problem = buildProblem(decisionFrameOf(input, pool), input.forecast, departureOf(input, drafts), {
        isWhole: true,
      });
      const search = openExactSearch(problem);
      for (const { root } of rootsOf(input, problem, drafts)) {
        const exact = search(root, 1e6)?.nanoUsd ?? Number.NaN;
        const beam = searchBeam(problem, [root], width);
        const found = beam.nanoUsd[0] ?? Number.NaN;
        const bound = beam.boundNanoUsd[0] ?? Number.NaN;
        expect(bound).toBeLessThanOrEqual(exact + 1 + exact * 1e-7);
        if (beam.isExact) expect(bound).toBe(found);
        if (bound < exact - 1) gapCount += 1;
        if (beam.isExact) expect(Math.abs(found - exact)).toBeLessThanOrEqual(1 + exact * 1e-7);
        else expect(found).toBeGreaterThanOrEqual(exact - 1);
        if (beam.isExact) exactCount += 1;
      }
    }),
    { numRuns: 600 },
  );
  expect(exactCount).toBeGreaterThan(400);
  expect(gapCount).toBeGreaterThan(0);
});

test('a parallel fan-out pays cold in every branch', () => {
  const model = aModel({ cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 0 }) });
  const size = aStepSize({ callCount: 1, instructionTokens: 0, outputTokensPerCall: 0 });
  const input = (group: number | undefined): DecideInput =>
    aDecideInput({
      models: [model],
      policy: aPolicy({ dial: 10 }),
      session: aSession({ transcriptTokens: 10_000 }),
      step: aStep({ size, modes: ['isolate'] }),
      forecast: [1, 2, 3].map(() => aForecastStep('code', { size, modes: ['continue'], parallelGroup: group })),
    });
  // 10,500 tokens: written three times at 2.5, or once with two reads at 0.2, per million.
  expect(decide(input(7)).candidates[0]?.futureNanoUsd).toBe(3 * 10_500 * 2500);
  expect(decide(input(undefined)).candidates[0]?.futureNanoUsd).toBe(10_500 * (2500 + 2 * 200));
});

test('steps that can be checked are forecast with their escalation', () => {
  const cheap = aModel({ id: modelId('cheap') });
  const able = aModel({
    id: modelId('able'),
    prices: { base: aPriceRow({ input: 20, output: 100 }), tiers: [], peak: undefined },
  });
  const input = (checks: readonly ReturnType<typeof aVerifier>[]): DecideInput =>
    aDecideInput({
      models: [cheap, able],
      step: aStep({ modes: ['isolate'] }),
      forecast: [
        aForecastStep('code', { modes: ['isolate'], quality: [aQuality(cheap, 0.6), aQuality(able, 0.95)], checks }),
      ],
    });
  const future = (checks: readonly ReturnType<typeof aVerifier>[]): number =>
    decide(input(checks)).candidates[0]?.futureNanoUsd ?? 0;
  expect(future([aVerifier({ sensitivity: { yes: 99, no: 1 } })])).toBeLessThan(future([]));
});
