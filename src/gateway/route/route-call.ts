// One file: a call from its thread’s step to its candidates, which share the request.

import { onStandardTier } from '../../catalog/service-tiers.ts';
import type { ReadingContext } from '../../decisions/ask-model.ts';
import { makeDecision, toOpenRecord, toStepRecord, type MadeDecision } from '../../decisions/make-decision.ts';
import { readNeed, readRiskOf, stepReaders } from '../../decisions/read-step.ts';
import { budgetLeft, toDecideInput } from '../../decisions/to-decide-input.ts';
import type { CandidateRow, DecideInput, Decision, RejectionCode, Route } from '../../domain/decision.ts';
import { asId, type DecisionId, type ModelId, type StepId } from '../../domain/ids.ts';
import { isSameModel, type Model } from '../../domain/model.ts';
import type { StepFeatures } from '../../predict/features/step-features.ts';
import { withTurnCall } from '../../predict/forecast/stretches.ts';
import { NO_RISK, type RiskReading } from '../../predict/risk-reader.ts';
import { keepsPrefix } from '../../router/more-effort.ts';
import { rejectAlways, rejectForKind } from '../../router/policy-limits.ts';
import type { GatewayDeps } from '../gateway.ts';
import { liveMarks, raisedTo, withEffortMark, type EffortMark } from '../sessions/effort-marks.ts';
import type { ModelStandIn, ThreadStep } from '../sessions/session-store.ts';
import { continuesStep } from '../sessions/step-segments.ts';
import { isFreeSwitch } from './free-switch.ts';
import { poolForHarness } from './harness-call.ts';
import type { RouteRequest } from './route-request.ts';
import { CALLS_TO_SHOW, evidenceAgainst } from './step-evidence-rule.ts';
import { featuresOf, stepOfCall, wordless, type CallStep, type EarlierTry } from './step-of-call.ts';

export type Routed =
  | {
      readonly kind: 'routed';
      readonly step: ThreadStep;
      /** The chosen model first, then who may stand in for it, best first. */
      readonly candidates: readonly RouteCandidate[];
      /** True when this call made the decision; false when the step had one. */
      readonly isDecided: boolean;
      /** Efforts to say in the middle of its transcript; none in a call that names its model. */
      readonly efforts: readonly EffortMark[];
    }
  | { readonly kind: 'refused'; readonly decision: Extract<Decision, { kind: 'refuse' }> };

export interface RouteCandidate {
  readonly model: Model;
  /** Less likely to succeed than the chosen one by more than noise: needs the user's consent. */
  readonly isWeaker: boolean;
}

/** A difference in P(success) that means nothing. */
const TIE_RATIO = 0.02;

/**
 * Finds the model of a call. A call inside a step stays on the step's model unless the evidence speaks against it, its prefix is gone
 * from that model's cache, the model has left the pool or the operator says otherwise; a new step is decided. Leaves the thread's step
 * in place.
 */
export async function routeCall(deps: GatewayDeps, asked: RouteRequest): Promise<Routed> {
  const { thread } = asked.place;
  thread.incumbent = incumbentIn(asked, thread.incumbent);
  const pool = poolForHarness(asked.origin, asked.pool, {
    wire: asked.wire,
    incumbent: thread.incumbent,
    asksForChecks: asked.asksForChecks,
  });
  const request = { ...asked, pool };
  const { step } = thread;
  const goesOn = continuesStep(request.place, request);
  noteTurn(request, !goesOn);
  if (step !== undefined && goesOn) {
    const against = request.named === undefined ? evidenceInStep(request, step) : undefined;
    const stays = request.isPinned
      ? request.named !== undefined && isSameModel(rowIn(request, step.model), request.named)
      : against === undefined && staysPut(request, step);
    if (stays || (request.named !== undefined && !request.isPinned)) {
      step.callCount++;
      step.lastCallAt = request.now;
      const efforts = saysEfforts(request) ? liveMarks(thread.efforts, request) : [];
      return { kind: 'routed', step, candidates: candidatesFor(request, step), isDecided: false, efforts };
    }
    return decideStep(deps, request, { step, against });
  }
  return decideStep(deps, request, undefined);
}

function noteTurn({ place: { thread, relation }, now }: RouteRequest, startsTurn: boolean): void {
  if (relation === 'aside') return;
  const { last } = thread.pauses;
  thread.turns = withTurnCall(thread.turns, startsTurn, last === undefined ? undefined : now - last.at);
}

/** Whether its model can go on with a step, and anything would be lost by asking who should. */
function staysPut(request: RouteRequest, step: ThreadStep): boolean {
  const model = request.pool.find(({ id }) => id === step.model);
  return model !== undefined && (request.named !== undefined || !isFreeSwitch(request, model));
}

function candidatesFor(request: RouteRequest, step: ThreadStep): readonly RouteCandidate[] {
  const { named } = request;
  const first = calledAs(knownById(request, step.model), request);
  const list: RouteCandidate[] = first === undefined ? [] : [{ model: first, isWeaker: false }];
  const others = named === undefined ? step.standIns : hostsOf(request, named, { step, first });
  for (const { model: id, isWeaker } of others) {
    const model = calledAs(knownById(request, id), request);
    if (model !== undefined) list.push({ model, isWeaker });
  }
  return list;
}

/**
 * A model that was named is replaced by nothing but itself, at another host, and only where that host may take the step, too: the
 * decision has not kept it out, and what the policy demands of every step holds of one that was ill when it was made.
 */
function hostsOf(
  { elsewhere, policy, hostsOf: viewsOf }: RouteRequest,
  named: Model,
  { step, first }: { readonly step: ThreadStep; readonly first: Model | undefined },
): readonly ModelStandIn[] {
  if (elsewhere.length === 0) return [];
  const hosts = [named, ...elsewhere];
  // A canary takes its share: not all of what another host drops.
  const spared = new Set(viewsOf(hosts).flatMap(({ model, canary }) => (canary === 'spared' ? [model] : [])));
  return hosts
    .toSorted((a, b) => Number(spared.has(a.id)) - Number(spared.has(b.id)))
    .filter((model) => model.id !== first?.id && !step.keptOut.includes(model.id))
    .filter((model) => (rejectAlways(policy, model) ?? rejectForKind(policy, model, step.kind)) === undefined)
    .map((model) => ({ model: model.id, isWeaker: false }));
}

function knownById({ named, elsewhere, pool }: RouteRequest, id: ModelId): Model | undefined {
  if (named?.id === id) return named;
  return elsewhere.find((model) => model.id === id) ?? modelsById(pool).get(id);
}

/** The model of a thread: that of the standard tier, where its row on another one is not asked now. */
function incumbentIn(request: RouteRequest, id: ModelId | undefined): ModelId | undefined {
  if (id === undefined || knownById(request, id) !== undefined) return id;
  return knownById(request, onStandardTier(id))?.id ?? id;
}

/** The row of an id, or the id as its own model where no row has it any more. */
function rowIn(request: RouteRequest, id: ModelId): Pick<Model, 'id' | 'sameAs'> {
  return knownById(request, id) ?? { id };
}

const poolsById = new WeakMap<readonly Model[], ReadonlyMap<ModelId, Model>>();

function modelsById(pool: readonly Model[]): ReadonlyMap<ModelId, Model> {
  let known = poolsById.get(pool);
  if (known === undefined) poolsById.set(pool, (known = new Map(pool.map((model) => [model.id, model]))));
  return known;
}

function calledAs(model: Model | undefined, { named, namedAs }: RouteRequest): Model | undefined {
  if (model === undefined || model !== named || namedAs === undefined || namedAs === model.wireModel) return model;
  return { ...model, wireModel: namedAs };
}

function evidenceInStep(request: RouteRequest, step: ThreadStep): string | undefined {
  // Escalating once per step is enough: the second model has the same evidence in its transcript.
  if (request.trigger !== 'tool-result' || step.wasTakenAway) return undefined;
  // More effort gets as many calls to show as the evidence looks back on.
  if (step.raised !== undefined && step.callCount < step.raised.callCount + CALLS_TO_SHOW) return undefined;
  return evidenceAgainst(featuresOf(request, true).evidence);
}

async function decideStep(deps: GatewayDeps, request: RouteRequest, earlier: EarlierTry | undefined): Promise<Routed> {
  const { session } = request.place;
  const readers = stepReaders(deps.predictor, deps.beliefs?.latest(), deps.needs, request.principal);
  const ids = {
    stepId: earlier?.step.stepId ?? asId<StepId>(`${session.sessionId}#${++session.stepCount}`),
    decisionId: asId<DecisionId>(request.newId('dec')),
  };
  const plain = featuresOf(request, earlier !== undefined);
  const risk = noteRisk(deps, request, plain);
  const features = await readNeed(readers, plain, readingOf(request, { ...ids, isAgain: earlier !== undefined }, risk));
  const call: CallStep = { request, readers, forecaster: deps.forecaster, features, earlier, ...ids, risk };
  const made = await decideCall(deps, call);
  const attempt = earlier === undefined ? 0 : earlier.step.attempt + 1;
  const about = {
    attempt,
    kind: features.kind,
    tenant: request.principal,
    title: deps.keepWords === true ? titleOf(features) : '',
    predictorVersion: readers.predictor.version,
  };
  if (made.decision.kind === 'refuse') {
    const earlier = request.refusals.sameAs(made.decision, request);
    if (earlier !== undefined) return { kind: 'refused', decision: { ...made.decision, decisionId: earlier } };
  }
  const record = toStepRecord(toOpenRecord(made, about));
  if (made.decision.kind === 'refuse') {
    deps.recorder.writeStep(record);
    return { kind: 'refused', decision: made.decision };
  }
  noteRoute(request, made.decision);
  const step = { ...threadStepOf(call, made, made.decision), unrecorded: record };
  request.place.thread.step = step;
  const efforts = noteEffort(request, step, earlier);
  return { kind: 'routed', step, candidates: candidatesFor(request, step), isDecided: true, efforts };
}

/** Who names a model is obeyed to the letter, and who turns thinking off has no use for efforts. */
function saysEfforts({ named, isThinkingOff }: RouteRequest): boolean {
  return named === undefined && !isThinkingOff;
}

/** Says the step's effort in its thread from here on, or the usual one again where a step before it had more. */
function noteEffort(request: RouteRequest, step: ThreadStep, earlier: EarlierTry | undefined): readonly EffortMark[] {
  const { thread, relation } = request.place;
  if (!saysEfforts(request) || relation === 'aside') return [];
  const live = liveMarks(thread.efforts, request);
  const goesOn = earlier !== undefined && earlier.step.raised === step.raised;
  const said = step.raised?.by === 'message' ? step.raised.effort : undefined;
  thread.efforts = goesOn || said === raisedTo(live) ? live : withEffortMark(live, said ?? 'usual', request);
  return thread.efforts;
}

/** How a model may be asked of the step; nobody is asked of a call whose model is given. */
function readingOf(
  request: RouteRequest,
  { isAgain, ...ids }: Pick<CallStep, 'stepId' | 'decisionId'> & { readonly isAgain: boolean },
  { risk }: RiskReading,
): ReadingContext | undefined {
  const { policy, pool: models, named, now, principal: scope } = request;
  if (policy.reader === undefined || named !== undefined) return undefined;
  const make = request.readingCall(ids);
  const { jobLeftNanoUsd: leftNanoUsd } = budgetLeft(
    policy,
    request.place.session.spentNanoUsd,
    request.keyLeftNanoUsd,
  );
  return make && { scope, stepId: ids.stepId, isAgain, policy, models, risk, leftNanoUsd, now, make };
}

/** Decides; where the policy bounds what words may do, beside the same step without its words. */
async function decideCall(deps: GatewayDeps, call: CallStep): Promise<MadeDecision> {
  const { request } = call;
  const { named, upgrades, principal } = request;
  const input = toDecideInput(await stepOfCall(call));
  const { maxUpgradeRatio } = request.policy;
  const withoutWords =
    maxUpgradeRatio === undefined || named !== undefined ? undefined : toDecideInput(await stepOfCall(wordless(call)));
  const bound =
    maxUpgradeRatio === undefined || withoutWords === undefined
      ? undefined
      : { withoutWords, upgrades, principal, maxUpgradeRatio };
  const { watched } = request;
  return makeDecision(input, { decide: deps.decide, shadows: deps.shadows, watched, bound, named });
}

/** Read where the policy is careful with risks; what a session has carried it goes on to carry. */
function noteRisk(deps: GatewayDeps, request: RouteRequest, features: StepFeatures): RiskReading {
  const { session } = request.place;
  // Neither a harness's order nor what one agent writes to another is anybody's words.
  const words = request.origin.by === 'harness' ? undefined : features.text;
  const risk = readRiskOf(request.policy, deps.readRisk, words, session.risk);
  if (risk !== NO_RISK) session.risk = risk;
  return risk;
}

/** What a session and its thread keep of a decision. */
function noteRoute(request: RouteRequest, route: Route): void {
  const { place, named, now } = request;
  const { session, thread, relation } = place;
  if (route.kind === 'escalate') session.lastEscalationAt = now;
  const isOf = (id: ModelId): boolean => isSameModel(rowIn(request, id), rowIn(request, route.to));
  if (relation !== 'aside' && thread.incumbent !== undefined && !isOf(thread.incumbent)) session.switchCount++;
  if (thread.firstModel === undefined || (named !== undefined && !isOf(thread.firstModel))) {
    // A caller that names a model has left the other one of its own will, and cold.
    // What a session would cost that stays there has nothing to do with what could wait.
    thread.firstModel = onStandardTier(route.to);
    thread.hasLeft = false;
    thread.neverSwitch = { ...thread.neverSwitch, heldTokens: 0 };
  }
  thread.incumbent = route.to;
}

function threadStepOf({ request, earlier, features }: CallStep, { input }: MadeDecision, route: Route): ThreadStep {
  return {
    stepId: input.step.stepId,
    kind: features.kind,
    need: features.need,
    trigger: request.trigger,
    requestedModel: request.requestedModel,
    startMessageCount: earlier?.step.startMessageCount ?? request.fingerprints.length,
    startFingerprint: earlier === undefined ? request.fingerprints.at(-1) : earlier.step.startFingerprint,
    turn: request.turn,
    wordsPrint: earlier === undefined ? request.wordsPrint() : earlier.step.wordsPrint,
    decisionId: route.decisionId,
    model: route.to,
    reason: route.reasons[0]?.code ?? 'first-step',
    decisionKind: route.kind,
    switchedFrom: route.kind === 'stay' ? undefined : route.from,
    standIns: standInsOf(request, route),
    keptOut: keptOutOf(request, route),
    ...hourOf(route),
    outputTokens: input.step.size.outputTokensPerCall,
    callCount: (earlier?.step.callCount ?? 0) + 1,
    attempt: earlier === undefined ? 0 : earlier.step.attempt + 1,
    ...raisedOf(earlier, input, route),
    lastCallAt: request.now,
  };
}

function hourOf({ pause, to }: Route): Pick<ThreadStep, 'hourOn'> {
  return pause?.kind === 'hour' ? { hourOn: to } : {};
}

/** Whether evidence has taken the step from its model, or has left it there with more effort. */
function raisedOf(
  earlier: EarlierTry | undefined,
  input: DecideInput,
  route: Route,
): Pick<ThreadStep, 'wasTakenAway' | 'raised'> {
  if (earlier === undefined) return { wasTakenAway: false };
  const { step, against } = earlier;
  const isSame = step.model === route.to;
  const effort = isSame ? route.candidates.find((row) => row.model === route.to)?.effort : undefined;
  const model = input.models.find(({ id }) => id === route.to);
  if (effort !== undefined && model !== undefined && against !== undefined) {
    const by = keepsPrefix(input, model) ? 'message' : 'call';
    return { wasTakenAway: false, raised: { effort, by, against, callCount: step.callCount } };
  }
  const wasTakenAway = step.wasTakenAway || against !== undefined;
  return isSame ? { wasTakenAway, raised: step.raised } : { wasTakenAway };
}

/**
 * Stand-ins come from the decision's own table, so that a fallback is as eligible as the choice was: first the other hosts of the
 * chosen model, those left out for a better one among them.
 */
function standInsOf(request: RouteRequest, route: Route): readonly ModelStandIn[] {
  const rows = new Map<ModelId, CandidateRow>();
  for (const row of route.candidates) if (!rows.has(row.model)) rows.set(row.model, row);
  const bar = (rows.get(route.to)?.successRatio ?? 0) - TIE_RATIO;
  const leftOut = route.rejected.filter(({ code }) => code === 'other-host').map(({ model }) => model);
  const isChosen = (id: ModelId): boolean => isSameModel(rowIn(request, id), rowIn(request, route.to));
  const others = [...rows.keys()].filter((id) => id !== route.to);
  const hosts = [...others, ...leftOut].filter(isChosen).map((model) => ({ model, isWeaker: false }));
  const rest = others
    .filter((id) => !isChosen(id))
    .map((model) => ({ model, isWeaker: (rows.get(model)?.successRatio ?? 0) < bar }));
  return [...hosts, ...rest];
}

/** Codes of what weighs a choice and forbids nothing: whoever fails may still be replaced by such a host. */
const WEIGHED: ReadonlySet<RejectionCode> = new Set(['other-host', 'family-margin', 'overhead-guard']);

/** Hosts of a named model that a hard limit of the decision kept out. */
function keptOutOf({ elsewhere }: RouteRequest, { rejected }: Route): readonly ModelId[] {
  if (elsewhere.length === 0) return [];
  return rejected.filter(({ code }) => !WEIGHED.has(code) && code !== 'override-other').map(({ model }) => model);
}

const TITLE_CHARS = 80;

function titleOf(features: StepFeatures): string {
  const line = features.text
    .slice(0, TITLE_CHARS * 4)
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return line.length > TITLE_CHARS ? `${line.slice(0, TITLE_CHARS - 1)}…` : line;
}
