import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecideInput, HostView } from '../domain/decision.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import { forEachHost, type Model, type PriceRow } from '../domain/model.ts';
import type { Warmth } from '../domain/warmth.ts';
import { TEST_NOW } from '../testing/decision-builders.ts';
import { aDecideInput, aModel, aQuality, aSession, aStep, aStepSize, modelId } from '../testing/index.ts';
import { decisionOf } from '../testing/internal/arbitrary-decisions.ts';
import { decide } from './decide.ts';
import { explainDecision } from './explain/explain.ts';
import { USUAL_LOOK } from './look-ahead/look-options.ts';

/** No host left out, no model left out of a plan. */
const WHOLE = { isWhole: true, maxExtensions: 3e6 };
const OWN = { ...USUAL_LOOK, maxExtensions: 3e6 };

interface DrawnHost {
  readonly of: number;
  readonly priceFactor: number;
  readonly outputFactor: number;
  readonly warmFactor: number | undefined;
  readonly failureRatio: number;
  readonly turn: number;
  readonly ttftMs: number | undefined;
}

const drawnHost: fc.Arbitrary<DrawnHost> = fc.record({
  of: fc.nat(),
  priceFactor: fc.constantFrom(1, 1, 0.8, 1.1, 2),
  outputFactor: fc.constantFrom(1, 1, 1, 0.5),
  warmFactor: fc.constantFrom(undefined, undefined, 0, 0.5, 1, 1.2),
  failureRatio: fc.constantFrom(0, 0, 0.02, 0.5),
  turn: fc.constantFrom(0, 0.25, 0.5, 0.75),
  ttftMs: fc.constantFrom(undefined, 300, 3000),
});

function hostOf(model: Model, host: DrawnHost, at: number): Model {
  const times = (row: PriceRow): PriceRow => ({
    input: row.input * host.priceFactor,
    output: row.output * host.priceFactor * host.outputFactor,
    cacheRead: row.cacheRead === undefined ? undefined : row.cacheRead * host.priceFactor,
    cacheWrite: row.cacheWrite === undefined ? undefined : row.cacheWrite * host.priceFactor,
    cacheWrite1h: row.cacheWrite1h === undefined ? undefined : row.cacheWrite1h * host.priceFactor,
  });
  const endpoint = asId<EndpointId>(`host-${at}`);
  const tiers = model.prices.tiers.map((tier) => ({ ...tier, row: times(tier.row) }));
  const prices = { ...model.prices, base: times(model.prices.base), tiers };
  return { ...model, id: modelId(`${endpoint}/${model.id}`), sameAs: model.id, endpoint, prices };
}

/** The same decision, some of its models at further hosts. */
function withHosts(input: DecideInput, drawn: readonly DrawnHost[]): DecideInput {
  const rows = drawn.flatMap((host, at) => {
    const model = input.models[host.of % input.models.length];
    return model === undefined ? [] : [{ host, model, placed: hostOf(model, host, at) }];
  });
  const models = [...input.models, ...rows.map(({ placed }) => placed)];
  const warmth = rows.flatMap(({ host, model, placed }): readonly Warmth[] => {
    const own = input.warmth.find((row) => row.model === model.id);
    if (own === undefined || host.warmFactor === undefined) return [];
    return [{ ...own, model: placed.id, warmTokens: Math.floor(own.warmTokens * host.warmFactor) }];
  });
  const views = rows.map(({ host, placed }): HostView => ({
    model: placed.id,
    failureRatio: host.failureRatio,
    turn: host.turn,
    ...(host.ttftMs === undefined ? {} : { ttftMs: host.ttftMs }),
  }));
  const hosted = (steps: DecideInput['forecast']): DecideInput['forecast'] =>
    steps.map((step) => ({ ...step, quality: forEachHost(step.quality, models) }));
  const media = input.session.mediaTokens;
  return {
    ...input,
    models,
    warmth: [...input.warmth, ...warmth],
    quality: forEachHost(input.quality, models),
    forecast: hosted(input.forecast),
    ...(input.scenarios === undefined
      ? {}
      : { scenarios: input.scenarios.map((one) => ({ ...one, forecast: hosted(one.forecast) })) }),
    session: {
      ...input.session,
      ...(media === undefined
        ? {}
        : {
            mediaTokens: {
              ...media,
              ...Object.fromEntries(rows.map(({ model, placed }) => [placed.id, media[model.id] ?? 0])),
            },
          }),
    },
    hosts: views,
  };
}

const arbitraryHosted: fc.Arbitrary<DecideInput> = fc
  .tuple(fc.nat(), fc.integer({ min: 1, max: 5 }), fc.array(drawnHost, { minLength: 1, maxLength: 5 }))
  .map(([seed, count, drawn]) => withHosts(decisionOf(seed, count), drawn));

describe('several hosts of one model', () => {
  test('the choice is what it would be if no beaten host were left out', () => {
    let leftOut = 0;
    fc.assert(
      fc.property(arbitraryHosted, (input) => {
        const found = decide(input, OWN);
        const whole = decide(input, WHOLE);
        if (found.lookahead.method === 'beam' || whole.lookahead.method === 'beam') return;
        leftOut += found.rejected.filter(({ code }) => code === 'other-host').length;
        expect(found.kind).toBe(whole.kind);
        if (found.kind === 'refuse' || whole.kind === 'refuse') return;
        expect([found.to, found.mode]).toEqual([whole.to, whole.mode]);
        expect(found.candidates[0]?.totalNanoUsd).toBe(whole.candidates[0]?.totalNanoUsd);
      }),
      { numRuns: 600, seed: 14 },
    );
    expect(leftOut).toBeGreaterThan(40);
  });

  test('the order of the hosts never matters, and deciding again gives the same bytes', () => {
    fc.assert(
      fc.property(arbitraryHosted, (input) => {
        const turned = { ...input, models: input.models.toReversed(), hosts: (input.hosts ?? []).toReversed() };
        expect(decide(structuredClone(turned))).toEqual(decide(input));
      }),
      { numRuns: 100, seed: 14 },
    );
  });
});

describe('affinity', () => {
  const dear = aModel({ id: modelId('opus'), endpoint: asId<EndpointId>('home') });
  const at = (name: string, factor: number): Model =>
    hostOf(
      dear,
      { of: 0, priceFactor: factor, outputFactor: 1, warmFactor: 0, failureRatio: 0, turn: 0, ttftMs: undefined },
      Number(name),
    );
  const warm = (model: Model, warmTokens: number): Warmth => ({
    model: model.id,
    warmTokens,
    hitRatio: 0.95,
    lastUsedAt: TEST_NOW - 10_000,
    ttlMs: 300_000,
  });

  /** A step of one call, nothing after it. */
  const inputOf = (hosts: readonly Model[], warmth: readonly Warmth[], views: readonly HostView[]): DecideInput =>
    aDecideInput({
      models: hosts,
      quality: hosts.map((model) => aQuality(model, 0.9)),
      warmth,
      hosts: views,
      session: aSession({ incumbent: hosts[0]?.id, transcriptTokens: 50_000 }),
      step: aStep({
        modes: ['continue'],
        size: aStepSize({ callCount: 1, outputTokensPerCall: 300, instructionTokens: 0 }),
      }),
      forecast: [],
    });

  test('a session stays at its warm host exactly as long as that is cheaper, expected failures included', () => {
    const view = (model: Model, failureRatio: number): HostView => ({ model: model.id, failureRatio, turn: 0 });
    const ratio = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(fc.integer({ min: 2000, max: 50_000 }), ratio, ratio, (warmTokens, factor, failureRatio) => {
        const cheap = at('1', factor);
        const decision = decide(inputOf([dear, cheap], [warm(dear, warmTokens)], [view(dear, failureRatio)]));
        if (decision.kind === 'refuse') throw new Error('refused');
        const { input, output, cacheRead = 0, cacheWrite = 0 } = dear.prices.base;
        const read = 0.95 * warmTokens;
        const cold = 50_000 * cacheWrite + 300 * output;
        const staying = read * cacheRead + (50_000 - read) * cacheWrite + 300 * output + failureRatio * cold;
        const moving = factor * cold;
        expect(input).toBeGreaterThan(0);
        // A nano-dollar of rounding decides nothing.
        if (Math.abs(staying - moving) < 1) return;
        expect(decision.to).toBe(staying < moving ? dear.id : cheap.id);
      }),
      { numRuns: 300, seed: 14 },
    );
  });

  test('a host that fails often is left, and one that failed once is not', () => {
    const twin = at('1', 1);
    const choose = (failureRatio: number): string | undefined => {
      const decision = decide(inputOf([dear, twin], [warm(dear, 49_000)], [{ model: dear.id, failureRatio, turn: 0 }]));
      return decision.kind === 'refuse' ? undefined : decision.to;
    };
    expect(choose(0.02)).toBe(dear.id);
    expect(choose(0.95)).toBe(twin.id);
  });

  test('a canary that was drawn takes a session that nobody has, and one that was not takes none', () => {
    const canary = at('1', 1.5);
    const twin = at('2', 1);
    const fresh = (views: readonly HostView[], models: readonly Model[] = [dear, canary, twin]): DecideInput => {
      const input = inputOf(models, [], views);
      return { ...input, session: { ...input.session, incumbent: undefined, transcriptTokens: 0 } };
    };
    const view = (drawn: 'drawn' | 'spared'): readonly HostView[] => [
      { model: canary.id, failureRatio: 0, turn: 0, canary: drawn },
    ];
    const chosenOf = (input: DecideInput): string | undefined => {
      const decision = decide(input);
      return decision.kind === 'refuse' ? undefined : decision.to;
    };
    expect(chosenOf(fresh(view('drawn')))).toBe(canary.id);
    expect(chosenOf(fresh(view('spared')))).not.toBe(canary.id);
    // A cheap one is no different, and where nobody else is left it takes the step after all.
    const cheap = { ...at('1', 0.1) };
    expect(chosenOf(fresh(view('spared'), [dear, cheap]))).toBe(dear.id);
    expect(chosenOf(fresh(view('spared'), [cheap]))).toBe(cheap.id);
    // A session that is somewhere stays by its cache.
    const warmed = inputOf([dear, canary], [warm(dear, 49_000)], view('drawn'));
    expect(chosenOf(warmed)).toBe(dear.id);
    expect(chosenOf({ ...warmed, session: { ...warmed.session, incumbent: canary.id }, hosts: view('spared') })).toBe(
      dear.id,
    );
  });

  test('the explanation names the host that was chosen, how it fares, and what speaks against the next', () => {
    const far = at('1', 2);
    const input = inputOf([dear, far], [], [{ model: dear.id, failureRatio: 0.04, turn: 0, ttftMs: 400 }]);
    const said = explainDecision(decide(input, WHOLE), input);
    expect(said).toMatch(
      /Its host is home, one of 2 of opus \(4 % of its calls fail, it begins after 400 ms\)\. host-1\/opus: dearer by its bill/u,
    );
    const alone = inputOf([dear], [], []);
    expect(explainDecision(decide(alone), alone)).not.toContain('Its host');
  });
});
