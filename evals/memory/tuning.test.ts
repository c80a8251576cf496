import { expect, test } from 'vitest';
import type { Memory } from '../../src/memory/memory-file.ts';
import { indexOf, OFFERED_TOKENS, recall } from '../../src/memory/recall.ts';
import { createDraw } from '../trust/draw.ts';
import { recallCases } from './recall-cases.ts';
import { tuningCases } from './tuning-cases.ts';

test('no fact that reports the figure is one that retrieval was made by', () => {
  const [report, tuning] = [recallCases(createDraw(1)), tuningCases(createDraw(7))];
  const texts = new Set(tuning.facts.flatMap(({ text, needed }) => [text, needed]));
  expect(texts.size).toBe(400);
  expect(report.facts.filter(({ text, needed }) => texts.has(text) || texts.has(needed))).toEqual([]);
});

test('nine in ten of the facts that it was made by are offered, without the encoder too', () => {
  const { facts, beside } = tuningCases(createDraw(7));
  const memories = [...facts, ...beside].map(({ name, text, from }) => {
    const memory: Memory = {
      name,
      text,
      from,
      scope: 'project',
      kind: 'fact',
      madeAt: undefined,
      expiresAt: undefined,
    };
    return { memory, ...indexOf(text), vector: undefined };
  });
  const offered = facts.filter(({ name, needed }) =>
    recall(memories, { text: needed, vector: undefined, maxTokens: OFFERED_TOKENS }).some((one) => one.name === name),
  );
  expect(offered.length / facts.length).toBeGreaterThanOrEqual(0.9);
});
