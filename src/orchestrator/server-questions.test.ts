import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { JobId } from '../domain/ids.ts';
import type { JsonObject } from '../domain/json.ts';
import { messageText } from '../domain/transcript.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';
import type { ResumeAnswer } from './model/pointsman.ts';
import { parseReply } from './service/parse-reply.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const SERVER = fileURLToPath(new URL('../testing/internal/asking-tool-server.ts', import.meta.url));

interface Opened {
  readonly bed: TestBed;
  /** What the model read of its call. */
  readonly read: () => string;
  readonly taken: () => string;
}

async function open(inputs: readonly JsonObject[] = [{}], form = 'seat'): Promise<Opened> {
  let read = '';
  const bed = await openTestBed({
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, [{ ...planned('one', 'code'), requiredTools: ['seats__take'] }]);
      const input = inputs[asked.turn];
      if (input !== undefined) return { toolCalls: [{ name: 'seats__take', input }] };
      const last = asked.request.messages.at(-1);
      read = last === undefined ? '' : messageText(last);
      return fine(asked);
    },
  });
  testBed = bed;
  const trace = path.join(bed.workspace, 'taken.txt');
  writeFileSync(trace, '');
  const config = { mcpServers: { seats: { command: process.execPath, args: [SERVER, trace, form] } } };
  writeFileSync(path.join(bed.workspace, '.mcp.json'), JSON.stringify(config));
  return { bed, read: () => read, taken: () => readFileSync(trace, 'utf8') };
}

test.each<readonly [string, ResumeAnswer, string]>([
  ['with what they said', { kind: 'reply', text: 'seat=window, count=2' }, '{"seat":"window","count":2}'],
  ['with no, as to any question', { kind: 'permission', allow: false }, 'decline'],
])(
  'what a tool server asks is asked of the user, and it goes on %s',
  async (_how, answer, said) => {
    const { bed, read, taken } = await open();
    const first = await bed.pointsman.runJob({ task: 'Take it.', workspace: bed.workspace });
    expect(first).toMatchObject({ status: 'paused', pause: { kind: 'permission' } });
    const asked = await (
      await bed.pointsman.resumeJob(first.jobId, { answer: { kind: 'permission', allow: true } })
    ).result;
    expect(asked).toMatchObject({ status: 'paused', pause: { kind: 'question' } });
    expect(asked.pause?.question).toBe(
      'The tool server seats asks: Which seat, and for how many? (seat: aisle | window; count, How many: integer; night: boolean)',
    );
    const wrong = bed.pointsman.resumeJob(first.jobId, { answer: { kind: 'reply', text: 'seat=roof, count=2' } });
    await expect(wrong).rejects.toThrow('seat is one of aisle, window');
    const report = await (await bed.pointsman.resumeJob(first.jobId, { answer })).result;
    expect(report.status).toBe('done');
    expect(read()).toBe(`taken: ${said}`);
    // Let go once without an effect of its own, then answered.
    expect(taken()).toBe(`cancel\n${said}\n`);
  },
  60_000,
);

test('a yes answers a form without fields, and is refused before anything runs where there are some', async () => {
  const yes: ResumeAnswer = { kind: 'permission', allow: true };
  const asking = async (form: string): Promise<Opened & { readonly jobId: JobId }> => {
    const opened = await open([{}], form);
    const { jobId } = await opened.bed.pointsman.runJob({ task: 'Take it.', workspace: opened.bed.workspace });
    const asked = await (await opened.bed.pointsman.resumeJob(jobId, { answer: yes })).result;
    expect(asked.pause?.kind).toBe('question');
    return { ...opened, jobId };
  };
  const plain = await asking('yes');
  const report = await (await plain.bed.pointsman.resumeJob(plain.jobId, { answer: yes })).result;
  expect([report.status, plain.read(), plain.taken()]).toEqual(['done', 'taken: {}', 'cancel\n{}\n']);
  await plain.bed.close();

  const { bed, jobId, taken } = await asking('seat');
  await expect(bed.pointsman.resumeJob(jobId, { answer: yes })).rejects.toMatchObject({
    code: 'request-invalid',
    hint: expect.stringContaining('--answer TEXT') as unknown,
  });
  expect([(await bed.pointsman.jobStatus(jobId)).pause?.kind, taken()]).toEqual(['question', 'cancel\n']);
}, 60_000);

test.each<readonly [string, readonly JsonObject[], number]>([
  ['not given to another', [{ row: 1 }, { row: 2 }], 2],
  ['given again where it does the same', [{ row: 1 }, { row: 1 }], 1],
])(
  'what was answered for one call is %s',
  async (_what, inputs, count) => {
    const { bed, taken } = await open(inputs);
    let report = await bed.pointsman.runJob({ task: 'Take them.', workspace: bed.workspace });
    const asked: string[] = [];
    while (report.status === 'paused' && asked.length < 10) {
      const kind = report.pause?.kind ?? '';
      asked.push(kind);
      const answer: ResumeAnswer =
        kind === 'question' ? { kind: 'reply', text: 'seat=aisle, count=1' } : { kind: 'permission', allow: true };
      report = await (await bed.pointsman.resumeJob(report.jobId, { answer })).result;
    }
    expect([report.status, asked.filter((kind) => kind === 'question').length]).toEqual(['done', count]);
    expect(taken().match(/aisle/gu)).toHaveLength(2);
  },
  120_000,
);

test('where everything is allowed nobody is asked: the server is told no, and that is said', async () => {
  const { bed, read } = await open();
  const report = await bed.pointsman.runJob({ task: 'Take it.', workspace: bed.workspace, approve: 'all' });
  expect(report.status).toBe('done');
  expect(read()).toBe('taken: decline');
  expect(report.notes.join('\n')).toContain('The tool server seats asked something and was told no');
}, 60_000);

const form = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
});
const text = { type: 'string' };

test.each<readonly [string, JsonObject, string, unknown]>([
  ['one field, as it is', form({ name: text }), 'Ada, and = more', { name: 'Ada, and = more' }],
  ['one field, by its name', form({ name: text }), 'name=Ada', { name: 'Ada' }],
  ['several, parted by commas', form({ a: text, b: text }), 'a=1, 2, b=x=y', { a: '1, 2', b: 'x=y' }],
  ['several, on lines', form({ a: text, b: text }), 'a=1\nb=2', { a: '1', b: '2' }],
  ['an object', form({ a: { type: 'integer' }, b: text }), '{"a": 1, "b": "two"}', { a: 1, b: 'two' }],
  ['truth values', form({ a: { type: 'boolean' }, b: { type: 'boolean' } }), 'a=yes, b=false', { a: true, b: false }],
  ['numbers', form({ a: { type: 'number' } }), '-1.5', { a: -1.5 }],
  ['a yes, where there is no field', form({}), 'Yes', {}],
  ['a list', form({ a: { type: 'array' } }), 'x, y', { a: ['x', 'y'] }],
  [
    'names that a pattern would read otherwise',
    form({ 'a.b': text, 'c*': text }),
    'a.b=1, c*=2',
    { 'a.b': '1', 'c*': '2' },
  ],
])('an answer may be %s', (_what, schema, said, content) => {
  expect(parseReply(schema, said)).toEqual(content);
});

test.each<readonly [string, JsonObject, string, string]>([
  ['is missing', form({ a: text, b: text }, ['a', 'b']), 'a=1', 'b is missing'],
  ['is unknown', form({ a: text, b: text }), '{"c": 1}', 'no field "c"'],
  ['has no name', form({ a: text, b: text }), 'just words', 'names no field'],
  ['is no number', form({ a: { type: 'integer' } }), '1.5', 'a whole number'],
  ['is empty where a number should be', form({ a: { type: 'number' } }), '', 'a number'],
  ['is not there, which a yes alone answers,', form({}), 'no', 'a yes alone'],
  ['is neither yes nor no', form({ a: { type: 'boolean' } }), 'perhaps', 'yes or no'],
])('a field that %s is said', (_what, schema, said, why) => {
  expect(() => parseReply(schema, said)).toThrow(why);
});
