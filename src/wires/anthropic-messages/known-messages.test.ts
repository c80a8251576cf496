import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asId, type ModelId } from '../../domain/ids.ts';
import type { IssuedReader } from '../shared/inbound-call.ts';
import { decodeAnthropic } from './decode-anthropic.ts';

const ids = fc.constantFrom('t1', 't2', 't3');
const text = fc.constantFrom('a', 'b').map((said) => ({ type: 'text', text: said }));
const inResult = fc.oneof(
  text,
  fc.constant({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }),
  fc.constant({ type: 'tool_reference', tool_name: 'Read' }),
);
const assistant = fc
  .array(
    fc.oneof(
      text,
      text.map((one) => ({ ...one, citations: [] })),
      fc.record({ type: fc.constant('thinking'), thinking: fc.constant('hm'), signature: fc.constantFrom('s1', 's2') }),
      fc.record({
        type: fc.constant('tool_use'),
        id: ids,
        name: fc.constantFrom('Read', 'Edit'),
        input: fc.constant({}),
      }),
      fc.constant({ type: 'server_tool_use', id: 'x' }),
    ),
    { maxLength: 3 },
  )
  .map((content) => ({ role: 'assistant', content }));
const user = fc
  .array(
    fc.oneof(
      inResult,
      fc.record({ type: fc.constant('tool_result'), tool_use_id: ids, content: fc.array(inResult, { maxLength: 2 }) }),
      fc.constant({ type: 'document', source: { type: 'file', file_id: 'f' } }),
    ),
    { maxLength: 3 },
  )
  .map((content) => ({ role: 'user', content }));
const other = fc.constantFrom<object>(
  { role: 'user', content: 'words' },
  { role: 'system', content: 'words' },
  { role: 'x' },
);
const messages = fc.array(fc.oneof(assistant, user, other), { minLength: 1, maxLength: 8 });

/** Everything that a call is read to be, as text. */
function readOf(items: readonly object[], issued: IssuedReader): string {
  const call = decodeAnthropic({ model: 'm', messages: items }, issued);
  const { losses, bounds, isBoundToVendor, messageEnds, cacheMarkers } = call;
  return JSON.stringify([call.messages, [...losses].sort(), bounds, isBoundToVendor, messageEnds, cacheMarkers]);
}

function issuedBy(by: string): IssuedReader {
  return (signature, wire) => (signature === 's1' ? { by: asId<ModelId>(by), wire } : undefined);
}

describe('messages that come again', () => {
  test('are read as if for the first time, in whatever transcript and order, whoever issued their thinking', () => {
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.nat(20)), (items, picks) => {
        readOf(items, issuedBy('first'));
        const again = items.map(() => items[(picks.next().value ?? 0) % items.length] ?? {});
        const anew = structuredClone(again).map((item) => structuredClone(item));
        expect(readOf(again, issuedBy('second'))).toBe(readOf(anew, issuedBy('second')));
      }),
    );
  });

  test('are the very same, so that what follows from them is known too', () => {
    const items = [{ role: 'user', content: 'Go on.' }];
    const read = (): unknown => decodeAnthropic({ model: 'm', messages: items }, () => undefined).messages[0];
    expect(read()).toBe(read());
  });
});
