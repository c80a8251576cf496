import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundText, createBoundedOutput } from './bounded-output.ts';

test('a text that fits is left alone; one that does not keeps head and tail and says what is gone', () => {
  expect(boundText('short', 10)).toBe('short');
  expect(boundText(`head${'.'.repeat(100)}tail`, 12)).toBe('head....\n[… 96 bytes cut …]\ntail');
});

test('no character is cut through, and the size holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.integer({ min: 8, max: 200 }), (text, maxBytes) => {
      const bounded = boundText(text, maxBytes);
      expect(bounded.includes('�')).toBe(text.includes('�'));
      expect(Buffer.byteLength(bounded)).toBeLessThanOrEqual(maxBytes + 40);
    }),
  );
});

test('how the bytes arrive makes no difference', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 40 })),
      fc.integer({ min: 0, max: 100 }),
      (chunks, maxBytes) => {
        const pieces = createBoundedOutput(maxBytes);
        for (const chunk of chunks) pieces.add(Buffer.from(chunk));
        const whole = createBoundedOutput(maxBytes);
        whole.add(Buffer.from(chunks.map((chunk) => Buffer.from(chunk).toString()).join('')));
        expect([pieces.text(), pieces.cutBytes]).toEqual([whole.text(), whole.cutBytes]);
      },
    ),
  );
});
