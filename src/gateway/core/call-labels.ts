import type { CallRecord } from '../../recorder/record.ts';
import { harnessLabel } from './harness-name.ts';

/** By which the figures of calls can be told apart at `/metrics`. What is not known has no label. */
export function callLabels({
  requestedModel: model,
  endpoint,
  gateway,
}: Pick<CallRecord, 'requestedModel' | 'endpoint' | 'gateway'>): Readonly<Record<string, string>> {
  const harness = harnessLabel(gateway?.harness);
  return {
    model,
    endpoint,
    ...(gateway?.key === undefined ? {} : { key: gateway.key }),
    ...(harness === undefined ? {} : { harness }),
  };
}
