import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editJson, parseBody, type JsonEdit } from './json-bytes.ts';

const edit = (text: string, ...edits: readonly JsonEdit[]): string => editJson(Buffer.from(text), edits).toString();

describe('editJson', () => {
  test('replaces the model and leaves every other byte', () => {
    const text = '{ "a" : [1, {"model":"no"}],\n "model" :  "x\\"y" , "big": 12345678901234567890.0 }';
    expect(edit(text, { op: 'set', path: ['model'], value: 'z' })).toBe(
      '{ "a" : [1, {"model":"no"}],\n "model" :  "z" , "big": 12345678901234567890.0 }',
    );
  });

  test('replaces each occurrence of a duplicated or escaped key', () => {
    expect(edit('{"model":1,"mod\\u0065l":2}', { op: 'set', path: ['model'], value: 3 })).toBe(
      '{"model":3,"mod\\u0065l":3}',
    );
  });

  test('adds an absent key at the end, also to an empty object', () => {
    expect(edit('{}', { op: 'set', path: ['a'], value: 1 })).toBe('{"a":1}');
    expect(edit('{"b":2 }', { op: 'set', path: ['a'], value: [] })).toBe('{"b":2 ,"a":[]}');
  });

  test('removes elements at the head, in the middle and at the tail', () => {
    const list = '{"l":[0, 1, 2, 3]}';
    const without = (...indexes: readonly number[]): string =>
      edit(list, ...indexes.map((index) => ({ op: 'remove', path: ['l', index] }) as const));
    expect(JSON.parse(without(0))).toEqual({ l: [1, 2, 3] });
    expect(JSON.parse(without(1, 2))).toEqual({ l: [0, 3] });
    expect(JSON.parse(without(2, 3))).toEqual({ l: [0, 1] });
    expect(JSON.parse(without(0, 1, 2, 3))).toEqual({ l: [] });
    expect(JSON.parse(without(0, 2))).toEqual({ l: [1, 3] });
  });

  test('does to the bytes what it would do to the value, for any document and edits', () => {
    const document = fc.dictionary(
      fc.string({ maxLength: 4 }),
      fc.oneof(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 }), fc.jsonValue({ maxDepth: 2 })),
      { maxKeys: 5 },
    );
    fc.assert(
      fc.property(document, fc.nat(), fc.nat(), fc.boolean(), (value, pickKey, pickIndex, remove) => {
        const text = JSON.stringify(value, undefined, pickIndex % 3);
        const plain = JSON.parse(text) as Record<string, unknown>;
        const keys = Object.keys(plain);
        const key = keys[pickKey % Math.max(1, keys.length)] ?? 'new';
        const inner = plain[key];
        const path: (string | number)[] = [key];
        if (Array.isArray(inner) && inner.length > 0) path.push(pickIndex % inner.length);
        const bytes = editJson(Buffer.from(text), [
          remove ? { op: 'remove', path } : { op: 'set', path, value: { set: true } },
        ]);
        const index = path[1];
        if (typeof index === 'number') (inner as unknown[]).splice(index, 1, ...(remove ? [] : [{ set: true }]));
        else if (remove) delete plain[key];
        else Object.defineProperty(plain, key, { value: { set: true }, enumerable: true });
        expect(JSON.parse(bytes.toString())).toEqual(plain);
      }),
    );
  });
});

describe('parseBody', () => {
  const code = (bytes: Buffer): string => {
    try {
      parseBody(bytes, 50);
      return 'parsed';
    } catch (thrown) {
      return (thrown as { code: string }).code;
    }
  };

  test('accepts an object, brackets inside strings included', () => {
    expect(parseBody(Buffer.from(`{"a":"${'['.repeat(500)}"}`), 50)).toEqual({ a: '['.repeat(500) });
  });

  test.each([
    ['malformed JSON', '{"a":'],
    ['an array', '[1]'],
    ['null', 'null'],
    ['nothing', ''],
    ['deep nesting', `{"a":${'['.repeat(100_000)}`],
  ])('refuses %s', (_name, text) => {
    expect(code(Buffer.from(text))).toBe('request-invalid');
  });

  test('refuses invalid UTF-8', () => {
    expect(code(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBe('request-invalid');
  });
});
