import { expect, test } from 'vitest';
import { decide } from '../../router/decide.ts';
import { aDecideInput } from '../../testing/decision-builders.ts';
import { aStepRecord } from '../../testing/record-builders.ts';
import { createRedactor, MASK } from '../redact.ts';
import { unpackStep } from './pack-step.ts';
import { unpackBody } from './step-body.ts';
import { createStepPacker } from './step-packer.ts';
import { toRow } from './stored-row.ts';

const SECRET = 'sk-known-by-value-0001';
const input = aDecideInput();
const record = aStepRecord({ input, decision: decide(input) });
const redactor = createRedactor({ secrets: [SECRET] });

/** As it is read from a row of the recorder. */
function read(one: typeof record, packer: ReturnType<typeof createStepPacker>): string {
  const row = toRow({ kind: 'step', record: one }, redactor, packer);
  if (row.kind !== 'step') throw new Error('a step became another row');
  const parts = new Map(row.parts.map(({ hash, body }) => [hash, body]));
  return JSON.stringify(unpackStep(unpackBody(row.body), (hash) => parts.get(hash)));
}

test('a decision is looked through once, however often and for whom it is stored', () => {
  let seen = 0;
  const packer = createStepPacker({
    record: (value) => redactor.record(value),
    value: (value) => {
      if (typeof value === 'object' && value !== null && 'decision' in value && value.decision !== null) seen += 1;
      return redactor.value(value);
    },
  });
  const whole = packer.whole(record);
  expect(packer.whole({ ...record })).toEqual(whole);
  expect(read({ ...record, title: 'later' }, packer)).toBe(JSON.stringify({ ...record, title: 'later' }));
  expect(seen).toBe(1);
  const parts = new Map(whole?.parts.map(({ hash, body }) => [hash, body]));
  expect(JSON.stringify(unpackStep(whole?.text ?? '', (hash) => parts.get(hash)))).toBe(JSON.stringify(record));
});

test('another decision over the same input is packed anew', () => {
  const packer = createStepPacker(redactor);
  const other = { ...record, decision: { ...record.decision, at: record.decision.at + 1 } };
  expect(read(record, packer)).toBe(JSON.stringify(record));
  expect(read(other, packer)).toBe(JSON.stringify(other));
});

test.each([
  ['its title', { ...record, title: `Use ${SECRET}` }, true],
  ['its input', { ...record, input: { ...input, decisionId: `d ${SECRET}` as never } }, false],
  [
    'what many steps share',
    { ...record, input: { ...input, policy: { ...input.policy, id: SECRET as never } } },
    false,
  ],
  ['the name of a field', { ...record, input: { ...input, [SECRET]: 1 } }, false],
])('a secret in %s is never in the text, and is not kept from whoever needs it whole', (_, one, isRecordKept) => {
  const packer = createStepPacker(redactor);
  expect(packer.whole(one)).toBeUndefined();
  expect(packer.clean(one) !== undefined).toBe(isRecordKept);
  const stored = read(one, packer);
  expect(stored).toBe(JSON.stringify(redactor.record(one)));
  if (!(SECRET in one.input)) expect(stored).toContain(MASK);
});
