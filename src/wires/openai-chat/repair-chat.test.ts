import { expect, test } from 'vitest';
import { aModel, modelId } from '../../testing/model-builders.ts';
import type { RepairOptions } from '../shared/wire-repair.ts';
import { repairChat } from './repair-chat.ts';

const MAKER = aModel({ id: modelId('maker'), wire: 'openai-chat' });
const OTHER = aModel({ id: modelId('other'), wire: 'openai-chat' });
const held = { google: { thought_signature: 'sealed' } };
const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: held };
const body = { messages: [{ role: 'assistant', content: null, tool_calls: [call] }] };
const options: RepairOptions = {
  issuerOf: () => 'unknown',
  dialect: 'openai',
  toolStateOf: () => ({ by: MAKER.id, wire: { extra_content: held } }),
};
const place = ['messages', 0, 'tool_calls', 0, 'extra_content'];

test('the state of a call goes to its maker, and to nobody else', () => {
  expect(repairChat(body, MAKER, options).edits).toEqual([{ op: 'set', path: place, value: held }]);
  expect(repairChat(body, OTHER, options).edits).toEqual([{ op: 'remove', path: place }]);
});
