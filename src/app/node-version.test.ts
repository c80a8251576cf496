import { expect, test } from 'vitest';
import { nodeFault } from './node-version.ts';

test.each([
  ['20.20.2', 'pointsman needs Node 24 or newer; this is 20.20.2.'],
  ['23.11.0', 'pointsman needs Node 24 or newer; this is 23.11.0.'],
  ['24.0.0', undefined],
  ['100.1.0', undefined],
])('Node %s: %s', (version, fault) => {
  expect(nodeFault(version)).toBe(fault);
});
