import type { Model } from '../../domain/model.ts';
import type { Sampling } from '../shared/inbound-call.ts';
import type { SamplingForm, WrittenSampling } from '../shared/wire-format.ts';

export const anthropicSampling: SamplingForm = {
  write: writeSampling,
  maxStopCount: Infinity,
  takesSerialCalls: true,
  loss: 'anthropic.sampling',
  stopLoss: 'anthropic.stop_sequences',
};

/**
 * Not beside thinking nor to models that refuse sampling, and one of temperature and top-p only. Blank stop texts are refused.
 * Anthropic API reference, read 2026-11.
 */
function writeSampling(
  { temperature, topP, stop, parallelToolCalls }: Sampling,
  body: object,
  model: Model,
): WrittenSampling {
  const fields: Record<string, unknown> = {};
  const thinks = 'thinking' in body && (body.thinking as { type?: string }).type !== 'disabled';
  const isTaken = !thinks && model.requestLimits?.sampling === undefined;
  const sent = {
    temperature: temperature !== undefined && isTaken ? Math.min(temperature, 1) : undefined,
    topP: temperature === undefined && isTaken ? topP : undefined,
  };
  if (sent.temperature !== undefined) fields['temperature'] = sent.temperature;
  if (sent.topP !== undefined) fields['top_p'] = sent.topP;
  const stops = stop.filter((text) => text.trim() !== '');
  if (stops.length > 0) fields['stop_sequences'] = stops;
  if (parallelToolCalls === false && 'tools' in body) {
    const choice = 'tool_choice' in body ? (body.tool_choice as { readonly type?: string }) : { type: 'auto' };
    // Where no tool may be called, the API has no such field.
    if (choice.type !== 'none') fields['tool_choice'] = { ...choice, disable_parallel_tool_use: true };
  }
  return { ...sent, fields };
}
