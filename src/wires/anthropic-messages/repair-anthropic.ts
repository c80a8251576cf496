import type { Model } from '../../domain/model.ts';
import { fieldsIn, listIn, type Fields } from '../shared/fields.ts';
import { ANTHROPIC_TOOL_ID } from '../shared/tool-ids.ts';
import {
  createRepairNotes,
  mayKeep,
  remapId,
  toolIdRule,
  type Repair,
  type RepairOptions,
} from '../shared/wire-repair.ts';

/**
 * The edits that make a body acceptable to another model of the Messages format: thinking that the target did not mint is
 * removed, its own stays byte for byte; tool ids are mapped alike in call and result.
 */
export function repairAnthropic(body: Fields, target: Model, options: RepairOptions): Repair {
  const notes = createRepairNotes();
  const rule = toolIdRule(target, ANTHROPIC_TOOL_ID);
  const messages = listIn(body['messages']).map(fieldsIn);
  let strippedFromOpener = false;
  messages.forEach((message, index) => {
    const blocks = listIn(message['content']).map(fieldsIn);
    const cut: number[] = [];
    blocks.forEach((block, at) => {
      const path = ['messages', index, 'content', at] as const;
      const type = block['type'];
      if (type === 'thinking' || type === 'redacted_thinking') {
        if (!mayKeep(block['signature'] ?? block['data'], target, options)) cut.push(at);
      } else if (type === 'tool_use') remapId(notes, rule, [...path, 'id'], block['id']);
      else if (type === 'tool_result') remapId(notes, rule, [...path, 'tool_use_id'], block['tool_use_id']);
    });
    if (cut.length === 0) return;
    notes.strippedThinkingCount += cut.length;
    strippedFromOpener = index === messages.length - 2;
    if (cut.length === blocks.length) notes.edits.push({ op: 'remove', path: ['messages', index] });
    else for (const at of cut) notes.edits.push({ op: 'remove', path: ['messages', index, 'content', at] });
  });
  const last = listIn(messages.at(-1)?.['content']);
  const inToolLoop = last.some((block) => fieldsIn(block)['type'] === 'tool_result');
  // A turn with enabled thinking must open with a thinking block of the model's own; there is none to give.
  if (strippedFromOpener && inToolLoop && fieldsIn(body['thinking'])['type'] === 'enabled') {
    notes.edits.push({ op: 'set', path: ['thinking'], value: { type: 'disabled' } });
  }
  return notes;
}
