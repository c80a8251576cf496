import { expect, test } from 'vitest';
import { anthropicAnswerSchema } from './answer-schema.ts';

test('two choices side by side are both kept: one as a rule, one in words', () => {
  const anyOf = [{ type: 'string' }, { type: 'number' }];
  const oneOf = [{ const: 'a' }, { const: 1 }];
  const description = `(oneOf: ${JSON.stringify(oneOf)})`;
  expect(anthropicAnswerSchema({ anyOf, oneOf })).toEqual({ anyOf, description });
  expect(anthropicAnswerSchema({ oneOf, anyOf })).toEqual({ anyOf, description });
  expect(anthropicAnswerSchema({ oneOf })).toEqual({ anyOf: oneOf });
});
