import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExactJson } from '../../domain/json.ts';
import { createBodyWriter, type BodyWriter } from './body-writer.ts';

function aWriter(maxHeldBytes = 1e9): BodyWriter {
  return createBodyWriter({ maxHeldBytes, idleMs: 60_000, now: () => 0 });
}

const LONG = 'a line of a file, ✓ → ü "quoted" \\ and\nmore; '.repeat(60);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.oneof(fc.string(), fc.constant(LONG)) }),
  fc.record({ text: fc.string({ unit: 'binary' }), gone: fc.constant(undefined) }),
);
const step = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  act: fc.constantFrom('append', 'append', 'append', 'edit', 'cut', 'insert', 'mark'),
  value,
  fields: fc.dictionary(fc.string({ maxLength: 4 }), fc.option(value, { nil: undefined }), { maxKeys: 4 }),
});

describe('a translated body', () => {
  test('is what JSON.stringify writes, however the transcript goes on', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const writer = aWriter();
        const transcript = {};
        let items: unknown[] = Array.from({ length: 8 }, () => ({ role: 'user', content: LONG }));
        for (const { act, at, value: next, fields } of steps) {
          const place = Math.floor(at * items.length);
          if (act === 'append') items = [...items, next];
          else if (act === 'cut') items = items.slice(0, place);
          else if (act === 'mark') items = items.map((one, index) => (index === place ? { one, cache: 1 } : one));
          else items = [...items.slice(0, place), next, ...items.slice(act === 'edit' ? place + 1 : place)];
          // What a codec writes anew each time is another object with the same words.
          const body = {
            model: 'm',
            ...fields,
            messages: structuredClone(items),
            tools: [{ name: LONG }],
            stream: true,
          };
          expect(writer.write(transcript, body).toBuffer().toString()).toBe(JSON.stringify(body));
        }
      }),
    );
  });

  test('whose keys come in another order is written in that order', () => {
    const writer = aWriter();
    const transcript = {};
    for (const item of [
      { a: 1, b: LONG.repeat(10) },
      { b: LONG.repeat(10), a: 1 },
    ]) {
      const body = { messages: [item, item], tools: item };
      expect(writer.write(transcript, body).toBuffer().toString()).toBe(JSON.stringify(body));
    }
  });

  test('that says in a text what was a long number is written as that text', () => {
    const writer = aWriter();
    const transcript = {};
    const long = parseExactJson('12345678901234567890');
    for (const n of [long, { rawJSON: '12345678901234567890' }, long]) {
      const body = { messages: [LONG.repeat(10), { n }], n };
      expect(writer.write(transcript, body).toBuffer().toString()).toBe(JSON.stringify(body));
    }
  });

  test('is held once a transcript, and only within the bound', () => {
    const writer = aWriter(100_000);
    const transcripts = Array.from({ length: 8 }, () => ({}));
    for (let count = 8; count < 12; count += 1) {
      for (const transcript of transcripts) {
        const body = { messages: Array.from({ length: count }, () => LONG) };
        expect(writer.write(transcript, body).toBuffer().toString()).toBe(JSON.stringify(body));
        expect(writer.heldBytes).toBeLessThanOrEqual(100_000);
      }
    }
    expect(writer.heldBytes).toBeGreaterThan(50_000);
    writer.close();
    expect(writer.heldBytes).toBe(0);
  });
});
