import { expect, test } from 'vitest';
import type { Embedder } from '../embedding/embedder.ts';
import { openLateEncoder } from './late-encoder.ts';
import type { NeedText } from './need-features.ts';

const countingEmbedder = (seen: string[]): Embedder => ({
  version: 'v',
  dimensionCount: 1,
  embed: async (texts) => {
    seen.push(...texts);
    return texts.map((text) => Float32Array.of(text.length));
  },
  close: async () => undefined,
});

const goingOn = (asked: string): NeedText => ({
  text: '',
  before: [
    { role: 'user', text: asked },
    { role: 'tool', text: 'ok' },
  ],
});

test('steps that go on after the same result are told apart by the words that they go on with', async () => {
  const encoder = openLateEncoder('v', async () => countingEmbedder([]));
  const easy = await encoder.vectorsOf(goingOn('rename it'))?.promise;
  const hard = await encoder.vectorsOf(goingOn('make the lock safe under failover'))?.promise;
  expect([easy?.[0], hard?.[0]]).toEqual([9, 33]);
  await encoder.close();
});

test('steps that differ only where nothing is encoded are one, so that no more of them is kept', async () => {
  const seen: string[] = [];
  const encoder = openLateEncoder('v', async () => countingEmbedder(seen));
  const long = (middle: string): NeedText => ({
    text: `${'b'.repeat(1000)}${middle.repeat(10_000)}${'e'.repeat(1000)}`,
    before: [],
  });
  const one = encoder.vectorsOf(long('c'));
  expect(encoder.vectorsOf(long('d'))).toBe(one);
  await one?.promise;
  expect(seen.map((text) => text.length)).toEqual([601, 0]);
  await encoder.close();
});
