import { mediaTokens } from '../../catalog/media-tokens.ts';
import { readFuture, readStep, type StepReaders } from '../../decisions/read-step.ts';
import type { StepToDecide } from '../../decisions/step-to-decide.ts';
import { budgetLeft } from '../../decisions/to-decide-input.ts';
import type { PauseOutlook, SessionView, StepView } from '../../domain/decision.ts';
import type { StepRequirements } from '../../domain/forecast.ts';
import type { DecisionId, EndpointId, StepId } from '../../domain/ids.ts';
import type { MediaSize } from '../../domain/media.ts';
import { modelIdentity, isSameModel, type Modality, type Model } from '../../domain/model.ts';
import { bringsWords, saidEffort, type Message } from '../../domain/transcript.ts';
import { createStepFeatures } from '../../predict/features/create-step-features.ts';
import { NO_EVIDENCE, withoutWords, type StepFeatures } from '../../predict/features/step-features.ts';
import { expectStretch } from '../../predict/forecast/stretches.ts';
import type { StepForecaster } from '../../predict/predictor.ts';
import type { RiskReading } from '../../predict/risk-reader.ts';
import { shippedStretches } from '../../predict/shipped-stretches.ts';
import { returnHazard } from '../../warmth/return-hazard.ts';
import { shippedReturns } from '../../warmth/shipped-returns.ts';
import { warmthAt } from '../../warmth/warmth-at.ts';
import { cannotCarry } from '../../wires/cannot-carry.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import { modalityOf } from '../../wires/shared/media/media.ts';
import type { ThreadStep } from '../sessions/session-store.ts';
import { contextOf } from '../sessions/thread-pauses.ts';
import { warmthQueryOf } from '../sessions/thread-warmth.ts';
import { harnessQuestion } from './harness-call.ts';
import type { RouteRequest } from './route-request.ts';

/** A step that is decided a second time, and why. `against` is `undefined` where nothing speaks against its model. */
export interface EarlierTry {
  readonly step: ThreadStep;
  readonly against: string | undefined;
}

/** A call that is decided, with what its step was read to be. */
export interface CallStep {
  readonly request: RouteRequest;
  readonly readers: StepReaders;
  readonly forecaster: StepForecaster;
  readonly features: StepFeatures;
  readonly earlier: EarlierTry | undefined;
  readonly stepId: StepId;
  readonly decisionId: DecisionId;
  readonly risk: RiskReading;
}

/** @param goesOn the call goes on with its thread's step, which is decided once more */
export function featuresOf(request: RouteRequest, goesOn: boolean): StepFeatures {
  const inbound = request.inbound();
  const features = createStepFeatures({
    messages: inbound.messages.filter((message) => message.role !== 'system'),
    tools: inbound.tools,
    transcriptTokens: request.size.textTokens,
  });
  const question = harnessQuestion(request.origin);
  if (question !== undefined) {
    const { kind, need } = question;
    return { ...features, kind, need, kindConfidenceRatio: 1, text: '', evidence: NO_EVIDENCE };
  }
  // After a cut the words are gone, or a summary stands for them; the step that goes on is what it was.
  const { thread, relation } = request.place;
  const { step } = thread;
  if (step !== undefined && (features.text === '' || (goesOn && relation === 'cut'))) {
    const need = step.need === undefined ? {} : { need: step.need };
    return { ...features, kind: step.kind, kindConfidenceRatio: 1, ...need };
  }
  return { ...features, ...withThread(features, request) };
}

/** What the reader is told beside the words: whose they are, how the tests stand, and what the step before needed. */
function withThread({ toRead, evidence }: StepFeatures, request: RouteRequest): Pick<StepFeatures, 'toRead'> {
  if (toRead === undefined) return {};
  const { origin, place } = request;
  const follows = place.thread.step?.need;
  const by = origin.by === 'harness' ? origin.task : toRead.origin;
  return {
    toRead: { ...toRead, origin: by, tests: evidence.testsState, ...(follows === undefined ? {} : { follows }) },
  };
}

/** The same call as if nobody had said anything. */
export function wordless(call: CallStep): CallStep {
  const { earlier } = call;
  return {
    ...call,
    features: { ...withoutWords(call.features), kind: 'other', kindConfidenceRatio: 1, evidence: NO_EVIDENCE },
    earlier: earlier === undefined ? undefined : { ...earlier, against: undefined },
  };
}

/** What the gateway knows of a call's step, as `decisions` wants it. */
export async function stepOfCall(call: CallStep): Promise<StepToDecide> {
  const { request, features } = call;
  const { policy, now, named } = request;
  const { session, thread } = request.place;
  const inbound = request.inbound();
  const models = modelsFor(request);
  const read = await readStep(call.readers, features, { models, policy });
  const question = harnessQuestion(request.origin);
  const { size, future } =
    question === undefined
      ? readFuture(call.forecaster, features, read, {
          models,
          turns: thread.turns,
          transcriptTokens: request.size.textTokens,
        })
      : { size: question.size, future: { forecast: [] } };
  const boundTo = inbound.isBoundToVendor ? boundEndpoint(request, models) : undefined;
  return {
    decisionId: call.decisionId,
    now,
    policy,
    session: {
      sessionId: session.sessionId,
      incumbent: thread.incumbent,
      transcriptTokens: request.size.textTokens,
      ...mediaWeights(request.size.media, models),
      ...(request.ledger.heads === undefined || thread.head === undefined ? {} : { head: thread.head.prompt }),
      openToolLoop: request.trigger === 'tool-result' && boundTo !== undefined,
      boundTo,
      spentNanoUsd: session.spentNanoUsd,
      neverSwitchNanoUsd: session.neverSwitchNanoUsd,
      ...(thread.firstModel === undefined ? {} : { neverSwitchModel: thread.firstModel }),
      switchCount: session.switchCount,
      lastEscalationAt: session.lastEscalationAt,
      ...call.risk,
    },
    step: {
      stepId: call.stepId,
      kind: features.kind,
      trigger: request.trigger,
      requirements: requirementsOf(inbound, models),
      tried: triedIn(call.earlier),
      ...effortFacts(request, inbound),
      ...(request.deadlineMs === undefined ? {} : { deadlineMs: request.deadlineMs }),
    },
    reading: { ...read, size: { ...size, instructionTokens: 0 } },
    future,
    models,
    warmth: warmthAt(request.ledger, models, warmthQueryOf(thread, request)),
    budget: { ...budgetLeft(policy, session.spentNanoUsd, request.keyLeftNanoUsd), isHeldByCall: true },
    hosts: request.hostsOf(models),
    pause: pauseOutlook(request),
    override: named && (request.elsewhere.length > 0 ? modelIdentity(named) : named.id),
  };
}

/** What is known of the pauses of a person's own thread; nobody waits for a harness's errands, and sub-agents end. */
function pauseOutlook({ place, policy, size, pauseLimit }: RouteRequest): PauseOutlook | undefined {
  const { session, thread, relation } = place;
  if (!policy.keepAlive || relation === 'aside' || session.isSubAgent) return undefined;
  const noHour = pauseLimit();
  if (noHour === 'nothing') return undefined;
  const table = shippedStretches();
  const stretch = expectStretch(table, thread.turns, size.textTokens);
  const context = { ...contextOf(thread.pauses, size.textTokens), waitFor: 'person' } as const;
  return {
    ...returnHazard(shippedReturns(), context, thread.pauses.own),
    callCount: stretch.callCount + stretch.laterCallCount,
    growthTokens: table.newTokensPerCall + table.outputTokensPerCall,
    ...session.pings,
    ...(noHour === undefined ? {} : { noHour }),
  };
}

/** The pool; of a model that was named only those hosts that keep what its name demands. */
function modelsFor({ named, elsewhere, pool }: RouteRequest): readonly Model[] {
  if (named === undefined) return pool;
  const ids = new Set([named.id, ...elsewhere.map((model) => model.id)]);
  const fits = (model: Model): boolean => !isSameModel(model, named) || ids.has(model.id);
  const fitting = pool.every(fits) ? pool : pool.filter(fits);
  return fitting.some((model) => model.id === named.id) ? fitting : [...fitting, named];
}

function triedIn(earlier: EarlierTry | undefined): NonNullable<StepToDecide['step']['tried']> {
  if (earlier?.against === undefined) return [];
  const { model, raised } = earlier.step;
  const last = { model, mode: 'continue', rejectedBy: `evidence: ${earlier.against}` } as const;
  if (raised === undefined) return [last];
  return [
    { ...last, rejectedBy: `evidence: ${raised.against}` },
    { ...last, effort: raised.effort },
  ];
}

/** The effort that the caller asks for, and when another one would hold. Who turns thinking off, or says efforts itself, is given no other. */
function effortFacts(
  { effort, isThinkingOff }: RouteRequest,
  inbound: InboundCall,
): Pick<StepView, 'effort' | 'effortHolds'> {
  const asked = effort === undefined ? {} : { effort };
  if (isThinkingOff || saidEffort(inbound.messages) !== undefined) return asked;
  const last = inbound.messages.at(-1);
  return { ...asked, effortHolds: last !== undefined && bringsWords(last) ? 'at-once' : 'later' };
}

/** Per model, because vendors count images and pages by rules of their own. */
function mediaWeights(media: readonly MediaSize[], models: readonly Model[]): Pick<SessionView, 'mediaTokens'> {
  if (media.length === 0) return {};
  return { mediaTokens: Object.fromEntries(models.map((model) => [model.id, mediaTokens(model, media)])) };
}

function requirementsOf(inbound: InboundCall, models: readonly Model[]): StepRequirements {
  const missing = models.map((model) => [model.id, cannotCarry(inbound, model).join('; ')] as const);
  const unable = missing.filter(([, what]) => what !== '');
  return {
    ...(unable.length === 0 ? {} : { cannotCarry: Object.fromEntries(unable) }),
    tools: inbound.tools.length > 0,
    toolNames: [],
    structuredOutput: inbound.responseSchema !== undefined,
    inputModalities: modalitiesOf(inbound.messages),
  };
}

function modalitiesOf(messages: readonly Message[]): readonly Modality[] {
  const found = new Set<Modality>(['text']);
  const note = (part: { readonly type: string; readonly mediaType?: string }): void => {
    if (part.type === 'image') found.add(modalityOf(part.mediaType ?? 'image/*') ?? 'image');
  };
  for (const message of messages) {
    if (message.role !== 'user') continue;
    for (const part of message.content) {
      if (part.type === 'tool-result') for (const inner of part.content) note(inner);
      else note(part);
    }
  }
  return [...found];
}

/** The endpoint that holds the state: the incumbent's, or the first that speaks the caller's wire format natively. */
function boundEndpoint(request: RouteRequest, models: readonly Model[]): EndpointId | undefined {
  const { incumbent } = request.place.thread;
  const model =
    models.find((candidate) => candidate.id === incumbent && candidate.wire === request.wire) ??
    request.named ??
    models.find((candidate) => candidate.wire === request.wire);
  return model?.endpoint;
}
