import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import { CALL_GAP_MS, USUAL_REQUIREMENTS } from '../../src/decisions/defaults.ts';
import { makeDecision, toOpenRecord, toStepRecord, type MadeDecision } from '../../src/decisions/make-decision.ts';
import { readStep, stepReaders, type StepReaders } from '../../src/decisions/read-step.ts';
import { toDecideInput } from '../../src/decisions/to-decide-input.ts';
import type { CandidateRow, DecideInput } from '../../src/domain/decision.ts';
import { asId, type DecisionId, type ModelId, type SessionId, type StepId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import {
  declaredPart,
  DIFFICULTIES,
  STAKES,
  type Difficulty,
  type Stakes,
  type StepNeed,
} from '../../src/domain/need.ts';
import type { StepKind } from '../../src/domain/step.ts';
import { DAY_MS, type At, type Ratio } from '../../src/domain/time.ts';
import { createBeliefSource, type BeliefSource } from '../../src/learn/beliefs/belief-source.ts';
import type { Beliefs } from '../../src/learn/beliefs/beliefs.ts';
import { plannedStepFeatures } from '../../src/predict/forecast/planned-forecast.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import type { Predictor } from '../../src/predict/predictor.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { USUAL_DIFFICULTY } from '../../src/predict/success/difficulty-scale.ts';
import { logit, sigmoid } from '../../src/predict/success/item-response.ts';
import type { OutcomeRecord, StepRecord } from '../../src/recorder/record.ts';
import { decide } from '../../src/router/decide.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { balancedPolicy } from '../need/route-stream.ts';

/** A stream of steps with planted truth. */
export interface StreamOptions {
  readonly vendors: readonly string[];
  readonly stepCount: number;
  readonly seed: number;
  /** How much of a model's error, up to one logit in all, is the same at every kind of step; the rest is drawn for each. */
  readonly sharedRatio: Ratio;
  /** Share of the reports that say the opposite of what happened. */
  readonly noiseRatio: Ratio;
}

/** A step of the stream with what is true of it. */
export interface PlantedStep {
  readonly kind: StepKind;
  readonly need: StepNeed;
  readonly at: At;
  readonly truth: Truth;
  /** Decides whether a result is right, whoever's it is, and whether the report is turned round. */
  readonly luck: Ratio;
  readonly isTurned: boolean;
}

/** By kind and model: how many logits abler than estimated. */
type Truth = ReadonlyMap<string, number>;

const KINDS = ['plan', 'code', 'review', 'test', 'summarize', 'explore'] as const;
/** Seeds below are for choosing constants; no figure is taken on them. */
export const FIRST_SEED = 10_000;
/** How often which stakes come: minutes, hours, harm. Assumed. */
const STAKES_SHARES = [0.6, 0.3, 0.1] as const;
const STREAM_DAYS = 40;
const START: At = Date.UTC(2026, 9, 1);
const catalog = loadCatalog();
export const estimated: Predictor = createLearnedPredictor(shippedArtifact());

/** Models of these vendors that can call tools, each once. */
export function poolOf(vendors: readonly string[]): readonly Model[] {
  return catalog.models.filter(
    ({ vendor, sameAs, toolCalling }) => vendors.includes(vendor) && sameAs === undefined && toolCalling,
  );
}

/** Abilities are off from the first step on, and off anew from the middle of the stream. */
export function plantedSteps({
  vendors,
  stepCount,
  seed,
  sharedRatio,
  noiseRatio,
}: StreamOptions): readonly PlantedStep[] {
  const random = seededRandom(seed);
  const off = (share: number): number => (2 * random() - 1) * share;
  const truth = (): Truth =>
    new Map(
      poolOf(vendors).flatMap(({ id }) => {
        const shared = off(sharedRatio);
        return KINDS.map((kind) => [`${kind}/${id}`, shared + off(1 - sharedRatio)] as const);
      }),
    );
  const truths = [truth(), truth()] as const;
  return Array.from({ length: stepCount }, (_, index) => {
    const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'code';
    const difficulty = drawn(DIFFICULTIES, USUAL_DIFFICULTY[kind], random());
    const stakes = drawn(STAKES, STAKES_SHARES, random());
    const at = START + Math.floor((index / stepCount) * STREAM_DAYS * DAY_MS);
    const [luck, turned] = [random(), random()];
    return {
      kind,
      need: needOf(kind, difficulty, stakes),
      at,
      truth: truths[index < stepCount / 2 ? 0 : 1],
      luck,
      isTurned: turned < noiseRatio,
    };
  });
}

function drawn<Value>(values: readonly Value[], shares: readonly number[], at: Ratio): Value {
  let left = at;
  const found = values.find((_, index) => (left -= shares[index] ?? 0) < 0) ?? values.at(-1);
  if (found === undefined) throw new RangeError('Nothing to draw from');
  return found;
}

const needs = new Map<string, StepNeed>();

/** One object for each need, so that what is decided on it is decided once. */
function needOf(kind: StepKind, difficulty: Difficulty, stakes: Stakes): StepNeed {
  const key = `${kind} ${difficulty} ${stakes}`;
  const known = needs.get(key) ?? declaredNeed(kind, difficulty, stakes);
  needs.set(key, known);
  return known;
}

function declaredNeed(kind: StepKind, difficulty: Difficulty, stakes: Stakes): StepNeed {
  const parts = {
    kind: declaredPart('kind', kind),
    size: declaredPart('size', 'few'),
    difficulty: declaredPart('difficulty', difficulty),
    stakes: declaredPart('stakes', stakes),
  };
  return { v: 1, ...parts, origin: 'person', grounds: [] };
}

/** The estimates moved to what is true. */
function knowing({ kind, truth }: PlantedStep): Predictor {
  return {
    version: 'truth',
    size: (features, prices) => estimated.size(features, prices),
    quality: async (features, models, prices) => {
      const predicted = await estimated.quality(features, models, prices);
      const estimates = predicted.estimates.map((one) => ({
        ...one,
        successRatio: sigmoid(logit(one.successRatio) + (truth.get(`${kind}/${one.model}`) ?? 0)),
        widthRatio: 0,
      }));
      return { ...predicted, estimates };
    },
  };
}

const policy = balancedPolicy();

/** A step as every door of the product reads and decides it, under the shipped default policy and alone in its session. */
async function decided(step: PlantedStep, models: readonly Model[], readers: StepReaders): Promise<MadeDecision> {
  return makeDecision(await plantedInput(step, models, readers), { decide, shadows: [] });
}

/** What a step of the stream is decided from. */
export async function plantedInput(
  step: Pick<PlantedStep, 'kind' | 'need' | 'at'>,
  models: readonly Model[],
  readers: StepReaders,
): Promise<DecideInput> {
  const planned = {
    stepId: asId<StepId>('planted'),
    kind: step.kind,
    text: '',
    modes: ['isolate'] as const,
    requirements: { ...USUAL_REQUIREMENTS, tools: false },
    requiresWrite: false,
    artifactTokens: 0,
    checks: [],
    need: step.need,
  };
  const features = plannedStepFeatures(planned, { position: 0, plannedStepCount: 1, transcriptTokens: 0 });
  const { stepId, kind, modes, requirements } = planned;
  return toDecideInput({
    decisionId: asId<DecisionId>('planted'),
    now: step.at,
    policy,
    session: { sessionId: asId<SessionId>('planted'), isFirst: true },
    step: { stepId, kind, trigger: 'user', modes, callGapMs: CALL_GAP_MS.own, requirements },
    reading: await readStep(readers, features, { models, policy }),
    future: { forecast: [] },
    models,
    warmth: [],
  });
}

/** Decisions on steps that need the same, made once. */
export type StepDecider = (step: PlantedStep) => Promise<MadeDecision>;

function remembered(models: readonly Model[], readersOf: (step: PlantedStep) => StepReaders): StepDecider {
  const known = new Map<StepNeed, MadeDecision>();
  return async (step) => {
    const made = known.get(step.need) ?? (await decided(step, models, readersOf(step)));
    known.set(step.need, made);
    return made;
  };
}

/** Who decides by these beliefs. */
export function believing(models: readonly Model[], beliefs: Beliefs): StepDecider {
  const readers = stepReaders(estimated, beliefs, undefined);
  return remembered(models, () => readers);
}

/** Who knows what is true, in each half of a stream. */
export function clairvoyant(models: readonly Model[]): StepDecider {
  const halves = new Map<Truth, StepDecider>();
  return (step) => {
    const half = halves.get(step.truth) ?? remembered(models, (one) => stepReaders(knowing(one), undefined, undefined));
    halves.set(step.truth, half);
    return half(step);
  };
}

/** The records of a stream, and what is learned from them as the product learns. */
export class StreamRecords {
  now: At = START;
  readonly beliefs: Pick<BeliefSource, 'current' | 'noticeRecords'> = createBeliefSource({
    recorder: {
      job: () => Promise.resolve(undefined),
      jobs: () => Promise.resolve([]),
      steps: () => Promise.resolve([]),
      step: (id) => Promise.resolve(this.steps.get(id)),
      outcomes: ({ limit }) => Promise.resolve(this.outcomes.slice(-limit).toReversed()),
    },
    clock: () => this.now,
    priorDrift: () => 0,
    scripted: false,
  });
  private readonly steps = new Map<DecisionId, StepRecord>();
  private readonly outcomes: OutcomeRecord[] = [];

  /** A decision that was carried out, and what somebody reported of it. */
  add(made: MadeDecision, step: PlantedStep, reported: Pick<OutcomeRecord, 'verdict' | 'principal'>): void {
    const decisionId = asId<DecisionId>(`planted-${this.outcomes.length}`);
    const input = { ...made.input, decisionId, now: step.at };
    const decision = { ...made.decision, decisionId, at: step.at };
    const open = toOpenRecord({ input, decision, shadows: [] }, { title: '', predictorVersion: '' });
    this.steps.set(decisionId, toStepRecord(open));
    this.outcomes.push({
      v: 1,
      decisionId,
      at: step.at,
      reward: undefined,
      truth: undefined,
      note: undefined,
      ...reported,
    });
  }
}

/** Who was chosen; the stream has nobody who could be refused. */
export function chosenOf({ decision }: MadeDecision): ModelId {
  if (decision.kind === 'refuse') throw new RangeError('A step of the stream was refused');
  return decision.to;
}

/** P(the result of a model is right), as it truly is. */
export function trulyRight(known: MadeDecision, model: ModelId): Ratio {
  return rowOf(known, model).successRatio;
}

/** What a choice truly comes to: its bill and what failing costs, in nano-USD, by the table of who knows. */
export function trueCost(known: MadeDecision, model: ModelId): number {
  const { billNanoUsd, failureNanoUsd } = rowOf(known, model);
  return billNanoUsd + failureNanoUsd;
}

export function rowOf({ decision: { candidates } }: MadeDecision, model: ModelId): CandidateRow {
  const row = candidates.find((one) => one.model === model);
  if (row === undefined) throw new RangeError(`${model} stands in no table`);
  return row;
}
