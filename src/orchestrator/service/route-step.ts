import { requireModel } from '../../catalog/create-catalog.ts';
import { withFlex } from '../../catalog/service-tiers.ts';
import { CALL_GAP_MS } from '../../decisions/defaults.ts';
import { makeDecision, toOpenRecord, toStepRecord } from '../../decisions/make-decision.ts';
import { readNeed, readRiskOf, readStep, stepReaders, type StepReaders } from '../../decisions/read-step.ts';
import type { StepToDecide } from '../../decisions/step-to-decide.ts';
import { budgetLeft, toDecideInput } from '../../decisions/to-decide-input.ts';
import { wordBound } from '../../decisions/word-bound.ts';
import { asId, type DecisionId, type SessionId, type StepId } from '../../domain/ids.ts';
import type { Modality, Model } from '../../domain/model.ts';
import { ZERO_USD, toNanoUsd } from '../../domain/money.ts';
import { failurePricesOf, likeliestOf } from '../../domain/need.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { STEP_MODES, type StepKind } from '../../domain/step.ts';
import type { Warmth } from '../../domain/warmth.ts';
import { withoutWords } from '../../predict/features/step-features.ts';
import { guessStepKind } from '../../predict/features/step-kind-rules.ts';
import { plannedForecast, plannedStepFeatures, type PlannedStep } from '../../predict/forecast/planned-forecast.ts';
import { withDeclared, type StepToRead } from '../../predict/need/need-reader.ts';
import type { JobServices } from '../model/job-run.ts';
import type { RouteAdvice, RouteStepRequest } from '../model/pointsman.ts';
import { whyOf } from '../model/why-phrase.ts';
import { adviceReading } from './advice-reading.ts';
import { checkRequiredTools } from './required-tools.ts';

const MAX_ALTERNATIVES = 5;

export interface RouteOptions {
  readonly policy: RouterPolicy;
  /** Of the decision. */
  readonly id: string;
  /** As if nothing had been said of it. */
  readonly isWordless?: boolean;
}

/**
 * Advice for one step of somebody else's session: decided as a job's steps are. Nothing is run; the decision is
 * recorded with its inputs.
 * @throws PointsmanError `not-found` for a model that the catalogue does not have, `request-invalid` for a tool that exists nowhere, with names
 *   that look like it
 */
export async function routeStep(
  services: JobServices,
  request: RouteStepRequest,
  options: RouteOptions,
): Promise<RouteAdvice> {
  checkRequiredTools(request.requiredTools ?? [], request.tools);
  const readers = stepReaders(services.predictor, await services.beliefs.current(), services.needs);
  const input = toDecideInput(await toStep(services, readers, request, options));
  const bound = await wordBound(services, options.policy, async () =>
    toStep(services, readers, request, { ...options, isWordless: true }),
  );
  const made = makeDecision(input, { ...services, bound });
  const about = { title: request.text.slice(0, 120), predictorVersion: readers.predictor.version };
  services.recorder.writeStep(toStepRecord(toOpenRecord(made, about)));
  const { decision } = made;
  const best = decision.candidates[0];
  const missing = missingFor(services, request);
  return {
    decisionId: decision.decisionId,
    decision,
    model: decision.kind === 'refuse' ? undefined : decision.to,
    mode: decision.kind === 'refuse' ? undefined : decision.mode,
    why: whyOf(decision),
    alternatives: decision.candidates.slice(1, 1 + MAX_ALTERNATIVES).map((row) => ({
      model: row.model,
      mode: row.mode,
      totalNanoUsd: row.totalNanoUsd,
      moreNanoUsd: toNanoUsd(row.totalNanoUsd - (best?.totalNanoUsd ?? row.totalNanoUsd)),
    })),
    ...(missing === undefined ? {} : { missing }),
  };
}

/** What is decided on, without deciding. */
export async function openAdvice(
  services: JobServices,
  request: RouteStepRequest,
  options: RouteOptions,
): Promise<StepToDecide> {
  const readers = stepReaders(services.predictor, await services.beliefs.current(), services.needs);
  return toStep(services, readers, request, options);
}

async function toStep(
  services: JobServices,
  readers: StepReaders,
  request: RouteStepRequest,
  { policy, id, isWordless = false }: RouteOptions,
): Promise<StepToDecide> {
  const now = services.clock();
  const models = askedModels(services, request);
  const current = request.currentModel === undefined ? undefined : requireModel(services.catalog, request.currentModel);
  const need = request.need && withDeclared(request.need, { ...request, kind: undefined });
  const transcriptTokens = request.transcriptTokens ?? 0;
  const at = { position: 0, plannedStepCount: 1 + (request.nextKinds?.length ?? 0), transcriptTokens };
  const said = need === undefined ? request.kind : likeliestOf(need, 'kind').value;
  const plain = toPlanned(said ?? guessStepKind(request.text, []).kind, request, id);
  const guessed = need === undefined ? plain : { ...plain, need };
  const risk = readRiskOf(policy, services.readRisk, request.text);
  const sessionId = request.sessionId ?? asId<SessionId>(`session-${id}`);
  const asking = adviceReading(services, { policy, models, risk, now, sessionId, stepId: plain.stepId });
  const features = isWordless
    ? withoutWords({ ...plannedStepFeatures(plain, at), kind: 'other', kindConfidenceRatio: 1 })
    : await readNeed(readers, { ...plannedStepFeatures(guessed, at), toRead: toStepToRead(request) }, asking);
  const { kind } = features;
  const planned = toPlanned(kind, request, id);
  const following = (request.nextKinds ?? []).map((next, index) => toPlanned(next, request, `${id}.${index + 1}`));
  return {
    decisionId: asId<DecisionId>(id),
    now,
    policy,
    session: {
      sessionId,
      incumbent: current?.id,
      transcriptTokens,
      ...(current === undefined && transcriptTokens === 0 ? { isFirst: true } : {}),
      ...risk,
    },
    step: {
      stepId: planned.stepId,
      kind,
      trigger: 'user',
      modes: planned.modes,
      callGapMs: CALL_GAP_MS.own,
      ...(request.deadlineMs === undefined ? {} : { deadlineMs: request.deadlineMs }),
      requirements: planned.requirements,
    },
    reading: await readStep(readers, features, { models, policy }),
    future: {
      forecast: await plannedForecast(following, readers.predictor, models, {
        ...at,
        position: 1,
        prices: failurePricesOf(policy),
      }),
    },
    models,
    warmth: warmOf(request, current, now),
    ...(services.hosts === undefined ? {} : { hosts: services.hosts.views(models, sessionId) }),
    budget: budgetLeft(policy, ZERO_USD),
  };
}

/** What the caller declares is what it is; the rest is read from its words. */
function toStepToRead({ text, kind, size, difficulty, stakes, requiredTools: tools }: RouteStepRequest): StepToRead {
  return { text, before: [], origin: 'person', declared: { kind, size, difficulty, stakes }, tools };
}

/** Those that were named, else what advice may be about; on tiers that make calls wait as well, where the step can. */
function askedModels(services: JobServices, request: RouteStepRequest): readonly Model[] {
  const { models, deadlineMs } = request;
  const standard = models?.map((name) => requireModel(services.catalog, name)) ?? advisable(services, request);
  return deadlineMs === undefined ? standard : withFlex(standard);
}

/** Advice calls nothing: where nothing can be called from here, it is about what the caller's own client has, by the model it uses. */
function advisable(services: JobServices, { currentModel }: RouteStepRequest): readonly Model[] {
  const { pool, catalog } = services;
  if (pool.length > 0) return pool;
  if (currentModel === undefined) return catalog.models;
  const { endpoint } = requireModel(catalog, currentModel);
  return catalog.models.filter((model) => model.endpoint === endpoint);
}

function missingFor(
  services: Pick<JobServices, 'pool'>,
  { models, currentModel }: RouteStepRequest,
): string | undefined {
  if (models !== undefined || services.pool.length > 0) return undefined;
  return currentModel === undefined
    ? 'No key is set, so none of these can be called from here. Name the models that your client has (models, or currentModel).'
    : 'No key is set: only models of the same vendor are advised, which your own client has to call.';
}

function toPlanned(kind: StepKind, request: RouteStepRequest, id: string): PlannedStep {
  const toolNames = request.requiredTools ?? [];
  return {
    stepId: asId<StepId>(id),
    kind,
    text: request.text,
    modes: request.modes ?? STEP_MODES,
    requirements: {
      tools: toolNames.length > 0,
      toolNames,
      structuredOutput: false,
      inputModalities: [...new Set<Modality>(['text', ...(request.inputModalities ?? [])])],
    },
    requiresWrite: kind === 'code' || kind === 'test',
    artifactTokens: 0,
    checks: [],
  };
}

/** What the caller says of its own session: the model in use holds the whole transcript while its time to live lasts. */
function warmOf(request: RouteStepRequest, current: Model | undefined, now: number): readonly Warmth[] {
  const rule = current?.cacheRule;
  if (current === undefined || rule === undefined || rule.kind === 'none' || request.lastCallAt === undefined)
    return [];
  const tokens = Math.floor((request.transcriptTokens ?? 0) * current.tokenRatio);
  const isWarm = tokens >= rule.minTokens && now - request.lastCallAt <= rule.ttlMs;
  return [
    {
      model: current.id,
      warmTokens: isWarm ? tokens : 0,
      hitRatio: rule.priorHitRatio,
      lastUsedAt: request.lastCallAt,
      ttlMs: rule.ttlMs,
    },
  ];
}
