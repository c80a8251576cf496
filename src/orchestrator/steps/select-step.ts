// One file: the way from a step to its model, its tools and its record, which share the same plan.

import { onStandardTier, withFlex } from '../../catalog/service-tiers.ts';
import { CALL_GAP_MS } from '../../decisions/defaults.ts';
import { makeDecision, toOpenRecord, toStepRecord } from '../../decisions/make-decision.ts';
import { readPlanned, readRiskOf, readStep, stepReaders, type StepReaders } from '../../decisions/read-step.ts';
import type { SessionFacts, StepFacts, StepToDecide } from '../../decisions/step-to-decide.ts';
import { toDecideInput } from '../../decisions/to-decide-input.ts';
import { wordBound } from '../../decisions/word-bound.ts';
import type { BudgetView, CandidateRow, DecideInput, Route, StepView } from '../../domain/decision.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { StepSize } from '../../domain/forecast.ts';
import { asId, type DecisionId, type ModelId } from '../../domain/ids.ts';
import { isNamedIn, type Model } from '../../domain/model.ts';
import { type NanoUsd, toNanoUsd, ZERO_USD } from '../../domain/money.ts';
import { failurePricesOf } from '../../domain/need.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { SECOND_MS, type At, type Tokens } from '../../domain/time.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import { learnedChecks } from '../../learn/beliefs/apply-beliefs.ts';
import { withoutWords, type StepEvidence } from '../../predict/features/step-features.ts';
import { plannedForecast, plannedStepFeatures, type PlannedStep } from '../../predict/forecast/planned-forecast.ts';
import type { RiskReading } from '../../predict/risk-reader.ts';
import { pieceRatioOf } from '../../predict/step-sizes.ts';
import { warmthAt } from '../../warmth/warmth-at.ts';
import { jobReading } from '../calls/reading-call.ts';
import { toolListFor, withSharedHead } from '../context/choose-tools.ts';
import { handsFor } from '../context/hands-for.ts';
import { freshHead, sharedHead } from '../context/step-heads.ts';
import {
  CURRENT_GROUP,
  checksOf,
  isTypical,
  modesOf,
  modelNamedFor,
  remainingAfter,
  scaleSize,
  toPlannedStep,
} from '../context/step-plan.ts';
import { warmthQuery } from '../model/call-log.ts';
import { routeKey, type StepRoute } from '../model/job-facts.ts';
import { leftNanoUsd } from '../model/job-money.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptsOf, countedAttempts, type StepAttempt, type JobState } from '../model/job-state.ts';
import type { KnownTests } from '../model/known-tests.ts';
import { neverSwitched } from '../model/never-switched.ts';
import { whyOf } from '../model/why-phrase.ts';
import { refuseStep } from './no-model-left.ts';

export interface SelectOptions {
  readonly attempt: number;
  /** Steps that start together with this one. */
  readonly parallel: boolean;
  readonly transcriptTokens: Tokens;
  readonly tests: KnownTests;
  /** Families that may not take it. Absent: all may. */
  readonly notFamilies?: readonly string[];
  /** What it may bill, where that is less than the policy's. */
  readonly stepLeftNanoUsd?: NanoUsd | undefined;
}

/**
 * Routes one attempt of a step over the whole remaining plan. The decision is settled in the journal, so that a job which
 * starts over keeps it; it is recorded with every input.
 * @throws PointsmanError `no-eligible-model` with what would have to change; asks when the budget is what stands in the way.
 */
export async function selectStep(
  run: JobRun,
  state: JobState,
  step: JobStep,
  options: SelectOptions,
): Promise<StepRoute> {
  const { journal, recorder } = run.services;
  const key = routeKey(step.stepId, options.attempt);
  const known = await journal.fact(run.entry.jobId, key);
  const route = known ?? (await decideStep(run, state, step, options));
  reportDecision(run, route);
  recorder.writeStep(toStepRecord(route));
  if (route.decision.kind !== 'refuse') {
    return journal.settle(run.entry.jobId, key, route);
  }
  return refuseStep(run, step, route.input, route.decision);
}

/** The candidate that a decision chose. */
export function chosenRow(decision: Route): CandidateRow | undefined {
  return decision.candidates.find((row) => row.model === decision.to && row.mode === decision.mode);
}

/** A route that names a model. */
export function routed(route: StepRoute): Route {
  if (route.decision.kind !== 'refuse') return route.decision;
  throw new PointsmanError('internal', `Step ${route.stepId} was run without a route`);
}

/** The decision alone: nothing is told, recorded or settled. */
export async function decideStep(
  run: JobRun,
  state: JobState,
  step: JobStep,
  options: SelectOptions,
): Promise<StepRoute> {
  const { services, entry } = run;
  const readers = stepReaders(services.predictor, await services.beliefs.current(), services.needs);
  const asked = toDecideInput(await toStep(run, state, step, { ...options, readers }));
  const bound =
    asked.override === undefined
      ? await wordBound(services, asked.policy, async () =>
          toStep(run, state, step, { ...options, readers, isWordless: true }),
        )
      : undefined;
  const made = makeDecision(asked, { ...services, bound });
  const { input, decision } = made;
  const toolList =
    decision.kind === 'refuse'
      ? undefined
      : toolListFor(run, step, { input, decision, warmth: ledgerWarmth(run, input.models, input.now) });
  return toOpenRecord(made, {
    jobId: entry.jobId,
    attempt: options.attempt,
    title: step.title,
    ...(toolList === undefined ? {} : { toolList }),
    predictorVersion: readers.predictor.version,
  });
}

function ledgerWarmth(run: JobRun, models: readonly Model[], now: At): DecideInput['warmth'] {
  return warmthAt(run.calls.ledger(), models, warmthQuery(now, 'tool-result', 'shared'));
}

interface StepOptions extends SelectOptions {
  readonly readers: StepReaders;
  /** As if nothing had been said of it: what it is and what has come of it stays. */
  readonly isWordless?: boolean;
}

/** What a job knows of its step, as `decisions` wants it. */
async function toStep(run: JobRun, state: JobState, step: JobStep, options: StepOptions): Promise<StepToDecide> {
  const { services, entry } = run;
  const { predictor, beliefs } = options.readers;
  const now = services.clock();
  const at = {
    position: positionOf(state, step),
    plannedStepCount: state.steps.length + 2,
    transcriptTokens: options.transcriptTokens,
  };
  const policy = policyFor(run);
  const risk = readRiskOf(run.policy, services.readRisk, entry.request.task);
  const prices = failurePricesOf(policy);
  const remaining = remainingAfter(run, state, step, options.parallel);
  // Read at once: where a model is asked of each, a vendor that hangs holds the decision up once.
  const [own, later] = await Promise.all([
    readJobStep(run, state, step, { options, risk }),
    Promise.all(
      remaining.map(async ({ step: one, parallelGroup: group }) => ({
        one,
        plain: await readJobStep(run, state, one, { options, risk, group }),
      })),
    ),
  ]);
  const read = plannedStepFeatures(own, at, evidenceOf(state, step), 'tool-result');
  const features = options.isWordless === true ? withoutWords(read) : read;
  const reading = await readStep(options.readers, features, {
    models: poolFor(run, step),
    policy,
  });
  const pool = withoutFamilies(eligiblePool(run, state, step, reading.quality), options.notFamilies ?? []);
  const sized = later.map(({ one, plain }) => {
    const size = scaleSize(predictor.size(plannedStepFeatures(plain, at), prices), one.size);
    return { ...plain, size, checks: learnedChecks(beliefs, one.kind, plain.checks), ...freshHeadOf(run, one) };
  });
  const toCome = remaining.map(({ step: one }, index) => ({ step: one, callCount: sized[index]?.size.callCount ?? 1 }));
  const ownSize = sizeOf(step, reading.size);
  const freshSteps = [{ step, callCount: ownSize.callCount }, ...toCome];
  return {
    decisionId: asId<DecisionId>(`${entry.jobId}.${step.stepId}.${options.attempt}`),
    now,
    policy,
    session: sessionFacts(run, state, step, { ...options, risk }),
    step: stepFacts(run, state, step, options),
    reading: { ...reading, size: ownSize, quality: pool.estimates },
    future: {
      forecast: await plannedForecast(sized, predictor, pool.models, { ...at, prices, position: at.position + 1 }),
    },
    models: pool.models,
    warmth: withSharedHead(run, freshSteps, pool.models, ledgerWarmth(run, pool.models, now)),
    hosts: services.hosts?.views(pool.models, entry.sessionId) ?? [],
    budget: budgetOf(run, options),
    override: modelNamedFor(run, step.kind),
    mayWriteLong: true,
  };
}

/** A step as it was planned, with what it needs where that is read. */
async function readJobStep(
  run: JobRun,
  state: JobState,
  step: JobStep,
  of: { readonly options: StepOptions; readonly risk: RiskReading; readonly group?: number | undefined },
): Promise<PlannedStep> {
  const { options, risk, group } = of;
  const plain = toPlannedStep(run, step, {
    artifactTokens: neededTokens(state, step),
    tests: options.tests,
    ...(group === undefined ? {} : { parallelGroup: group }),
  });
  if (isTypical(step) || step.questionTokens !== undefined || options.isWordless === true) return plain;
  return readPlanned(options.readers, plain, {
    declared: { difficulty: step.difficulty, stakes: step.stakes },
    asking: jobReading(run, step, risk),
  });
}

/** What was planned of a step; a question is one call. */
function sizeOf(step: JobStep, size: StepSize): StepSize {
  if (step.questionTokens === undefined) return scaleSize(size, step.size);
  const { callSquareRatio: _, ...rest } = size;
  return {
    ...rest,
    callCount: 1,
    newTokensPerCall: 0,
    isolateTokens: step.questionTokens,
    resultTokens: 0,
    instructionTokens: 0,
    pieceRatio: pieceRatioOf(step.kind, 1),
  };
}

function budgetOf(run: JobRun, { stepLeftNanoUsd: least }: SelectOptions): BudgetView {
  const left = leftNanoUsd(run);
  const ofPolicy = run.policy.budget.stepNanoUsd;
  return {
    jobLeftNanoUsd: left === undefined || left >= 0 ? left : ZERO_USD,
    stepLeftNanoUsd: least === undefined ? ofPolicy : toNanoUsd(Math.min(least, ofPolicy ?? least)),
  };
}

/** An agent's own price of failure replaces the policy's for its kind, in the steps to come as well. */
function policyFor(run: JobRun): RouterPolicy {
  const priced = [...run.agents].filter(([, agent]) => agent.failureNanoUsd !== undefined);
  if (priced.length === 0) return run.policy;
  const own = Object.fromEntries(priced.map(([kind, agent]) => [kind, agent.failureNanoUsd]));
  return { ...run.policy, failureNanoUsd: { ...run.policy.failureNanoUsd, ...own } };
}

function stepFacts(run: JobRun, state: JobState, step: JobStep, options: StepOptions): StepFacts {
  const planned = toPlannedStep(run, step, { artifactTokens: 0, tests: options.tests });
  return {
    stepId: step.stepId,
    kind: step.kind,
    trigger: 'tool-result',
    modes: modesOf(run, step, options.parallel),
    callGapMs: CALL_GAP_MS.own,
    // A retry begins with an instruction; a harness is asked for no effort.
    ...(handsFor(run, step) === undefined ? { effortHolds: 'at-once' as const } : {}),
    ...(options.parallel ? { parallelGroup: CURRENT_GROUP } : {}),
    ...freshHeadOf(run, step),
    ...(step.deadlineSeconds === undefined ? {} : { deadlineMs: step.deadlineSeconds * SECOND_MS }),
    requirements: planned.requirements,
    checks: learnedChecks(options.readers.beliefs, step.kind, checksOf(step, options.tests)),
    tried: countedAttempts(state, step.stepId)
      .filter((attempt) => attempt.status === 'rejected')
      .map(({ model, mode, effort, rejectedBy, judgedBy }) => ({
        model,
        mode,
        ...(effort === undefined ? {} : { effort }),
        rejectedBy: rejectedBy ?? 'contract',
        ...(judgedBy === undefined ? {} : { judgedBy }),
      })),
  };
}

function freshHeadOf(run: JobRun, step: JobStep): Pick<StepView, 'freshHead'> {
  const head = freshHead(run, step);
  return head === undefined ? {} : { freshHead: head };
}

function sessionFacts(
  run: JobRun,
  state: JobState,
  step: JobStep,
  options: SelectOptions & { readonly risk: RiskReading },
): SessionFacts {
  const head = sharedHead(run);
  const calls = run.calls.entries().filter(({ purpose }) => purpose !== 'reader' && purpose !== 'advice');
  const shared = calls.filter((call) => call.thread === 'shared' && call.end?.kind === 'answered');
  const models = calls.filter((call) => call.end?.kind === 'answered').map((call) => onStandardTier(call.model));
  const stayed = neverSwitched(run.services.catalog, calls, ({ stepId, attempt }) =>
    attemptsOf(state, stepId).some(
      (one) =>
        (one.attempt === attempt && one.status === 'rejected') || one.skipped === attempt || one.beside === attempt,
    ),
  );
  return {
    sessionId: run.entry.sessionId,
    incumbent: incumbentIn(poolFor(run, step), shared.at(-1)?.model),
    transcriptTokens: options.transcriptTokens,
    ...(head === undefined ? {} : { head }),
    spentNanoUsd: run.calls.spentNanoUsd(),
    neverSwitchNanoUsd: stayed.nanoUsd,
    ...(stayed.model === undefined ? {} : { neverSwitchModel: stayed.model }),
    ...(calls.every((call) => call.stepId === step.stepId) ? { isFirst: true } : {}),
    switchCount: models.filter((model, index) => index > 0 && model !== models[index - 1]).length,
    // Only the same kind of work: a patch that was hard says nothing about a summary.
    lastEscalationAt: calls.findLast(
      (call) =>
        call.attempt > 0 &&
        call.kind === step.kind &&
        call.purpose === undefined &&
        !attemptsOf(state, call.stepId).some(({ beside, skipped }) => (beside ?? skipped) === call.attempt),
    )?.startedAt,
    authorFamilies: authorFamilies(run, state),
    ...options.risk,
  };
}

/** The model of the shared transcript: that of the standard tier, where this step may not wait. */
export function incumbentIn(pool: readonly Model[], last: ModelId | undefined): ModelId | undefined {
  return last === undefined || pool.some(({ id }) => id === last) ? last : onStandardTier(last);
}

/** Families of the models whose changes stand. */
function authorFamilies(run: JobRun, state: JobState): readonly string[] {
  const authors = state.steps
    .filter((step) => step.kind === 'code')
    .flatMap((step) => attemptsOf(state, step.stepId).filter((attempt) => attempt.status === 'accepted'))
    .flatMap((attempt) => run.services.catalog.get(attempt.model)?.family ?? []);
  return [...new Set(authors)].sort();
}

interface Pool {
  readonly models: readonly Model[];
  readonly estimates: DecideInput['quality'];
}

/**
 * The models that may be asked: not at hosts that are ill or at a limit while another of the same model is free. After a provider failed, its endpoint is left out for this step, and so is every model
 * that is worse than the one that failed, unless it failed again when the job was taken up: a fallback never goes downward in silence.
 */
function eligiblePool(run: JobRun, state: JobState, step: JobStep, estimates: DecideInput['quality']): Pool {
  const failed = countedAttempts(state, step.stepId).filter((attempt) => attempt.status === 'failed');
  const free = freePool(run, step);
  if (failed.length === 0) return { models: free, estimates };
  const success = (model: ModelId): number => estimates.find((row) => row.model === model)?.successRatio ?? 0;
  const needed = Math.max(0, ...failed.filter((one) => one.failedAgain !== true).map(({ model }) => success(model)));
  const endpoints = new Set(failed.flatMap((attempt) => run.services.catalog.get(attempt.model)?.endpoint ?? []));
  const models = free.filter((model) => !endpoints.has(model.endpoint) && success(model.id) >= needed);
  return { models, estimates: estimates.filter((row) => models.some((model) => model.id === row.model)) };
}

function withoutFamilies({ models, estimates }: Pool, families: readonly string[]): Pool {
  if (families.length === 0) return { models, estimates };
  const left = models.filter(({ family }) => !families.includes(family));
  return { models: left, estimates: estimates.filter((row) => left.some(({ id }) => id === row.model)) };
}

/** With the tiers that make calls wait, where the step can; a harness knows no tiers. */
function poolFor(run: JobRun, step: JobStep): readonly Model[] {
  const { pool } = run.services;
  return step.deadlineSeconds === undefined || handsFor(run, step) !== undefined ? pool : withFlex(pool);
}

/** A model that is named is obeyed where it is. */
function freePool(run: JobRun, step: JobStep): readonly Model[] {
  const { hosts } = run.services;
  const pool = poolFor(run, step);
  const free = hosts?.free(pool) ?? pool;
  const named = modelNamedFor(run, step.kind);
  if (free === pool || named === undefined || free.some((model) => isNamedIn([named], model))) return free;
  return pool.filter((model) => model.id === named || free.includes(model));
}

function evidenceOf(state: JobState, step: JobStep): StepEvidence {
  const rejected = attemptsOf(state, step.stepId).filter((attempt) => attempt.status === 'rejected');
  const red = rejected.some((attempt) => /tests$|^reproduction-/u.test(attempt.rejectedBy ?? ''));
  return {
    recentErrorCount: rejected.length,
    repeatedCallCount: 0,
    editsToSameFileCount: 0,
    testsState: red ? 'red' : 'unknown',
    humanCorrectionCount: 0,
    callsInStepCount: 0,
  };
}

/** Artifacts that a step would be handed. */
function neededTokens(state: JobState, step: JobStep): Tokens {
  const from = new Set<string>([...step.inputs, ...step.dependsOn]);
  return state.artifacts
    .filter((ref) => from.has(ref.stepId))
    .reduce((sum, ref) => sum + ref.tokens, estimateTokens(step.goal));
}

function positionOf(state: JobState, step: JobStep): number {
  if (step.kind === 'plan') return 0;
  const index = state.steps.findIndex((other) => other.stepId === step.stepId);
  return index < 0 ? state.steps.length + 1 : index + 1;
}

function reportDecision(run: JobRun, route: StepRoute): void {
  const { decision } = route;
  const of = { stepId: route.stepId, attempt: route.attempt };
  run.emit({
    type: 'decision',
    ...of,
    decisionId: decision.decisionId,
    decision: decision.kind,
    model: decision.kind === 'refuse' ? undefined : decision.to,
    mode: decision.kind === 'refuse' ? undefined : decision.mode,
    ...(route.input.session.isFirst === true ? { isFirst: true } : {}),
    why: whyOf(decision),
  });
}

/** The first entry of an attempt in the state. */
export function toAttempt(route: StepRoute): StepAttempt {
  const decision = routed(route);
  const effort = chosenRow(decision)?.effort;
  return {
    attempt: route.attempt,
    decisionId: decision.decisionId,
    model: decision.to,
    mode: decision.mode,
    ...(effort === undefined ? {} : { effort }),
    status: 'routed',
    rejectedBy: undefined,
    errorCode: undefined,
    feedback: undefined,
    summary: '',
  };
}
