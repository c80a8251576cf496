import { describe, expect, test } from 'vitest';
import { asId, type EndpointId, type ModelId } from '../../domain/ids.ts';
import type { Principal } from './call-context.ts';
import { refuseForeignReferences } from './foreign-references.ts';
import { createIssuerIndex } from './issuer-index.ts';

const FILE = { type: 'input_file', file_id: 'file-of-a' };

function callerOf(tenant: string): Principal {
  return { tenant, key: { id: tenant } as NonNullable<Principal['key']>, credential: undefined };
}

function indexOf(...kept: readonly string[]): Parameters<typeof refuseForeignReferences>[0] {
  const keptIds = createIssuerIndex<EndpointId>();
  const responseIds = createIssuerIndex();
  for (const id of kept) keptIds.note('a', id, asId<EndpointId>('openai'));
  responseIds.note('a', 'resp-of-a', asId<ModelId>('gpt'));
  return { keptIds, responseIds };
}

describe('what a vendor keeps for one caller', () => {
  test.each<readonly [string, Record<string, unknown>]>([
    ['at the top', { conversation: 'conv-of-a' }],
    ['at the top, as an object', { conversation: { id: 'conv-of-a' } }],
    ['in an item of the transcript', { input: [{ role: 'user', content: [FILE] }] }],
    ['in a list in an item', { tools: [{ type: 'file_search', vector_store_ids: ['other', 'file-of-a'] }] }],
    ['under a field that is no list', { tool_resources: { code: { file_ids: ['file-of-a'] } } }],
    ['as an address of a file', { input: [{ fileData: { uri: 'https://g/v1beta/file-of-a' } }] }],
    ['by an item that stands for it', { input: [{ type: 'item_reference', id: 'file-of-a' }] }],
    ['by a thought without its content', { input: [{ type: 'reasoning', id: 'file-of-a', summary: [] }] }],
    ['by an image without its content', { input: [{ type: 'image_generation_call', id: 'file-of-a' }] }],
    ['as the file of a batch', { batch: { inputConfig: { fileName: 'https://g/v1beta/file-of-a' } } }],
    ['in a list in a list', { contents: [[{ parts: [{ fileData: { fileUri: 'https://g/v1beta/file-of-a' } }] }]] }],
  ])('is refused to another, %s', (_where, body) => {
    const core = indexOf('conv-of-a', 'file-of-a', 'v1beta/file-of-a');
    expect(() => refuseForeignReferences(core, callerOf('a'), body)).not.toThrow();
    expect(() => refuseForeignReferences(core, callerOf('b'), body)).toThrow('is kept for this caller');
  });

  test('is refused to another though the very same item was taken from its owner before, and before it was kept', () => {
    const item = { role: 'user', content: [FILE] };
    const empty = indexOf();
    expect(() => refuseForeignReferences(empty, callerOf('b'), { input: [item] })).not.toThrow();
    const core = indexOf('file-of-a');
    expect(() => refuseForeignReferences(core, callerOf('a'), { input: [item] })).not.toThrow();
    expect(() => refuseForeignReferences(core, callerOf('b'), { input: [item] })).toThrow('is kept for this caller');
  });

  test('an item that comes with its content is its bearer’s, whatever it is called', () => {
    const items = [
      { type: 'message', id: 'item-of-a', role: 'assistant', content: [] },
      { type: 'reasoning', id: 'item-of-a', summary: [], encrypted_content: 'x' },
      { type: 'image_generation_call', id: 'item-of-a', result: 'aGk=' },
    ];
    expect(() => refuseForeignReferences(indexOf('item-of-a'), callerOf('b'), { input: items })).not.toThrow();
  });

  test('a response is refused in the words that its vendor has for one that is not there', () => {
    const body = { previous_response_id: 'resp-of-a' };
    expect(() => refuseForeignReferences(indexOf(), callerOf('a'), body)).not.toThrow();
    expect(() => refuseForeignReferences(indexOf(), callerOf('b'), body)).toThrow(
      'Previous response with id "resp-of-a" not found.',
    );
  });

  test('is anybody’s where no access keys keep callers apart', () => {
    const open: Principal = { ...callerOf('b'), key: undefined };
    expect(() => refuseForeignReferences(indexOf('conv-of-a'), open, { conversation: 'conv-of-a' })).not.toThrow();
  });
});
