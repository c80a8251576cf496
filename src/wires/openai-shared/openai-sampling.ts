import type { Fields } from '../shared/fields.ts';
import type { Sampling } from '../shared/inbound-call.ts';

/** What OpenAI's two formats share: sampling is refused beside an effort. */
export function openaiSampling({ temperature, topP, parallelToolCalls }: Sampling, body: object): Fields {
  const fields: Record<string, unknown> = {};
  const thinks = 'reasoning_effort' in body || 'reasoning' in body;
  if (temperature !== undefined && !thinks) fields['temperature'] = temperature;
  if (topP !== undefined && !thinks) fields['top_p'] = topP;
  if (parallelToolCalls !== undefined && 'tools' in body) fields['parallel_tool_calls'] = parallelToolCalls;
  return fields;
}
