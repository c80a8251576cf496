import { expect, test } from 'vitest';
import { withoutPassword } from './store-passwords.ts';

test.each([
  ['postgres://u:horse@h:5432/d?schema=s', 'postgres://u@h:5432/d?schema=s'],
  ['POSTGRESQL://u:ho:rse@h/d', 'POSTGRESQL://u@h/d'],
  ['postgres://u:ho@rse@h/d', 'postgres://u@h/d'],
  ['postgres://:horse@h/d', 'postgres://@h/d'],
  [' postgres://h/d?user=u&password=horse&schema=s ', 'postgres://h/d?user=u&schema=s'],
  ['postgres://h/d?password=horse&p%61ssword=horse', 'postgres://h/d'],
  ['postgres://u:horse@/d?host=/run/postgresql', 'postgres://u@/d?host=/run/postgresql'],
  ['postgres://u:ho/rse@h/d', undefined],
  ['postgres://u:ho?rse@h/d', undefined],
  ['postgres://u:ho#rse@h/d', undefined],
  ['postgres://u@h/d', 'postgres://u@h/d'],
  ['/home/me@work/store', '/home/me@work/store'],
])('%s is shown as %s', (place, shown) => {
  expect(withoutPassword(place)).toBe(shown);
});
