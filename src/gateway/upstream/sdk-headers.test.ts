import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import { asId, type EndpointId } from '../../domain/ids.ts';
import { headersToUpstream } from './forward-headers.ts';
import { headerLosses } from './header-losses.ts';

const endpoint = { id: asId<EndpointId>('anthropic'), headers: {} } as unknown as ConfiguredEndpoint;
const wire = 'anthropic-messages';
const sent = (name: string): boolean =>
  name in headersToUpstream({ headers: { [name]: 'x' }, wire }, { endpoint, wire, key: undefined });

/** Every name in the code of the SDKs that are here. */
const named = new Set(
  ['openai', '@anthropic-ai/sdk'].flatMap((sdk) =>
    globSync(`node_modules/${sdk}/**/*.mjs`).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/['"](x-stainless-[a-z-]*[a-z])['"]/giu)].map(([, name = '']) =>
        name.toLowerCase(),
      ),
    ),
  ),
);

test('what the SDKs say about themselves passes inside a wire format, and is no loss outside it', () => {
  expect(named.size).toBeGreaterThan(8);
  const names = [...named, 'x-stainless-async', 'x-stainless-read-timeout', 'x-stainless-kotlin-version'];
  expect(names.filter((name) => !sent(name))).toEqual([]);
  expect(headerLosses(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
});

test.each(['x-stainless-employee', 'x-stainless-', 'x-stainless-lang-note', 'x-stainless-os-version-of-whom'])(
  '%s is nobody’s that is known: it stays here, and that is reported',
  (name) => {
    expect(sent(name)).toBe(false);
    expect(headerLosses({ [name]: 'x' })).toEqual(['headers.other']);
  },
);
