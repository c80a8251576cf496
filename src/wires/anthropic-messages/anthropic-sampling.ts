import type { Model } from '../../domain/model.ts';
import type { Fields } from '../shared/fields.ts';
import type { Sampling } from '../shared/inbound-call.ts';
import type { SamplingForm } from '../shared/wire-format.ts';

export const anthropicSampling: SamplingForm = {
  write: writeSampling,
  takesStop: true,
  loss: 'anthropic.sampling',
  stopLoss: 'anthropic.stop_sequences',
};

/**
 * Not beside thinking nor to models that refuse sampling, and one of temperature and top-p only. Blank stop texts are refused.
 * Anthropic API reference, read 2026-11.
 */
function writeSampling({ temperature, topP, stop, parallelToolCalls }: Sampling, body: object, model: Model): Fields {
  const fields: Record<string, unknown> = {};
  const thinks = 'thinking' in body && (body.thinking as { type?: string }).type !== 'disabled';
  const isTaken = !thinks && model.requestLimits?.sampling === undefined;
  if (temperature !== undefined && isTaken) fields['temperature'] = Math.min(temperature, 1);
  if (topP !== undefined && temperature === undefined && isTaken) fields['top_p'] = topP;
  const stops = stop.filter((text) => text.trim() !== '');
  if (stops.length > 0) fields['stop_sequences'] = stops;
  if (parallelToolCalls === false && 'tools' in body) {
    const choice = 'tool_choice' in body ? (body.tool_choice as object) : { type: 'auto' };
    fields['tool_choice'] = { ...choice, disable_parallel_tool_use: true };
  }
  return fields;
}
