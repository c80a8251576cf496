import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageText, type Message } from '../../domain/transcript.ts';
import { pruneResults } from './prune-results.ts';
import { roomOf, roomStep } from './transcript-room.ts';

/** A turn: a call, and what it gave. */
function turn(at: number, chars: number): readonly Message[] {
  const id = `call-${at}`;
  return [
    { role: 'assistant', content: [{ type: 'tool-call', toolCallId: id, toolName: 'read', input: { at } }] },
    {
      role: 'user',
      content: [
        {
          type: 'tool-result',
          toolCallId: id,
          toolName: 'read',
          content: [{ type: 'text', text: 'x'.repeat(chars) }],
          isError: false,
        },
      ],
    },
  ];
}

test('taking results out loses no message, breaks no pair, takes the oldest first and never makes a transcript longer', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9000), { maxLength: 30 }), fc.nat(20_000), (sizes, keep) => {
      const messages = sizes.flatMap((chars, at) => turn(at, chars));
      const pruned = pruneResults(messages, keep);
      const shape = (all: readonly Message[]): unknown =>
        all.map((one) => one.content.map((part) => ('toolCallId' in part ? [part.type, part.toolCallId] : part)));
      expect(shape(pruned)).toEqual(shape(messages));
      const isWhole = pruned.map(
        (message, at) => message === messages[at] || messageText(message) === messageText(messages[at] ?? message),
      );
      const firstWhole = isWhole.findIndex((whole, at) => whole && (sizes[(at - 1) / 2] ?? 0) >= 400);
      const later = isWhole.slice(Math.max(0, firstWhole));
      expect(firstWhole < 0 || later.every((whole) => whole)).toBe(true);
      const length = (all: readonly Message[]): number => all.map(messageText).join('').length;
      expect(length(pruned)).toBeLessThanOrEqual(length(messages));
      expect(pruneResults(pruned, keep)).toEqual(pruned);
    }),
  );
});

test.each([
  ['a prompt that is half of it', 50, 10, 50, 'enough'],
  ['results that are most of it', 90, 30, 80, 'prune'],
  ['words that are most of it', 90, 80, 60, 'compact'],
  ['an opening that is nearly all of it', 90, 88, 5, 'prune'],
] as const)('room for %s', (_what, tokens, prunedTokens, ownTokens, step) => {
  expect(roomStep(100, { tokens, prunedTokens: () => prunedTokens, ownTokens: () => ownTokens })).toBe(step);
});

test('a prompt that was too long says more of a window than the catalogue', () => {
  const model = { contextTokens: 200_000, maxOutputTokens: 64_000 };
  expect(roomOf(model, 16_000, undefined)).toBe(174_800);
  expect(roomOf(model, 16_000, 100_000)).toBe(70_000);
  expect(roomOf(model, 16_000, 900_000)).toBe(174_800);
});
