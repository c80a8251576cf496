import { expect, test } from 'vitest';
import type { Effort } from '../../domain/step.ts';
import { fitEffort } from './effort.ts';

const rows: readonly (readonly [Effort, readonly Effort[], Effort | undefined])[] = [
  ['high', ['low', 'medium', 'high'], 'high'],
  ['max', ['low', 'medium', 'high'], 'high'],
  ['xhigh', ['low', 'max'], 'low'],
  ['none', ['low', 'medium'], 'low'],
  ['minimal', ['none', 'low'], 'none'],
  ['high', [], undefined],
];

test.each(rows)('asked for %s of %j sends %s, and says so when it differs', (asked, offered, sent) => {
  const { effort, losses } = fitEffort(asked, offered);
  expect(effort).toBe(sent);
  expect(losses).toEqual(sent === asked ? [] : [{ kind: 'effort-changed', from: asked, to: sent }]);
});

test('no wish is no effort and no loss', () => {
  expect(fitEffort(undefined, ['low'])).toEqual({ effort: undefined, losses: [] });
});
