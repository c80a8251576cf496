import { expect, test } from 'vitest';
import { asId, type EndpointId, type ModelId } from '../../domain/ids.ts';
import type { Issued, IssuedIds } from '../../recorder/issued-ids.ts';
import { createIssuerIndex } from './issuer-index.ts';

function storeInMemory(): IssuedIds {
  const rows = new Map<string, Issued>();
  return {
    find: (digest) => rows.get(digest),
    add: (digest, issued) => void rows.set(digest, issued),
    get isEmpty() {
      return rows.size === 0;
    },
    close: () => undefined,
  };
}

test('indices that share a store do not read each other’s issuers, now or after a restart', () => {
  const store = storeInMemory();
  const models = createIssuerIndex({ lasting: { store, name: 'models' } });
  models.note('me', 'resp_1', asId<ModelId>('gpt'), { isLasting: true });
  for (const name of ['models', 'endpoints']) {
    const next = createIssuerIndex<EndpointId>({ lasting: { store, name } });
    expect(next.issuerOf('me', 'resp_1')).toBe(name === 'models' ? 'gpt' : undefined);
    expect(next.isForeign('you', 'resp_1')).toBe(name === 'models');
    expect(next.issuerOf('you', 'resp_1')).toBeUndefined();
  }
});
