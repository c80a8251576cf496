import { isSameModel, type Model } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import { betaHeader } from '../../providers/beta-flags.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import type { JsonEdit } from '../../wires/shared/json-bytes.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import type { RoutedCall } from '../core/call-context.ts';
import type { Routed } from '../route/route-call.ts';
import { levelsFor, withEfforts } from '../sessions/effort-marks.ts';

type RoutedStep = Extract<Routed, { kind: 'routed' }>;

/** The effort of a call: its caller's, unless the model of its step is asked for more by the whole call. */
export function effortOfCall({ step }: RoutedStep, asked: Effort | undefined, isNamed: boolean): Effort | undefined {
  return !isNamed && step.raised?.by === 'call' ? step.raised.effort : asked;
}

/** Efforts to say in the middle of a transcript, where the model's vendor takes that. */
function effortsFor({ routed }: RoutedCall, { wire, effortPerMessage }: Model): RoutedStep['efforts'] {
  return effortPerMessage === true && WIRE_FORMATS[wire].messageEffort !== undefined ? routed.efforts : [];
}

/** The headers of a call with the switch that such efforts need. */
export function headersWithEfforts(
  headers: Readonly<Record<string, string>>,
  call: RoutedCall,
  model: Model,
): Readonly<Record<string, string>> {
  const { messageEffort } = WIRE_FORMATS[model.wire];
  if (messageEffort === undefined || effortsFor(call, model).length === 0) return headers;
  return { ...headers, ...betaHeader(headers, [messageEffort.beta]) };
}

/** What asks for the step's effort in a body that stays in its format; none where it is what the caller asks for. */
export function effortEditsFor(call: RoutedCall, model: Model): readonly JsonEdit[] {
  const { format, body } = call;
  const said = format.messageEffort?.edits(levelsFor(effortsFor(call, model), model)) ?? [];
  const effort = raisedFor(call, model);
  return effort === undefined ? said : [...said, ...format.effortEdits(body, effort, model)];
}

/** What the whole call asks for beyond its caller: of the model of its step, at any of its hosts, and of no stand-in. */
function raisedFor({ routed: { step, candidates }, effort }: RoutedCall, model: Model): Effort | undefined {
  if (step.raised?.by !== 'call' || step.raised.effort !== effort) return undefined;
  const own = candidates.find((one) => one.model.id === step.model)?.model;
  return own !== undefined && isSameModel(own, model) ? effort : undefined;
}

/** The call in no vendor's form, with the same. */
export function inboundWithEfforts(call: RoutedCall, model: Model): InboundCall {
  const inbound = call.inbound();
  const effort = raisedFor(call, model);
  return withEfforts(effort === undefined ? inbound : { ...inbound, effort }, effortsFor(call, model));
}
