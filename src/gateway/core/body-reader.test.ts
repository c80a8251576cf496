import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { parseExactJson } from '../../domain/json.ts';
import { BodyScanner, type BodyLayout } from '../../wires/shared/body/scan-body.ts';
import { editJson, parseBody, type JsonEdit } from '../../wires/shared/json-bytes.ts';
import { createBodyReader, type BodyReader } from './body-reader.ts';

const MAX_DEPTH = 30;
const LONG = 'a line of a file, ✓ → ü "quoted" \\ and\nmore; '.repeat(60);

function aReader(options: { maxHeldBytes?: number; now?: () => number } = {}): BodyReader {
  return createBodyReader({ maxDepthCount: MAX_DEPTH, maxHeldBytes: 1e9, idleMs: 60_000, now: () => 0, ...options });
}

/** What reading gives or why it refuses, and the layout, as one text. */
function outcomeOf(read: () => { readonly body: unknown; readonly layout: BodyLayout }): string {
  try {
    const { body, layout } = read();
    return JSON.stringify([body, layout.fields, layout.transcript]);
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

function byItself(bytes: Buffer): { body: unknown; layout: BodyScanner } {
  const body = parseBody(bytes, MAX_DEPTH);
  const layout = new BodyScanner(bytes, MAX_DEPTH);
  layout.run();
  return { body, layout };
}

const item = fc.oneof(
  fc.record({
    role: fc.constantFrom('user', 'assistant', 'tool'),
    content: fc.oneof(
      fc.string(),
      fc.constant(LONG),
      fc.array(fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) }), { maxLength: 3 }),
    ),
  }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A transcript as it grows: each step appends, edits or cuts, and what stands around it may change. */
const step = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  act: fc.constantFrom('append', 'append', 'append', 'edit', 'cut', 'insert'),
  item,
  head: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  tail: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  indent: fc.constantFrom(0, 0, 0, 1),
  model: fc.constantFrom('auto', 'x', 'claude-opus-5-5'),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function grown(items: readonly unknown[], { act, at, item: next }: Step): readonly unknown[] {
  const place = Math.floor(at * items.length);
  if (act === 'append') return [...items, next];
  if (act === 'cut') return items.slice(0, place);
  return [...items.slice(0, place), next, ...items.slice(act === 'edit' ? place + 1 : place)];
}

const OPENING = { role: 'user', content: LONG.repeat(8) };

describe('a body that goes on from an earlier one', () => {
  test('is read as it would be by itself, whatever was changed and wherever', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 12 }),
        fc.constantFrom('messages', 'input'),
        (steps, key) => {
          const reader = aReader();
          let items: readonly unknown[] = [OPENING];
          for (const one of steps) {
            items = grown(items, one);
            const fields = { ...one.head, model: one.model, [key]: items, ...one.tail };
            const bytes = Buffer.from(JSON.stringify(fields, undefined, one.indent));
            expect(outcomeOf(() => reader.read('me', bytes))).toBe(outcomeOf(() => byItself(bytes)));
          }
        },
      ),
    );
  });

  test('is refused as it would be by itself, whatever is broken in what is new', () => {
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    const byte = fc.constantFrom(...Buffer.from(',:{}[]"\\ 0n\n'), 0, 1, 0x0b, 0x0c, 0xff, 0xe2);
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 1, maxLength: 3 }),
        cut,
        byte,
        fc.boolean(),
        (fresh, where, with_, isSet) => {
          const reader = aReader();
          const text = (items: readonly unknown[]): string =>
            JSON.stringify({ model: 'auto', messages: items, stream: true });
          reader.read('me', Buffer.from(text([OPENING, OPENING])));
          const bytes = Buffer.from(text([OPENING, OPENING, ...fresh]));
          const from = Buffer.from(text([OPENING, OPENING])).length - '],"stream":true}'.length;
          const at = from + Math.floor(where * (bytes.length - from));
          const broken = isSet
            ? Buffer.concat([bytes.subarray(0, at), Buffer.from([with_]), bytes.subarray(at + 1)])
            : Buffer.concat([bytes.subarray(0, at), Buffer.from([with_]), bytes.subarray(at)]);
          expect(outcomeOf(() => reader.read('me', broken))).toBe(outcomeOf(() => byItself(broken)));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('is read anew where one letter of what is known is another, wherever it stands', () => {
    const said = {
      role: 'user',
      content: `${LONG}\ud83d\ude00`,
      n: [0.1, 1e21],
      id: parseExactJson('90071992547409931'),
    };
    const first = Buffer.from(
      JSON.stringify({ model: 'auto', messages: Array.from({ length: 8 }, () => said), top: 1 }),
    );
    fc.assert(
      fc.property(fc.nat({ max: first.length - 1 }), fc.constantFrom(...Buffer.from('a7"\\,:}n'), 0x80), (at, byte) => {
        const reader = aReader();
        reader.read('me', first);
        const changed = Buffer.from(first);
        changed[at] = byte;
        expect(outcomeOf(() => reader.read('me', changed))).toBe(outcomeOf(() => byItself(changed)));
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['a comma before the end', ',]'],
    ['a number that goes on', '1]'],
    ['two commas', ',,1]'],
    ['what is no space to JSON before the comma', '\u000b,1]'],
    ['what is no space to JSON behind the comma', ',\u0000 1]'],
    ['what is no space to JSON before the end', '\u0001]'],
    ['a key twice', `,{"a":1,"a":2}]`],
    ['a list that ends twice', ']]'],
    ['too deep a nest', `,${'['.repeat(40)}${']'.repeat(40)}]`],
  ])('is refused with %s behind what is known', (_name, rest) => {
    const reader = aReader();
    const start = `{"messages":[${JSON.stringify(OPENING)},12`;
    reader.read('me', Buffer.from(`${start}],"model":"auto"}`));
    const bytes = Buffer.from(`${start}${rest},"model":"auto"}`);
    expect(outcomeOf(() => reader.read('me', bytes))).toBe(outcomeOf(() => byItself(bytes)));
  });

  test('a second list of messages is refused', () => {
    const reader = aReader();
    const once = `{"messages":[${JSON.stringify(OPENING)}]`;
    reader.read('me', Buffer.from(`${once}}`));
    expect(() => reader.read('me', Buffer.from(`${once},"messages":[1]}`))).toThrow('A key stands twice');
  });

  test('has the very items that were read before, for its own owner alone', () => {
    const reader = aReader();
    const bytes = (items: readonly unknown[]): Buffer =>
      Buffer.from(JSON.stringify({ model: 'auto', messages: items }));
    const first = reader.read('me', bytes([OPENING, { a: 1 }]));
    const second = reader.read('me', bytes([OPENING, { a: 1 }, { b: 2 }]));
    const other = reader.read('you', bytes([OPENING, { a: 1 }, { b: 2 }]));
    const itemsOf = ({ body }: typeof first): readonly unknown[] => body['messages'] as readonly unknown[];
    expect(itemsOf(second)[1]).toBe(itemsOf(first)[1]);
    expect(itemsOf(other)[1]).not.toBe(itemsOf(first)[1]);
    expect(itemsOf(other)).toEqual(itemsOf(second));
  });
});

describe('what is held', () => {
  const bytes = (name: string, count: number): Buffer =>
    Buffer.from(JSON.stringify({ messages: [{ name }, ...Array.from({ length: count }, () => OPENING)] }));

  test('stays within its bound, however many transcripts come', () => {
    const reader = aReader({ maxHeldBytes: 1_000_000 });
    for (let round = 1; round < 4; round += 1) {
      for (let name = 0; name < 40; name += 1) {
        reader.read('me', bytes(`session ${name}`, round));
        expect(reader.heldBytes).toBeLessThanOrEqual(1_000_000);
      }
    }
    expect(reader.heldBytes).toBeGreaterThan(500_000);
  });

  test.each(['[]', '{}', '1', '{"a":[]}', '""'])('is no less than what many values such as %s take', (value) => {
    const held = (items: string): number => {
      const reader = aReader();
      reader.read('me', Buffer.from(`{"messages":[${items}]}`));
      return reader.heldBytes;
    };
    const items = Array.from({ length: 10_000 }, () => value).join(',');
    expect(held(items)).toBeGreaterThan(10_000 * 64);
    expect(held(`[${items}]`)).toBeGreaterThan(10_000 * 64);
  });

  test('is not given up for a body that there is never room for', () => {
    let now = 0;
    const one = bytes('one', 2);
    const reader = aReader({ maxHeldBytes: one.length * 5, now: () => now });
    const before = reader.read('me', one).body['messages'] as readonly unknown[];
    now += 30_000;
    reader.read('me', bytes('huge', 20));
    expect((reader.read('me', one).body['messages'] as readonly unknown[])[0]).toBe(before[0]);
  });

  test('a transcript in use keeps its place against newer ones, an idle one does not', () => {
    let now = 0;
    const one = bytes('one', 2);
    const reader = aReader({ maxHeldBytes: one.length * 3 * 1.5, now: () => now });
    const before = reader.read('me', one).body['messages'] as readonly unknown[];
    const again = (): unknown => (reader.read('me', one).body['messages'] as readonly unknown[])[0];
    reader.read('me', bytes('two', 2));
    expect(again()).toBe(before[0]);
    now += 30_000;
    reader.read('me', bytes('two', 2));
    expect(again()).not.toBe(before[0]);
  });

  test('goes when nobody has used it for a while', () => {
    vi.useFakeTimers();
    const reader = aReader({ now: () => Date.now() });
    reader.read('me', bytes('one', 2));
    vi.advanceTimersByTime(50_000);
    expect(reader.heldBytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(20_000);
    expect(reader.heldBytes).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test('grows with one transcript by its newest body alone', () => {
    const reader = aReader();
    for (let count = 1; count < 20; count += 1) reader.read('me', bytes('one', count));
    const once = aReader();
    once.read('me', bytes('one', 19));
    expect(reader.heldBytes).toBe(once.heldBytes);
    expect(reader.heldBytes).toBeGreaterThan(3 * bytes('one', 19).length);
    reader.close();
    expect(reader.heldBytes).toBe(0);
  });
});

describe('edits with a layout', () => {
  test('change the bytes as edits without one do', () => {
    const path = fc.oneof(
      fc.tuple(fc.constantFrom('model', 'messages', 'stream', 'new')),
      fc.tuple(fc.constant('messages'), fc.nat({ max: 4 })),
      fc.tuple(fc.constant('messages'), fc.nat({ max: 4 }), fc.constantFrom('role', 'content', 'x')),
    );
    const edits = fc.uniqueArray(
      fc.record({ op: fc.constantFrom('set' as const, 'remove' as const), path, value: fc.constant(7) }),
      { maxLength: 4, selector: ({ path: [field, index] }) => `${field}${index ?? ''}` },
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), edits, fc.constantFrom(0, 2), (items, wanted, indent) => {
        const bytes = Buffer.from(JSON.stringify({ model: 'auto', messages: items, stream: true }, undefined, indent));
        const { layout } = byItself(bytes);
        const list = wanted as readonly JsonEdit[];
        expect(editJson(bytes, list, layout).toString()).toBe(editJson(bytes, list).toString());
      }),
      { numRuns: 500 },
    );
  });
});
