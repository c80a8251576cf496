import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../domain/transcript.ts';
import { EMPTY_CHAIN, extendChain, hashBlock, headBlocks, messageBlocks } from './prefix-chain.ts';

const blocks = fc.array(
  fc.string().map((text) => ({ text, tokens: text.length })),
  { maxLength: 12 },
);

test('a chain built in two goes equals one built at once', () => {
  fc.assert(
    fc.property(blocks, blocks, (first, second) => {
      expect(extendChain(extendChain(EMPTY_CHAIN, first), second)).toEqual(
        extendChain(EMPTY_CHAIN, [...first, ...second]),
      );
    }),
  );
});

test('two chains share exactly the blocks before their first difference', () => {
  fc.assert(
    fc.property(blocks, blocks, blocks, (shared, one, other) => {
      fc.pre(one[0]?.text !== other[0]?.text || one.length === 0 || other.length === 0);
      const left = extendChain(EMPTY_CHAIN, [...shared, ...one]);
      const right = extendChain(EMPTY_CHAIN, [...shared, ...other]);
      const alone = extendChain(EMPTY_CHAIN, shared);
      for (const chain of [left, right]) expect(chain.hashes.slice(0, shared.length)).toEqual(alone.hashes);
      const next = shared.length;
      if (one.length > 0 && other.length > 0) expect(left.hashes[next]).not.toBe(right.hashes[next]);
    }),
  );
});

test('moving a boundary between blocks changes the prefix', () => {
  const at = (...texts: readonly string[]): number | undefined =>
    extendChain(
      EMPTY_CHAIN,
      texts.map((text) => ({ text, tokens: 1 })),
    ).hashes.at(-1);
  expect(at('ab', 'c')).not.toBe(at('a', 'bc'));
  expect(at('abc', '')).not.toBe(at('abc'));
});

test('hashes are whole, exact numbers and spread', () => {
  const seen = new Set<number>();
  for (let index = 0; index < 20_000; index += 1) seen.add(hashBlock(`block ${index}`, 0));
  expect(seen.size).toBe(20_000);
  for (const hash of seen) expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
});

test('the head is tools, then system, and a changed tool changes everything after it', () => {
  const tool = (description: string): { name: string; description: string; inputSchema: Record<string, never> } => ({
    name: 'read',
    description,
    inputSchema: {},
  });
  const head = headBlocks('be brief', [tool('reads')]);
  expect(head.map((block) => block.text.slice(0, 6))).toEqual(['tool\n[', 'system']);
  const one = extendChain(EMPTY_CHAIN, head);
  const other = extendChain(EMPTY_CHAIN, headBlocks('be brief', [tool('reads files')]));
  expect(one.hashes.filter((hash) => other.hashes.includes(hash))).toEqual([]);
});

test('a tool result given as one text part is the same prefix as any other spelling of that text', () => {
  const result = (text: string): Message => ({
    role: 'user',
    content: [
      { type: 'tool-result', toolCallId: 't1', toolName: 'read', content: [{ type: 'text', text }], isError: false },
    ],
  });
  const [block] = messageBlocks([result('hello')]);
  expect(block?.text).toBe('user\n["tool-result","t1","hello",false]');
  expect(messageBlocks([{ role: 'assistant', content: [{ type: 'text', text: 'x' }] }])[0]?.text).toBe('assistant\nx');
});

test('an image counts by the piece, however many bytes it has', () => {
  const imageOf = (chars: number): Message => ({
    role: 'user',
    content: [
      {
        type: 'tool-result',
        toolCallId: 't',
        toolName: 'Shot',
        isError: false,
        content: [
          { type: 'text', text: 'Done.' },
          { type: 'image', mediaType: 'image/png', source: { kind: 'base64', data: 'A'.repeat(chars) } },
        ],
      },
    ],
  });
  const [small, large] = [400, 400_000].map((chars) => messageBlocks([imageOf(chars)])[0]);
  expect(small?.tokens).toBe(large?.tokens);
  expect(small?.tokens).toBeGreaterThan(1500);
  expect(small?.tokens).toBeLessThan(1700);
  expect(small?.text).not.toBe(large?.text);
});
