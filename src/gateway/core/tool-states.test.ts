import { expect, test } from 'vitest';
import { modelId } from '../../testing/model-builders.ts';
import { createToolStates } from './tool-states.ts';

const state = { by: modelId('m'), wire: { signature: 's' } };

test('the oldest state goes first, and one that is noted again is new', () => {
  const states = createToolStates(2);
  const transcript = {};
  for (const id of ['a', 'b', 'a', 'c']) states.note(transcript, id, state);
  expect(['a', 'b', 'c'].map((id) => states.stateOf(transcript, id))).toEqual([state, undefined, state]);
});

test('a state is of its own transcript alone', () => {
  const states = createToolStates();
  const transcript = {};
  states.note(transcript, 'a', state);
  expect(states.stateOf({}, 'a')).toBeUndefined();
  expect(states.stateOf(transcript, 'a')).toEqual(state);
});
