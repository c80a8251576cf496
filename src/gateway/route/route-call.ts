import type { CallOrigin } from '../../domain/call-origin.ts';
import type { CandidateRow, DecideInput, Decision, Route } from '../../domain/decision.ts';
import { asId, type DecisionId, type EndpointId, type ModelId, type StepId } from '../../domain/ids.ts';
import type { Modality, Model, Wire } from '../../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { HandoffDrift } from '../../domain/quality.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { CallTrigger, Effort } from '../../domain/step.ts';
import type { At, Tokens } from '../../domain/time.ts';
import type { Message } from '../../domain/transcript.ts';
import { withBeliefs } from '../../learn/beliefs/apply-beliefs.ts';
import { NO_BELIEFS } from '../../learn/beliefs/beliefs.ts';
import { createStepFeatures } from '../../predict/create-step-features.ts';
import type { Predictor } from '../../predict/predictor.ts';
import { graverRisk, NO_RISK, type RiskReading } from '../../predict/risk-reader.ts';
import { NO_EVIDENCE, type StepFeatures } from '../../predict/step-features.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { decide } from '../../router/decide.ts';
import { unplannedFuture } from '../../router/scenarios.ts';
import { warmthAt } from '../../warmth/warmth-at.ts';
import { cannotCarry } from '../../wires/shared/cannot-carry.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import type { GatewayDeps } from '../core/gateway.ts';
import type { SessionPlace, StandIn, ThreadStep } from '../sessions/session-store.ts';
import { continuesStep } from '../sessions/step-segments.ts';
import type { TranscriptPrints } from '../sessions/transcript-print.ts';
import { harnessQuestion, poolForHarness } from './harness-call.ts';
import { evidenceAgainst } from './step-evidence-rule.ts';
import { decideBounded, type Decided, type UpgradesByPrincipal } from './upgrade-guard.ts';

/** A call that asks to be routed. */
export interface RouteRequest {
  readonly place: SessionPlace;
  readonly wire: Wire;
  readonly requestedModel: string;
  /** The caller or the operator named it; `undefined`: a virtual name. */
  readonly named: Model | undefined;
  /** What the named model is called on the wire in this call. */
  readonly namedAs: string | undefined;
  /** The name came from the operator, and holds in the middle of a step. */
  readonly isPinned: boolean;
  /** The pool, without models whose endpoint is ill or has no key. */
  readonly pool: readonly Model[];
  readonly policy: RouterPolicy;
  readonly trigger: CallTrigger;
  /** Whose call it is: a harness's texts are no person's words. */
  readonly origin: CallOrigin;
  /** Fingerprint of the newest person's words; `undefined`: there are none. */
  readonly wordsPrint: () => number | undefined;
  readonly prints: TranscriptPrints;
  /** Whole prompt in reference tokens. */
  readonly promptTokens: Tokens;
  /** Left of the access key's budget. `undefined`: no limit. */
  readonly keyLeftNanoUsd: NanoUsd | undefined;
  readonly account: string;
  readonly effort: Effort | undefined;
  readonly now: At;
  readonly inbound: () => InboundCall;
  /** Whose words they are, and how often such words have moved a step to a dearer model. */
  readonly principal: string;
  readonly upgrades: UpgradesByPrincipal;
  readonly newId: (prefix: string) => string;
}

export type Routed =
  | {
      readonly kind: 'routed';
      readonly step: ThreadStep;
      /** The chosen model first, then who may stand in for it, best first. */
      readonly candidates: readonly RouteCandidate[];
      /** True when this call made the decision; false when the step had one. */
      readonly isDecided: boolean;
    }
  | { readonly kind: 'refused'; readonly decision: Extract<Decision, { kind: 'refuse' }> };

export interface RouteCandidate {
  readonly model: Model;
  /** Less likely to succeed than the chosen one by more than noise: needs the user's consent. */
  readonly isWeaker: boolean;
}

/** A difference in P(success) that means nothing. */
const TIE_RATIO = 0.02;
const DEFAULT_CALL_GAP_MS = 8000;

/** Limits that an explicitly named model is held to; about everything else its vendor has the last word. */
const HARD_FOR_NAMED: ReadonlySet<string> = new Set([
  'not-allowed',
  'denied',
  'compliance',
  'over-budget',
  'cannot-carry',
]);

/**
 * Finds the model of a call. A call inside a step stays on the step's model unless the evidence speaks against it, the
 * model has left the pool or the operator says otherwise; a new step is decided. Leaves the thread's step in place.
 */
export async function routeCall(deps: GatewayDeps, asked: RouteRequest): Promise<Routed> {
  const { thread } = asked.place;
  const pool = poolForHarness(asked.origin, asked.pool, { wire: asked.wire, incumbent: thread.incumbent });
  const request = { ...asked, pool };
  const { step } = thread;
  if (step !== undefined && continuesStep(request.place, request)) {
    const against = request.named === undefined ? evidenceInStep(request, step) : undefined;
    const stays = request.isPinned
      ? step.model === request.named?.id
      : against === undefined && request.pool.some((model) => model.id === step.model);
    if (stays || (request.named !== undefined && !request.isPinned)) {
      step.callCount++;
      step.lastCallAt = request.now;
      return { kind: 'routed', step, candidates: candidatesFor(request, step), isDecided: false };
    }
    return decideStep(deps, request, { step, against });
  }
  return decideStep(deps, request, undefined);
}

function candidatesFor(request: RouteRequest, step: ThreadStep): readonly RouteCandidate[] {
  const byId = (id: ModelId): Model | undefined =>
    request.named?.id === id ? request.named : request.pool.find((model) => model.id === id);
  const first = calledAs(byId(step.model), request);
  const list: RouteCandidate[] = first === undefined ? [] : [{ model: first, isWeaker: false }];
  if (request.named !== undefined) return list;
  for (const { model: id, isWeaker } of step.standIns) {
    const model = byId(id);
    if (model !== undefined) list.push({ model, isWeaker });
  }
  return list;
}

function calledAs(model: Model | undefined, { named, namedAs }: RouteRequest): Model | undefined {
  if (model === undefined || model !== named || namedAs === undefined || namedAs === model.wireModel) return model;
  return { ...model, wireModel: namedAs };
}

function evidenceInStep(request: RouteRequest, step: ThreadStep): string | undefined {
  // Escalating once per step is enough: the second model has the same evidence in its transcript.
  if (request.trigger !== 'tool-result' || step.attempt > 0) return undefined;
  return evidenceAgainst(featuresOf(request).evidence);
}

function featuresOf(request: RouteRequest): StepFeatures {
  const inbound = request.inbound();
  const features = createStepFeatures({
    messages: inbound.messages.filter((message) => message.role !== 'system'),
    tools: inbound.tools,
    transcriptTokens: request.promptTokens,
  });
  const question = harnessQuestion(request.origin);
  if (question !== undefined) {
    return { ...features, kind: question.kind, kindConfidenceRatio: 1, text: '', evidence: NO_EVIDENCE };
  }
  // After a cut the words may be gone; the step that goes on is what it was.
  const { step } = request.place.thread;
  if (features.text !== '' || step === undefined) return features;
  return { ...features, kind: step.kind, kindConfidenceRatio: 1 };
}

interface Earlier {
  readonly step: ThreadStep;
  readonly against: string | undefined;
}

async function decideStep(deps: GatewayDeps, request: RouteRequest, earlier: Earlier | undefined): Promise<Routed> {
  const { session, thread } = request.place;
  const features = featuresOf(request);
  const beliefs = deps.beliefs?.latest() ?? NO_BELIEFS;
  const making: Making = {
    stepId: earlier?.step.stepId ?? asId<StepId>(`${session.sessionId}#${++session.stepCount}`),
    decisionId: asId<DecisionId>(request.newId('dec')),
    predictor: deps.beliefs === undefined ? deps.predictor : withBeliefs(deps.predictor, beliefs),
    drift: beliefs.drift,
    risk: riskOf(deps, request, features),
  };
  const decided = await decideWith(deps, request, { features, earlier, making });
  const { input } = decided;
  let { decision } = decided;
  if (decision.kind === 'refuse' && request.named !== undefined && mayObeyAnyway(decision, request.named)) {
    decision = obey(decision, request.named, thread.incumbent);
  }
  recordStep(deps, request, {
    input,
    decision,
    features,
    predictorVersion: making.predictor.version,
    attempt: earlier === undefined ? 0 : earlier.step.attempt + 1,
  });
  if (decision.kind === 'refuse') return { kind: 'refused', decision };
  if (decision.kind === 'escalate') session.lastEscalationAt = request.now;
  const { relation } = request.place;
  if (relation !== 'aside' && thread.incumbent !== undefined && thread.incumbent !== decision.to) session.switchCount++;
  if (thread.firstModel === undefined || (request.named !== undefined && thread.firstModel !== decision.to)) {
    // A caller that names a model has left the other one of its own will, and cold.
    thread.firstModel = decision.to;
    thread.hasLeft = false;
    thread.neverSwitch = { ...thread.neverSwitch, heldTokens: 0 };
  }
  thread.incumbent = decision.to;
  const step: ThreadStep = {
    stepId: input.step.stepId,
    kind: features.kind,
    trigger: request.trigger,
    requestedModel: request.requestedModel,
    startMessageCount: earlier?.step.startMessageCount ?? request.prints.length,
    startPrint: earlier === undefined ? request.prints.at(-1) : earlier.step.startPrint,
    wordsPrint: earlier === undefined ? request.wordsPrint() : earlier.step.wordsPrint,
    decisionId: decision.decisionId,
    model: decision.to,
    reason: decision.reasons[0]?.code ?? 'first-step',
    decisionKind: decision.kind,
    switchedFrom: decision.kind === 'stay' ? undefined : decision.from,
    standIns: standInsOf(decision),
    outputTokens: input.step.size.outputTokensPerCall,
    callCount: (earlier?.step.callCount ?? 0) + 1,
    attempt: earlier === undefined ? 0 : earlier.step.attempt + 1,
    lastCallAt: request.now,
  };
  thread.step = step;
  return { kind: 'routed', step, candidates: candidatesFor(request, step), isDecided: true };
}

/** What both ways of reading a step share. */
interface Making {
  readonly stepId: StepId;
  readonly decisionId: DecisionId;
  readonly predictor: Predictor;
  readonly drift: readonly HandoffDrift[];
  readonly risk: RiskReading;
}

interface StepToDecide {
  readonly features: StepFeatures;
  readonly earlier: Earlier | undefined;
  readonly making: Making;
}

/** Decides; where the policy bounds what words may do, beside the same step without its words. */
async function decideWith(deps: GatewayDeps, request: RouteRequest, step: StepToDecide): Promise<Decided> {
  const heard = await decideInput(deps, request, step);
  const { maxUpgradeRatio } = request.policy;
  if (maxUpgradeRatio === undefined || request.named !== undefined) return { input: heard, decision: decide(heard) };
  const features = {
    ...step.features,
    kind: 'other',
    kindConfidenceRatio: 1,
    text: '',
    evidence: NO_EVIDENCE,
  } as const;
  const earlier = step.earlier === undefined ? undefined : { ...step.earlier, against: undefined };
  const deaf = await decideInput(deps, request, { ...step, features, earlier });
  return decideBounded(request.upgrades, request.principal, maxUpgradeRatio, { heard, deaf });
}

/** Read where the policy is careful with risks; what a session has carried it goes on to carry. */
function riskOf(deps: GatewayDeps, request: RouteRequest, features: StepFeatures): RiskReading {
  const { session } = request.place;
  if (request.policy.risk === undefined || deps.readRisk === undefined) return NO_RISK;
  // Neither a harness's order nor what one agent writes to another is anybody's words.
  if (request.origin.by !== 'harness') session.risk = graverRisk(session.risk, deps.readRisk(features.text));
  return session.risk;
}

async function decideInput(
  deps: GatewayDeps,
  request: RouteRequest,
  { features, earlier, making }: StepToDecide,
): Promise<DecideInput> {
  const { session, thread } = request.place;
  const { policy, now } = request;
  const inbound = request.inbound();
  const models =
    request.named === undefined || request.pool.includes(request.named)
      ? request.pool
      : [...request.pool, request.named];
  const quality = await making.predictor.quality(features, models);
  const question = harnessQuestion(request.origin);
  const size = question?.size ?? making.predictor.size(features);
  const boundTo = inbound.isBoundToVendor ? boundEndpoint(request, models) : undefined;
  const spent = session.spentNanoUsd;
  const jobLeft = leftOf(policy.budget.jobNanoUsd, spent);
  return {
    v: 1,
    decisionId: making.decisionId,
    now,
    session: {
      sessionId: session.sessionId,
      incumbent: thread.incumbent,
      transcriptTokens: request.promptTokens,
      openToolLoop: request.trigger === 'tool-result' && boundTo !== undefined,
      boundTo,
      spentNanoUsd: spent,
      neverSwitchNanoUsd: session.neverSwitchNanoUsd,
      ...(thread.firstModel === undefined ? {} : { neverSwitchModel: thread.firstModel }),
      switchCount: session.switchCount,
      lastEscalationAt: session.lastEscalationAt,
      authorFamilies: [],
      ...making.risk,
    },
    step: {
      stepId: making.stepId,
      kind: features.kind,
      trigger: request.trigger,
      modes: ['continue'],
      size: { ...size, instructionTokens: 0 },
      callGapMs: DEFAULT_CALL_GAP_MS,
      requirements: requirementsOf(inbound, models),
      checks: [],
      tried:
        earlier?.against === undefined
          ? []
          : [{ model: earlier.step.model, mode: 'continue', rejectedBy: `evidence: ${earlier.against}` }],
    },
    ...(question === undefined
      ? unplannedFuture(
          { kind: features.kind, size },
          quality.estimates,
          deps.forecaster.remaining(features, models),
          deps.forecaster.sameRatio,
        )
      : { forecast: [] }),
    models,
    warmth: warmthAt(thread.ledger, models, {
      now,
      trigger: request.trigger,
      transcript: thread.name,
      account: request.account,
      effort: request.effort,
      chain: undefined,
      reanchors: true,
    }),
    quality: quality.estimates,
    drift: making.drift,
    policy,
    budget: {
      jobLeftNanoUsd: smaller(jobLeft, request.keyLeftNanoUsd),
      stepLeftNanoUsd: policy.budget.stepNanoUsd,
    },
    override: request.named?.id,
  };
}

function requirementsOf(inbound: InboundCall, models: readonly Model[]): DecideInput['step']['requirements'] {
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
    if (part.type === 'image') found.add(part.mediaType === 'application/pdf' ? 'pdf' : 'image');
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

function leftOf(limit: NanoUsd | undefined, spent: NanoUsd): NanoUsd | undefined {
  return limit === undefined ? undefined : toNanoUsd(Math.max(0, limit - spent));
}

function smaller(one: NanoUsd | undefined, other: NanoUsd | undefined): NanoUsd | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

function mayObeyAnyway(decision: Extract<Decision, { kind: 'refuse' }>, named: Model): boolean {
  const own = decision.rejected.filter((rejection) => rejection.model === named.id);
  return own.length > 0 && own.every((rejection) => !HARD_FOR_NAMED.has(rejection.code));
}

/** A named model runs although the table says it should not: its vendor will say so in its own words. */
function obey(refused: Extract<Decision, { kind: 'refuse' }>, named: Model, incumbent: ModelId | undefined): Route {
  const { v, decisionId, at, policyId, policyVersion, candidates, rejected, lookahead } = refused;
  const why = rejected.find((rejection) => rejection.model === named.id)?.why ?? '';
  const reasons = [{ code: 'override', text: `You named ${named.id}, and it is obeyed exactly. ${why}` }] as const;
  const base = { v, decisionId, at, policyId, policyVersion, candidates, rejected, lookahead, reasons };
  const route = { to: named.id, mode: 'continue', ladder: [{ model: named.id, mode: 'continue' }] } as const;
  return named.id === incumbent
    ? { ...base, ...route, kind: 'stay' }
    : { ...base, ...route, kind: 'switch', from: incumbent };
}

/** Stand-ins come from the decision's own table, so that a fallback is as eligible as the choice was. */
function standInsOf(route: Route): readonly StandIn[] {
  const rows = new Map<ModelId, CandidateRow>();
  for (const row of route.candidates) if (!rows.has(row.model)) rows.set(row.model, row);
  const bar = (rows.get(route.to)?.successRatio ?? 0) - TIE_RATIO;
  return [...rows.values()]
    .filter((row) => row.model !== route.to)
    .map((row) => ({ model: row.model, isWeaker: row.successRatio < bar }));
}

interface StepToRecord {
  readonly input: DecideInput;
  readonly decision: Decision;
  readonly features: StepFeatures;
  readonly predictorVersion: string;
  readonly attempt: number;
}

const TITLE_CHARS = 80;

function recordStep(deps: GatewayDeps, request: RouteRequest, made: StepToRecord): void {
  const { input, decision, features } = made;
  const record: StepRecord = {
    v: 1,
    jobId: undefined,
    sessionId: request.place.session.sessionId,
    stepId: input.step.stepId,
    attempt: made.attempt,
    kind: features.kind,
    title: titleOf(features),
    input,
    decision,
    shadows: deps.shadows.map((policy) => decide({ ...input, policy })),
    predictorVersion: made.predictorVersion,
    startedAt: request.now,
    endedAt: undefined,
    outcome: undefined,
  };
  deps.recorder.writeStep(record);
}

function titleOf(features: StepFeatures): string {
  const line = features.text
    .slice(0, TITLE_CHARS * 4)
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return line.length > TITLE_CHARS ? `${line.slice(0, TITLE_CHARS - 1)}…` : line;
}
