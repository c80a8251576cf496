import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toToolName } from './tool-name.ts';

const anyName = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('a', 'a_', '_b', 'a__b', 'b', 'b__c', 'A', 'x'.repeat(70)),
);

test('plain names are joined as they are', () => {
  expect(toToolName('github', 'create_issue')).toBe('github__create_issue');
});

test('every name is one that all vendors accept, and the same each time', () => {
  fc.assert(
    fc.property(anyName, anyName, (server, tool) => {
      const name = toToolName(server, tool);
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/u);
      expect(toToolName(server, tool)).toBe(name);
    }),
  );
});

test('two tools never share a name', () => {
  fc.assert(
    fc.property(anyName, anyName, anyName, anyName, (server, tool, otherServer, otherTool) => {
      fc.pre(server !== otherServer || tool !== otherTool);
      expect(toToolName(server, tool)).not.toBe(toToolName(otherServer, otherTool));
    }),
    { numRuns: 2000 },
  );
});
