import { expect, test } from 'vitest';
import { modelId } from '../../testing/model-builders.ts';
import { createToolStates } from './tool-states.ts';

const state = { by: modelId('m'), wire: { signature: 's' } };

test('the oldest state goes first, and one that is noted again is new', () => {
  const states = createToolStates(2);
  for (const id of ['a', 'b', 'a', 'c']) states.note('t', id, state);
  expect(['a', 'b', 'c'].map((id) => states.stateOf('t', id))).toEqual([state, undefined, state]);
});

test('a state is nobody else’s', () => {
  const states = createToolStates();
  states.note('t', 'a', state);
  expect(states.stateOf('other', 'a')).toBeUndefined();
});
