import type { Model } from '../../domain/model.ts';
import { fieldsIn, listIn, type Fields } from '../shared/fields.ts';
import { OPENAI_CHAT_TOOL_ID } from '../shared/tool-ids.ts';
import { createRepairNotes, remapId, toolIdRule, type Repair } from '../shared/wire-repair.ts';

/** The edits that make a body acceptable to another model of the Chat format: tool ids alike in call and result. */
export function repairChat(body: Fields, target: Model): Repair {
  const notes = createRepairNotes();
  const rule = toolIdRule(target, OPENAI_CHAT_TOOL_ID);
  listIn(body['messages']).forEach((raw, index) => {
    const message = fieldsIn(raw);
    if (message['role'] === 'tool') {
      remapId(notes, rule, ['messages', index, 'tool_call_id'], message['tool_call_id']);
      return;
    }
    listIn(message['tool_calls']).forEach((call, at) => {
      remapId(notes, rule, ['messages', index, 'tool_calls', at, 'id'], fieldsIn(call)['id']);
    });
  });
  return notes;
}
