import type { NeedLabel } from '../../domain/need.ts';
import type { ListedCall } from '../../recorder/listed-call.ts';

/**
 * What a model was asked and said of the user's own steps: the latest word on each step. Records of calls that asked nothing, and of those whose
 * answer was of no use, teach nothing.
 */
export async function ownLabels(
  calls: Iterable<Pick<ListedCall, 'call'>> | AsyncIterable<Pick<ListedCall, 'call'>>,
): Promise<readonly NeedLabel[]> {
  const latest = new Map<string, NeedLabel>();
  for await (const { call } of calls) {
    const { purpose, reading } = call;
    if (purpose !== 'reader' || reading === undefined) continue;
    latest.delete(reading.hashes);
    latest.set(reading.hashes, reading);
  }
  return [...latest.values()];
}
