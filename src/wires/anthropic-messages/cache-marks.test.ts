import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldsIn, isFields, type Fields } from '../shared/fields.ts';
import { editJson } from '../shared/json-bytes.ts';
import { asksForHour, countMarkers, hourEdits } from './cache-marks.ts';

/** Times to live of all markers of a body, wherever they stand, in the vendor's order. */
function ttlsIn({ tools, system, messages }: Fields): readonly unknown[] {
  const found: unknown[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    else if (isFields(value)) {
      for (const [name, inner] of Object.entries(value)) if (name !== 'cache_control') walk(inner);
      const control = fieldsIn(value['cache_control']);
      if (control['type'] === 'ephemeral') found.push(control['ttl'] ?? '5m');
    }
  };
  walk([tools, system, messages]);
  return found;
}

const marker = (arb: fc.Arbitrary<object>): fc.Arbitrary<object> => fc.oneof(fc.constant({}), arb);
const plain = marker(fc.constant({ cache_control: { type: 'ephemeral' } }));
const text = (mark: object): object => ({ type: 'text', text: 'x', ...mark });
const result = fc
  .tuple(plain, fc.array(plain, { maxLength: 3 }))
  .map(([mark, inner]) => ({ type: 'tool_result', tool_use_id: 't', content: inner.map(text), ...mark }));
const content = fc.array(fc.oneof(plain.map(text), result), { minLength: 1, maxLength: 4 });
const body = fc.record({
  tools: fc.array(
    plain.map((mark) => ({
      name: 'Read',
      input_schema: { properties: { cache_control: { type: 'string' } } },
      ...mark,
    })),
    { maxLength: 2 },
  ),
  system: fc.array(plain.map(text), { maxLength: 2 }),
  messages: fc.array(
    content.map((blocks) => ({ role: 'user', content: blocks })),
    { maxLength: 3 },
  ),
});

function withHours(of: object): Fields {
  return JSON.parse(editJson(Buffer.from(JSON.stringify(of)), hourEdits(of as Fields)).toString()) as Fields;
}

describe('markers of a request', () => {
  test('all ask for an hour, those inside results too: the vendor refuses a longer class behind a shorter one', () => {
    fc.assert(
      fc.property(body, (of) => {
        const count = countMarkers(of);
        expect(ttlsIn(withHours(of)).filter((ttl) => ttl === '1h')).toHaveLength(count);
        expect(ttlsIn(of)).toHaveLength(count);
      }),
    );
  });

  test('are known to ask for an hour as soon as one does, and by no other text that says so', () => {
    fc.assert(
      fc.property(body, (of) => {
        const said = {
          ...of,
          metadata: { ttl: '1h' },
          messages: [...of.messages, { role: 'user', content: '"ttl":"1h"' }],
        };
        expect(asksForHour(said)).toBe(false);
        expect(asksForHour(withHours(of))).toBe(countMarkers(of) > 0);
        expect(asksForHour({ ...of, cache_control: { type: 'ephemeral', ttl: '1h' } })).toBe(true);
      }),
    );
  });

  test('one that names its own time, wherever it stands, leaves all as they are', () => {
    const inner = text({ cache_control: { type: 'ephemeral', ttl: '5m' } });
    const of = {
      system: [text({ cache_control: { type: 'ephemeral' } })],
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [inner] }] }],
    };
    expect(hourEdits(of)).toEqual([]);
  });
});
