import { readFileSync } from 'node:fs';
import type { DecideInput } from '../../src/domain/decision.ts';
import { asId, type EndpointId, type ModelId, type SessionId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import { nanoFromUsd } from '../../src/domain/money.ts';
import { AS_STATED } from '../../src/policy/dial-scale.ts';
import {
  aDecideInput,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aWarmth,
} from '../../src/testing/decision-builders.ts';
import { aModel } from '../../src/testing/model-builders.ts';
import { productDecision } from '../product-decision.ts';

/** One request of a scripted scenario, with the scores that the peer's selector was given. */
export interface ScenarioStep {
  readonly id: string;
  readonly append_messages: readonly { readonly role: string; readonly tool_call_id?: string }[];
  readonly candidates: readonly string[];
  readonly proposal: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly conversation: string;
  readonly previous_response_id?: string;
  readonly cache_warmth?: number;
  readonly missing_identity?: boolean;
  readonly expected: { readonly model: string; readonly action: string; readonly reason: string };
}

export interface Scenario {
  readonly id: string;
  /** `observe` and `bypass`: the rule is computed or left out, and never obeyed. */
  readonly mode: string;
  readonly steps: readonly ScenarioStep[];
}

export interface ScenarioAnswer {
  readonly scenario: string;
  readonly step: ScenarioStep;
  /** `undefined`: refused. */
  readonly model: string | undefined;
  readonly why: string;
  readonly agrees: boolean;
}

export function loadScenarios(file: string): readonly Scenario[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly scenarios: readonly Scenario[] }).scenarios;
}

/**
 * Puts each request of a scenario to the product. Scores are taken as P(success) at one dollar a failure and the peer's margin
 * of 0.05 as a family margin of five cents; both models cost the same. A tool call that waits for its result and a
 * server-side response id are told as what they are; nothing else of the peer's expectation is.
 */
export function runScenario(scenario: Scenario): readonly ScenarioAnswer[] {
  const incumbents = new Map<string, ModelId>();
  const loops = new Map<string, boolean>();
  return scenario.steps.map((step) => {
    const key = step.missing_identity === true ? step.id : step.conversation;
    const openToolLoop = loopAfter(step, loops.get(key) ?? false);
    loops.set(key, openToolLoop);
    if (scenario.mode !== 'apply') {
      return answer(scenario, step, step.proposal, 'computed and not obeyed: the caller’s model runs');
    }
    const decision = productDecision(inputOf(step, incumbents.get(key), openToolLoop));
    const why = decision.reasons[0]?.text ?? '';
    if (decision.kind === 'refuse') return answer(scenario, step, undefined, decision.hints[0] ?? why);
    incumbents.set(key, decision.to);
    return answer(scenario, step, decision.to, why);
  });
}

/** The second version of the corpus expects a rejection where the only model that may go on is no candidate. */
const REFUSED_IN_V2 = 'previous_model_not_in_candidates';

function answer(scenario: Scenario, step: ScenarioStep, model: string | undefined, why: string): ScenarioAnswer {
  const agrees = model === undefined ? step.expected.reason === REFUSED_IN_V2 : model === step.expected.model;
  return { scenario: scenario.id, step, model, why, agrees };
}

/** Whether the newest messages leave a tool call or its result to the model that asked. */
function loopAfter(step: ScenarioStep, before: boolean): boolean {
  const newest = step.append_messages.at(-1);
  if (newest === undefined) return before;
  return newest.tool_call_id !== undefined;
}

function modelOf(name: string): Model {
  return aModel({ id: asId<ModelId>(name), family: name, endpoint: asId<EndpointId>(name), frontier: false });
}

function inputOf(step: ScenarioStep, incumbent: ModelId | undefined, openToolLoop: boolean): DecideInput {
  const models = step.candidates.map(modelOf);
  const transcriptTokens = incumbent === undefined ? 0 : 2000;
  const warmth =
    step.cache_warmth === undefined || incumbent === undefined ? [] : [aWarmth(incumbent, transcriptTokens)];
  return aDecideInput({
    models,
    quality: models.map((model) => aQuality(model, step.scores[model.id] ?? 0)),
    session: aSession({
      sessionId: asId<SessionId>(step.conversation),
      incumbent,
      transcriptTokens,
      openToolLoop,
      boundTo:
        step.previous_response_id === undefined || incumbent === undefined ? undefined : asId<EndpointId>(incumbent),
    }),
    step: aStep({
      modes: ['continue'],
      size: aStepSize({ callCount: 1, newTokensPerCall: 50, outputTokensPerCall: 50 }),
    }),
    warmth,
    policy: aPolicy({ familyMarginNanoUsd: nanoFromUsd(0.05), dialFactors: AS_STATED }),
  });
}
