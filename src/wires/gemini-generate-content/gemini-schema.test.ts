import { expect, test } from 'vitest';
import { toJsonSchema } from './gemini-schema.ts';

test('a schema in Google’s older form becomes JSON Schema, counts that stand as text included', () => {
  const older = { type: 'ARRAY', minItems: '1', maxItems: '3', items: { type: 'STRING', nullable: true } };
  expect(toJsonSchema(older)).toEqual({ type: 'array', minItems: 1, maxItems: 3, items: { type: ['string', 'null'] } });
});
