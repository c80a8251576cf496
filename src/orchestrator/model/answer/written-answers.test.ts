import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readContract } from '../contracts.ts';

/** One way in which a model may write what it was asked for. */
interface Writing {
  readonly quote: '"' | "'";
  readonly bareNames: boolean;
  readonly lastComma: boolean;
  readonly remark: '' | ' // so' | ' /* {"so"} */' | ' # so';
  readonly rawBreaks: boolean;
  readonly words: 'json' | 'python';
}

const writings: fc.Arbitrary<Writing> = fc.record({
  quote: fc.constantFrom('"', "'"),
  bareNames: fc.boolean(),
  lastComma: fc.boolean(),
  remark: fc.constantFrom('', ' // so', ' /* {"so"} */', ' # so'),
  rawBreaks: fc.boolean(),
  words: fc.constantFrom('json', 'python'),
});

const texts = fc
  .array(
    fc.constantFrom(
      'done',
      "it's",
      'a "b" c',
      'two\nlines',
      'tab\there',
      '{that}',
      '[x]',
      'C:\\dir',
      '// no remark',
      'ünï',
      '```',
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((words) => words.join(' '));

const answers = fc.record({
  summary: texts,
  decisions: fc.array(texts, { maxLength: 3 }),
  openQuestions: fc.array(texts, { maxLength: 2 }),
  passed: fc.boolean(),
  addedTests: fc.array(texts, { maxLength: 3 }),
});

function written(value: unknown, writing: Writing): string {
  if (typeof value === 'string') return quoted(value, writing);
  if (typeof value === 'boolean') return writing.words === 'json' ? String(value) : value ? 'True' : 'False';
  const end = (some: boolean): string => (some && writing.lastComma ? ',' : '');
  if (Array.isArray(value)) {
    return `[${value.map((inner) => written(inner, writing)).join(', ')}${end(value.length > 0)}]`;
  }
  const rows = Object.entries(value as object).map(
    ([name, inner]) => `${writing.bareNames ? name : quoted(name, writing)}: ${written(inner, writing)}`,
  );
  return `{${writing.remark}\n${rows.join(`,${writing.remark}\n`)}${end(rows.length > 0)}${writing.remark}\n}`;
}

function quoted(text: string, { quote, rawBreaks }: Writing): string {
  const json = JSON.stringify(text).slice(1, -1);
  const own = quote === '"' ? json : json.replaceAll(String.raw`\"`, '"').replaceAll("'", String.raw`\'`);
  const breaks = rawBreaks ? own.replaceAll(/(?<!\\)\\([nt])/gu, (_all, char) => (char === 'n' ? '\n' : '\t')) : own;
  return `${quote}${breaks}${quote}`;
}

const around: fc.Arbitrary<(body: string) => string> = fc.constantFrom(
  (body: string) => body,
  (body: string) => `I changed \`if (a) { b({ c }) }\`, didn't I?\n\n${body}`,
  (body: string) => `\`\`\`json\n${body}\n\`\`\`\nNow it reads:\n\`\`\`js\nf({ a: 1 });\n\`\`\``,
  (body: string) => `\`\`\`\n${body}\n\`\`\``,
);

type Wrapping = (value: object) => object;
const wrappings: fc.Arbitrary<Wrapping> = fc.constantFrom<Wrapping[]>(
  (value) => value,
  (result) => ({ result }),
  (value) => ({ name: 'TestResult', arguments: value }),
  (value) => ({ type: 'answer', data: { output: [value] } }),
  (value) => ({ answer: JSON.stringify(value) }),
);

describe('an answer is read', () => {
  test('however it is written, and whatever stands around it', () => {
    fc.assert(
      fc.property(answers, writings, around, wrappings, (value, writing, inside, wrap) => {
        const text = inside(written(wrap(value), writing));
        expect(readContract('TestResult', text), text).toEqual({ kind: 'kept', value });
      }),
      { numRuns: 500 },
    );
  });

  test('where it was escaped once or twice too often', () => {
    fc.assert(
      fc.property(
        answers,
        fc.integer({ min: 1, max: 2 }),
        fc.boolean(),
        wrappings,
        (value, times, keepQuotes, wrap) => {
          let text = JSON.stringify(wrap(value));
          for (let time = 0; time < times; time += 1) text = JSON.stringify(text).slice(1, -1);
          expect(readContract('TestResult', keepQuotes ? `"${text}"` : `So: ${text}`)).toEqual({ kind: 'kept', value });
        },
      ),
      { numRuns: 300 },
    );
  });

  test('with names, choices, flags and numbers of other spellings', () => {
    const review = {
      summary: 'ok',
      verdict: 'Request_Changes',
      findings: [{ severity: 'Critical', file: 'a', text: 'b' }, 'c'],
    };
    expect(readContract('ReviewResult', JSON.stringify(review))).toMatchObject({
      kind: 'kept',
      value: { verdict: 'request-changes', findings: [{ severity: 'blocking' }, { severity: 'minor', text: 'c' }] },
    });
    expect(readContract('TestResult', '{"summary":"x","passed":"Yes","added_tests":"t"}')).toMatchObject({
      value: { passed: true, addedTests: ['t'] },
    });
    const step = { id: 'a', kind: 'Code', title: 'a', goal: 'b', size: 'LARGE', depends_on: ['plan'], difficulty: '3' };
    expect(readContract('PlanResult', JSON.stringify({ steps: [step] }))).toMatchObject({
      value: { steps: [{ kind: 'code', size: 'large', dependsOn: ['plan'], difficulty: 3 }] },
    });
  });
});

describe('an answer is not made up', () => {
  test.each([
    [
      'of what another part of it says',
      '{"verdict": 7, "summary": "", "before": {"summary": "old", "verdict": "approve"}}',
    ],
    ['of one that was cut', "{'summary': 'do', 'verdict': 'approve'"],
    ['of one whose string does not end', '{"summary": "do, "verdict'],
    ['of words', "{'summary' 'it', 'verdict'}"],
  ])('%s', (_what, text) => {
    expect(readContract('ReviewResult', text).kind).toBe('broken');
  });
});

test('texts that are too long are cut with a word, and findings to those that block', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8001, max: 40_000 }), (length) => {
      const reading = readContract('CodeResult', JSON.stringify({ summary: 'x'.repeat(length) }));
      expect(reading.kind === 'kept' && reading.value.summary).toMatch(
        new RegExp(`^x+ … \\(cut: it had ${length} characters\\)$`, 'u'),
      );
      expect(reading.kind === 'kept' && reading.value.summary.length).toBe(8000);
    }),
  );
  const minor = Array.from({ length: 70 }, (_, at) => ({ severity: 'minor', text: `${at}` }));
  const review = {
    summary: 'x',
    verdict: 'request-changes',
    findings: [...minor, { severity: 'blocking', text: 'this' }],
  };
  const reading = readContract('ReviewResult', JSON.stringify(review));
  expect(reading.kind === 'kept' && reading.value.findings).toHaveLength(50);
  expect(reading.kind === 'kept' && reading.value.findings[0]).toMatchObject({ text: 'this' });
});

test('words that only look like an answer are looked through in a moment', () => {
  for (const piece of ["{'a ", '{"a\': ', '{ /* ', '{ # ', '{a: ', "{'a': ['b', "]) {
    const startedAt = performance.now();
    expect(readContract('CodeResult', piece.repeat(3000)).kind).toBe('broken');
    expect(performance.now() - startedAt).toBeLessThan(4000);
  }
});
