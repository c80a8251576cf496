import { expect, test } from 'vitest';
import { asId, type DecisionId } from '../domain/ids.ts';
import type { ListedCall } from '../recorder/listed-call.ts';
import type { GatewayCallRecord } from '../recorder/record.ts';
import { aCallRecord } from '../testing/record-builders.ts';
import { PAGE_READS } from './page-routes.ts';
import type { PageSource } from './page-source.ts';

/** Calls of one session; that of another key comes with the read of this number, or never. */
function sourceIn(comesWith: number): PageSource {
  const callOf = (key: string): ListedCall => {
    const gateway: GatewayCallRecord = {
      askedFor: 'auto',
      wire: 'openai-chat',
      key,
      decisionId: asId<DecisionId>('dec-1'),
      losses: [],
      strippedThinkingCount: 0,
      fallbackFrom: [],
      weakerThanDecided: false,
    };
    return { call: aCallRecord({ jobId: undefined, gateway }), workspace: undefined };
  };
  let reads = 0;
  const callsOf = async (): Promise<readonly ListedCall[]> => {
    reads += 1;
    return Promise.resolve(reads < comesWith ? [callOf('mine')] : [callOf('mine'), callOf('theirs')]);
  };
  const views = { callsOf, job: async () => Promise.resolve(undefined), steps: async () => Promise.resolve([]) };
  return { views } as unknown as PageSource;
}

const ask = async (source: PageSource): Promise<object | undefined> =>
  PAGE_READS['sessions/']?.(source, {
    id: 's',
    query: new URLSearchParams(),
    viewer: { sees: 'key', keyId: 'k', name: 'mine' },
  });

test('a session to which a call of another key comes while it is read is not shown', async () => {
  expect(JSON.stringify(await ask(sourceIn(Number.POSITIVE_INFINITY)))).toContain('mine');
  for (const comesWith of [1, 2, 3])
    await expect(ask(sourceIn(comesWith))).rejects.toMatchObject({ code: 'not-found' });
});
