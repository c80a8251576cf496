import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits } from './edit-text.ts';
import { decodeText, encodeText } from './file-text.ts';

const edit = (oldText: string, newText: string, all = false): Parameters<typeof applyEdits>[1] => [
  { oldText, newText, all },
];

describe('an edit', () => {
  test.each([
    ['a file of DOS', 'a\r\nb\r\nc\r\n', 'b', 'x\ny', 'a\r\nx\r\ny\r\nc\r\n'],
    ['several lines of such a file', 'a\r\nb\r\nc\r\n', 'a\nb\n', 'x\n', 'x\r\nc\r\n'],
    ['a file of an old Mac', 'a\rb\rc', 'a\nb', 'x\ny', 'x\ry\rc'],
    ['a file with two kinds of ends', 'a\r\nb\nc\r\nd\n', 'c\nd', 'x\ny', 'a\r\nb\nx\r\ny\n'],
    ['a file without an end', 'a\nb', 'b', 'c', 'a\nc'],
    ['text that a pattern would read otherwise', 'f(a.b)\r\n$&\r\n', 'f(a.b)\n$&', '$1\n$$', '$1\r\n$$\r\n'],
  ])('in %s leaves every other byte as it is', (_what, before, oldText, newText, after) => {
    expect(applyEdits(before, edit(oldText, newText)).text).toBe(after);
  });

  test('whose place is not unique is refused with the places', () => {
    const text = 'function a() {\n  return 1;\n}\nfunction b() {\n  return 1;\n}\n';
    expect(() => applyEdits(text, edit('return 1;', 'return 2;'))).toThrow(
      /2 places, and nothing was changed:\nline 2: {3}return 1;\nline 5: {3}return 1;/u,
    );
    expect(applyEdits(text, edit('return 1;', 'return 2;', true))).toEqual({
      text: text.replaceAll('1', '2'),
      lines: [2, 5],
    });
  });

  test('that is not there says where something like it is', () => {
    expect(() => applyEdits('a\n\tif (x)  y();\n', edit('  if (x) y();', ''))).toThrow(
      /line 2: "\\tif \(x\) {2}y\(\);"/u,
    );
    expect(() => applyEdits('a\n', edit('b', ''))).toThrow(/does not stand in the file, and nothing/u);
    expect(() => applyEdits('a\n', edit('', 'b'))).toThrow(/oldText is empty/u);
  });

  test('of several is made on what those before it left, and says the lines as they are then', () => {
    const edits = [...edit('a', '1\n2'), ...edit('d', 'e')];
    expect(applyEdits('a\nb\nd\n', edits)).toEqual({ text: '1\n2\nb\ne\n', lines: [1, 4] });
  });

  test('changes what it names and nothing else, whatever the file holds', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r\n', '\r', ' ', '$', 'ä') });
    fc.assert(
      fc.property(text, text, text, (before, after, put) => {
        const mark = '<here>';
        expect(applyEdits(`${before}${mark}${after}`, edit(mark, put.replaceAll(/[\r\n]/gu, ''))).text).toBe(
          `${before}${put.replaceAll(/[\r\n]/gu, '')}${after}`,
        );
      }),
    );
  });
});

test('every file without a zero byte that is not UTF-16 is text, and comes back byte for byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ min: 1, maxLength: 60 }), (array) => {
      const bytes = Buffer.from(array);
      const decoded = decodeText(bytes);
      if (decoded !== undefined) expect(encodeText(decoded).equals(bytes)).toBe(true);
      else expect([0xff, 0xfe]).toContain(bytes[0]);
    }),
  );
  for (const hex of ['fffe6100', 'feff0061', 'efbbbf61', 'e4', '']) {
    const decoded = decodeText(Buffer.from(hex, 'hex'));
    expect(decoded && encodeText(decoded).toString('hex')).toBe(hex);
  }
});

test('a character that the encoding of a file does not have is refused, not replaced', () => {
  const decoded = decodeText(Buffer.from('e4', 'hex'));
  expect(() => decoded && encodeText({ ...decoded, text: 'ä€' })).toThrow(/does not have "€"/u);
});
