import type { Fields } from '../shared/fields.ts';
import type { Sampling } from '../shared/inbound-call.ts';
import type { SamplingForm } from '../shared/wire-format.ts';

export const anthropicSampling: SamplingForm = {
  write: writeSampling,
  takesStop: true,
  loss: 'anthropic.sampling',
  stopLoss: 'anthropic.stop_sequences',
};

/** Not beside thinking, and one of temperature and top-p only. */
function writeSampling({ temperature, topP, stop, parallelToolCalls }: Sampling, body: object): Fields {
  const fields: Record<string, unknown> = {};
  const thinks = 'thinking' in body && (body.thinking as { type?: string }).type !== 'disabled';
  if (temperature !== undefined && !thinks) fields['temperature'] = Math.min(temperature, 1);
  if (topP !== undefined && temperature === undefined && !thinks) fields['top_p'] = topP;
  if (stop.length > 0) fields['stop_sequences'] = stop;
  if (parallelToolCalls === false && 'tools' in body) {
    const choice = 'tool_choice' in body ? (body.tool_choice as object) : { type: 'auto' };
    fields['tool_choice'] = { ...choice, disable_parallel_tool_use: true };
  }
  return fields;
}
