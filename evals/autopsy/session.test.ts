import { expect, test } from 'vitest';
import { sessionFigures } from './session-figures.ts';

test('what was planted in sessions of harnesses is found, and what nothing tells is not', () => {
  const figures = sessionFigures(120, 7, 'session');
  expect(figures['session.step.pct']?.value).toBeGreaterThanOrEqual(85);
  expect(figures['session.cause.pct']?.value).toBeGreaterThanOrEqual(75);
  expect(figures['session.cannot_tell.pct']?.value).toBeGreaterThanOrEqual(80);
  expect(figures['session.last_failed.step.pct']?.value).toBeLessThan(figures['session.step.pct']?.value ?? 0);
});
