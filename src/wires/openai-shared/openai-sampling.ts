import type { Sampling } from '../shared/inbound-call.ts';
import type { WrittenSampling } from '../shared/wire-format.ts';

/** What OpenAI's two formats share: sampling is refused beside an effort. */
export function openaiSampling({ temperature, topP, parallelToolCalls }: Sampling, body: object): WrittenSampling {
  const thinks = 'reasoning_effort' in body || 'reasoning' in body;
  const sent = thinks ? { temperature: undefined, topP: undefined } : { temperature, topP };
  return {
    ...sent,
    fields: {
      ...(sent.temperature === undefined ? {} : { temperature: sent.temperature }),
      ...(sent.topP === undefined ? {} : { top_p: sent.topP }),
      ...(parallelToolCalls !== undefined && 'tools' in body ? { parallel_tool_calls: parallelToolCalls } : {}),
    },
  };
}
