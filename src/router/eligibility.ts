import type { DecideInput, Rejection } from '../domain/decision.ts';
import type { StepRequirements } from '../domain/forecast.ts';
import type { ModelId } from '../domain/ids.ts';
import { isNamedIn, isSameModel, modelIdentity, rowOf, type Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import { MINUTE_MS, SECOND_MS, type Ms, type Ratio } from '../domain/time.ts';
import { savesRewrite, raisedEffort } from './more-effort.ts';
import { reject, rejectAlways, rejectForKind } from './policy-limits.ts';
import { lastPromptTokens, mediaIn, shapeOf } from './step-cost.ts';
import { secondsOf } from './step-terms.ts';

/** What a model must be likelier than, where one that tried the step was rejected and a likelier one may take it. */
export interface EscalationFloor {
  readonly triedModel: string;
  readonly successRatio: Ratio;
}

/**
 * After a rejection the step goes to a model that is likelier to succeed at it than the likeliest that failed. `undefined`: nothing
 * was tried, or none is likelier, and any other may try.
 */
export function escalationFloor(input: DecideInput): EscalationFloor | undefined {
  const { quality, step, override } = input;
  if (step.tried.length === 0 || override !== undefined) return undefined;
  const likely = new Map(quality.map((row) => [row.model, row.successRatio]));
  const tried = new Set<string>(step.tried.map((rung) => rung.model));
  const known = [...tried].flatMap((model) => {
    const successRatio = likely.get(model as ModelId);
    return successRatio === undefined ? [] : [{ triedModel: model, successRatio }];
  });
  const floor = known.toSorted((a, b) => b.successRatio - a.successRatio)[0];
  if (floor === undefined) return undefined;
  const isLikelier = (model: Model): boolean => (likely.get(model.id) ?? 0) > floor.successRatio;
  const canTake = (model: Model): boolean =>
    rejectModel(input, model) === undefined && step.modes.some((mode) => rejectMode(input, model, mode) === undefined);
  return input.models.some((model) => isLikelier(model) && canTake(model)) ? floor : undefined;
}

/** A model that is no likelier than one that has failed at the step. */
export function rejectUnlikelier(
  input: DecideInput,
  model: Model,
  floor: EscalationFloor | undefined,
): Rejection | undefined {
  // It is not chosen for being likelier, but for what its cache holds.
  if (floor === undefined || (raisedEffort(input, model) !== undefined && savesRewrite(input, model))) return undefined;
  const own = input.quality.find((row) => row.model === model.id)?.successRatio;
  if (own !== undefined && own > floor.successRatio) return undefined;
  const why =
    own === undefined
      ? `Nothing says that it is likelier than ${floor.triedModel}, which was rejected.`
      : `It is expected to succeed in ${percent(own)} of such steps, and ${floor.triedModel}, rejected, was in ${percent(floor.successRatio)}.`;
  return reject(model, 'not-likelier', why);
}

const percent = (ratio: Ratio): string => `${Math.round(ratio * 100)} %`;

/**
 * The first hard limit that keeps a model out of the present step in every mode, or `undefined`. Limits are never traded
 * for money, and unknown is not permitted.
 */
export function rejectModel(input: DecideInput, model: Model): Rejection | undefined {
  const { policy, step, session } = input;
  const isOverridden = input.override !== undefined;
  if (isOverridden && !isNamedIn([input.override], model)) {
    return reject(model, 'override-other', `You asked for ${input.override}, and it is obeyed exactly.`);
  }
  return (
    rejectAlways(policy, model) ??
    rejectForKind(policy, model, step.kind) ??
    rejectForRequirements(step.requirements, model) ??
    (isOverridden ? undefined : rejectTried(input, model)) ??
    rejectSlow(input, model) ??
    rejectReviewer(input, model) ??
    rejectForRisk(input, model) ??
    (session.openToolLoop && session.incumbent !== undefined && !isIncumbent(input, model)
      ? reject(model, 'open-tool-loop', `${session.incumbent} waits for a tool's result; only it can take it.`)
      : undefined)
  );
}

/** What the step needs and the model cannot do. */
export function rejectForRequirements(needs: StepRequirements, model: Model): Rejection | undefined {
  if ((needs.tools || needs.toolNames.length > 0) && !model.toolCalling) {
    return reject(model, 'no-tools', 'It cannot call tools, and the step needs them.');
  }
  if (needs.structuredOutput && !model.structuredOutput) {
    return reject(model, 'no-structured-output', 'It cannot be held to a schema, and the step needs that.');
  }
  const missing = needs.cannotCarry?.[model.id];
  if (missing !== undefined) return reject(model, 'cannot-carry', `It cannot be sent ${missing}.`);
  for (const modality of needs.inputModalities) {
    if (!model.inputModalities.includes(modality)) {
      return reject(model, 'no-modality', `It does not read ${modality}, and the step holds some.`);
    }
  }
  return undefined;
}

/** Whether a row is the session's model, at whichever host. */
export function isIncumbent(input: DecideInput, model: Model): boolean {
  const { incumbent } = input.session;
  return incumbent !== undefined && isOf(input, incumbent, model);
}

/** Whether a row is the model of another row's id. */
function isOf({ models }: DecideInput, id: ModelId, model: Model): boolean {
  return model.id === id || modelIdentity(rowOf(models, id) ?? { id }) === modelIdentity(model);
}

/** With more effort, on its warm prefix; written anew only where every other model has tried as well, as effort itself is worth nothing. */
function mayTryAgain(input: DecideInput, model: Model): boolean {
  if (raisedEffort(input, model) === undefined) return false;
  const hasTried = (other: Model): boolean => input.step.tried.some((rung) => isOf(input, rung.model, other));
  return savesRewrite(input, model) || input.models.every(hasTried);
}

function rejectTried(input: DecideInput, model: Model): Rejection | undefined {
  if (mayTryAgain(input, model)) return undefined;
  // Another host would give the same answer.
  const tried = input.step.tried.find((rung) => isOf(input, rung.model, model));
  if (tried === undefined) return undefined;
  const judge = tried.judgedBy === undefined ? '' : ` of ${tried.judgedBy}`;
  return reject(model, 'already-tried', `It has tried this step and was rejected by ${tried.rejectedBy}${judge}.`);
}

/**
 * A tier that makes calls wait takes a step only where its deadline leaves room for giving up on the tier and making every call on the
 * standard one after all.
 */
function rejectSlow(input: DecideInput, model: Model): Rejection | undefined {
  if (model.serviceTier === undefined) return undefined;
  const { step, session } = input;
  if (step.deadlineMs === undefined)
    return reject(model, 'too-slow', 'Somebody waits for the step: it has no deadline.');
  const shape = shapeOf(model, step.size, 'continue', session.transcriptTokens, mediaIn(session, model));
  const standard = input.models.find((other) => isSameModel(other, model) && other.serviceTier === undefined) ?? model;
  const seconds = secondsOf(model, shape) + secondsOf(standard, shape);
  if (seconds * SECOND_MS <= step.deadlineMs) return undefined;
  const why = `With its queue, and the standard tier after it, the step may take ${Math.ceil(seconds / 60)} minutes; its deadline is ${inWords(step.deadlineMs)}.`;
  return reject(model, 'too-slow', why);
}

function inWords(ms: Ms): string {
  return ms < MINUTE_MS ? `${Math.floor(ms / SECOND_MS)} seconds` : `${Math.floor(ms / MINUTE_MS)} minutes`;
}

function rejectReviewer(input: DecideInput, model: Model): Rejection | undefined {
  const { policy, session, step } = input;
  if (!policy.reviewerOtherFamily || step.kind !== 'review') return undefined;
  if (!session.authorFamilies.includes(model.family)) return undefined;
  return reject(model, 'same-family-as-author', `The ${model.family} family wrote what is reviewed.`);
}

/**
 * Where the policy says so, a risk moves a step into the policy's lane; without one only up: to the incumbent, to a model at
 * least as able, or, when new, to the frontier.
 */
function rejectForRisk(input: DecideInput, model: Model): Rejection | undefined {
  const { risk, incumbent } = input.session;
  const rule = input.policy.risk;
  if (risk === 'none' || rule?.mode !== 'lane') return undefined;
  if (rule.models !== undefined) {
    if (isNamedIn(rule.models, model)) return undefined;
    return reject(model, 'risk-lane', `The step carries a risk (${risk}), and the policy has other models for that.`);
  }
  if (model.frontier || isIncumbent(input, model)) return undefined;
  const floor = input.models.find((other) => other.id === incumbent)?.abilityIndex;
  if (floor !== undefined && model.abilityIndex !== undefined && model.abilityIndex >= floor) return undefined;
  if (floor === undefined && !input.models.some((other) => isFrontierFor(input, other))) return undefined;
  return reject(model, 'risk-lane', `The step carries a risk (${risk}), which may only move it to an abler model.`);
}

/** A frontier model that no other limit keeps out: one that may not be used must not keep the others away. */
function isFrontierFor({ policy, step }: DecideInput, model: Model): boolean {
  return (
    model.frontier &&
    rejectAlways(policy, model) === undefined &&
    rejectForKind(policy, model, step.kind) === undefined &&
    rejectForRequirements(step.requirements, model) === undefined
  );
}

/** The modes that the step and the policy both allow, in the order of the step. */
export function modesFor(policy: RouterPolicy, kind: StepKind, modes: readonly StepMode[]): readonly StepMode[] {
  const allowed = policy.kindModes[kind];
  return allowed === undefined ? modes : modes.filter((mode) => allowed.includes(mode));
}

/** The first hard limit that keeps an eligible model out of one mode. */
export function rejectMode(input: DecideInput, model: Model, mode: StepMode): Rejection | undefined {
  const { session, step, policy } = input;
  const allowed = policy.kindModes[step.kind];
  if (allowed !== undefined && !allowed.includes(mode)) {
    return reject(
      model,
      'kind-not-allowed',
      `The policy runs ${step.kind} steps as ${allowed.join(' or ')} only.`,
      mode,
    );
  }
  if (session.openToolLoop && session.incumbent !== undefined && mode !== 'continue') {
    return reject(model, 'open-tool-loop', 'A tool call waits for its result in the shared transcript.', mode);
  }
  if (mode === 'continue' && session.boundTo !== undefined && session.boundTo !== model.endpoint) {
    return reject(model, 'bound-to-endpoint', `The transcript holds state that only ${session.boundTo} accepts.`, mode);
  }
  const shape = shapeOf(model, step.size, mode, session.transcriptTokens, mediaIn(session, model));
  const needed = lastPromptTokens(shape) + shape.outputTokens;
  if (needed > model.contextTokens) {
    const why = `The step grows to about ${Math.ceil(needed)} tokens, its window holds ${model.contextTokens}.`;
    return reject(model, 'context-too-small', why, mode);
  }
  return undefined;
}
