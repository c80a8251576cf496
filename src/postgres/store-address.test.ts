import { describe, expect, test } from 'vitest';
import { storeAddressOf } from './store-address.ts';

describe('the address of a store', () => {
  test.each([
    ['postgres://u:horse@h:5432/d', 'h:5432/d', 'pointsman'],
    ['postgresql://u:ho%2Frse@h/d?schema=team_a&sslmode=require', 'h/d, schema team_a', 'team_a'],
    ['postgres://u:ho@rse@h/d', 'h/d', 'pointsman'],
    ['postgres://u@/d?host=%2Frun%2Fpostgresql', '/run/postgresql/d', 'pointsman'],
    ['postgres://h/d?user=u@w&password=horse', undefined, undefined],
    ['postgres://u:horse@h/d?user=u@w', 'h/d', 'pointsman'],
    ['postgres://u:12/horse@h/d', undefined, undefined],
    ['postgres://u:12?horse@h/d', undefined, undefined],
    ['postgres://u:12#horse@h/d', undefined, undefined],
    ['postgres://u:p@12/horse@h/d', undefined, undefined],
    ['postgres://u:horse@[/d', undefined, undefined],
    ['postgres://h/d?schema=a;drop', undefined, undefined],
    ['postgres://h/d?schema=A', undefined, undefined],
    ['postgres://h/d?schema=', undefined, undefined],
  ])('%s', (address, place, schema) => {
    if (place === undefined) {
      const refused = expect.objectContaining({ code: 'config-invalid', hint: expect.any(String) as string }) as Error;
      expect(() => storeAddressOf(address)).toThrow(refused);
      expect(() => storeAddressOf(address)).not.toThrow(/horse/u);
    } else expect(storeAddressOf(address)).toMatchObject({ place, schema });
  });
});
