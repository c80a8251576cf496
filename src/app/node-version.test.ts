import { expect, test } from 'vitest';
import { nodeFault } from './node-version.ts';

test.each([
  ['20.20.2', 'pointsman needs Node 22.16 or newer; this is 20.20.2.'],
  ['22.15.1', 'pointsman needs Node 22.16 or newer; this is 22.15.1.'],
  ['22.16.0', undefined],
  ['22.23.5', undefined],
  ['23.1.0', undefined],
  ['24.0.0', undefined],
  ['100.1.0', undefined],
])('Node %s: %s', (version, fault) => {
  expect(nodeFault(version)).toBe(fault);
});
