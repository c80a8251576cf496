import type { PlaceOf } from '../../providers/hosts/place.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { harnessLabel } from './harness-name.ts';

/** By which the figures of calls can be told apart at `/metrics`. What is not known has no label, and a model that nobody lists no name. */
export function callLabels(
  { requestedModel, endpoint, gateway }: Pick<CallRecord, 'requestedModel' | 'endpoint' | 'gateway'>,
  placeOf: PlaceOf,
): Readonly<Record<string, string>> {
  const harness = harnessLabel(gateway?.harness);
  return {
    model: placeOf({ id: requestedModel, endpoint }).id,
    endpoint,
    ...(gateway?.key === undefined ? {} : { key: gateway.key }),
    ...(harness === undefined ? {} : { harness }),
  };
}
