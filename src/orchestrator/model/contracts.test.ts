import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STEP_KINDS } from '../../domain/step.ts';
import { CONTRACT_NAMES, contractJsonSchema, contractNameOf, readContract } from './contracts.ts';

const code = { summary: 'done', changedFiles: ['a.ts'] };

test('a line break stands in a string as it was meant, and what only looks like a remark stays', () => {
  const text = '{"summary": "one\ntwo, // three,]",\n"changedFiles": ["https://a/b", "c,}",]}';
  expect(readContract('CodeResult', text)).toMatchObject({
    kind: 'kept',
    value: { summary: 'one\ntwo, // three,]', changedFiles: ['https://a/b', 'c,}'] },
  });
});

describe('readContract', () => {
  test.each([
    ['a fenced block', `Here it is.\n\n\`\`\`json\n${JSON.stringify(code)}\n\`\`\`\n`],
    [
      'the last of two fenced blocks',
      `\`\`\`json\n{"summary":""}\n\`\`\`\nno:\n\`\`\`json\n${JSON.stringify(code)}\n\`\`\``,
    ],
    ['bare JSON', JSON.stringify(code)],
    ['a comma behind the last', '{"summary": "done", "changedFiles": ["a.ts",],\n}'],
    ['remarks', '{ // as asked\n"summary": "done", /* {"summary"} */ "changedFiles": ["a.ts"], // all\n}'],
    ['files with what was done to them', JSON.stringify({ ...code, changedFiles: [{ path: 'a.ts', change: 'sums' }] })],
    ['JSON after words', `I changed it. ${JSON.stringify(code)}`],
    ['extra keys', JSON.stringify({ ...code, mood: 'good' })],
    ['JSON after prose with braces', `I changed \`if (a) { b({ c }) }\` and {that}. ${JSON.stringify(code)}`],
    [
      'JSON before a block of code',
      `\`\`\`json\n${JSON.stringify(code)}\n\`\`\`\nNow it reads:\n\`\`\`js\nf({ a: 1 });\n\`\`\``,
    ],
    ['JSON before another object', `${JSON.stringify(code)}\nas {"a": 1} showed`],
    ['a fence inside of a string', JSON.stringify({ ...code, mood: '```json\n{}\n```' })],
    ['nothing for a list', JSON.stringify({ ...code, decisions: null, openQuestions: '' })],
    ['one for a list', JSON.stringify({ ...code, changedFiles: 'a.ts' })],
    ['nothing for what may be absent', JSON.stringify({ ...code, mood: null })],
  ])('reads an answer in %s', (_form, text) => {
    expect(readContract('CodeResult', text)).toEqual({
      kind: 'kept',
      value: { ...code, decisions: [], openQuestions: [] },
    });
  });

  test.each([
    ['nothing', ''],
    ['words only', 'All done!'],
    ['JSON that was cut', '{"summary": "do'],
    ['a list', '[1]'],
    ['an empty summary', '{"summary":""}'],
    ['a wrong type', '{"summary":"x","changedFiles":7}'],
  ])('says why %s does not keep the contract', (_form, text) => {
    const reading = readContract('CodeResult', text);
    expect(reading.kind).toBe('broken');
    expect(reading.kind === 'broken' && reading.why.length).toBeGreaterThan(5);
  });

  test('never throws, whatever a model says', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CONTRACT_NAMES), fc.string({ unit: 'grapheme' }), (name, text) => {
        expect(['kept', 'broken']).toContain(readContract(name, text).kind);
      }),
    );
  });
});

test('more words than are kept are cut, and more steps than can be planned are not', () => {
  const files = Array.from({ length: 80 }, (_, at) => `f${at}.ts`);
  const reading = readContract('CodeResult', JSON.stringify({ ...code, changedFiles: files }));
  expect(reading.kind === 'kept' && reading.value.changedFiles).toEqual(files.slice(0, 50));
  const steps = files.map((id) => ({ id: id.slice(0, -3), kind: 'code', title: id, goal: id }));
  expect(readContract('PlanResult', JSON.stringify({ steps })).kind).toBe('broken');
});

test('words full of braces are looked through in a moment', () => {
  expect(readContract('CodeResult', '{"a":'.repeat(20_000)).kind).toBe('broken');
  expect(readContract('CodeResult', `${'{ '.repeat(300)}${JSON.stringify(code)}`).kind).toBe('kept');
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
  expect(readContract('CodeResult', `{"summary":"x","mood":${deep}}`).kind).toBe('kept');
  const program = 'if (a) { b(); }\n'.repeat(3000);
  expect(readContract('CodeResult', `${program}${JSON.stringify(code)}`).kind).toBe('kept');
});

test('every contract has a JSON Schema that a model can be shown, and defaults are optional in it', () => {
  for (const name of CONTRACT_NAMES) expect(contractJsonSchema(name)['type']).toBe('object');
  expect(contractJsonSchema('CodeResult')['required']).toEqual(['summary']);
});

test('every kind of step has a contract', () => {
  for (const kind of STEP_KINDS) expect(CONTRACT_NAMES).toContain(contractNameOf(kind));
});
