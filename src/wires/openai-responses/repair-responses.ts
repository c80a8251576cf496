import type { Model } from '../../domain/model.ts';
import { fieldsIn, listIn, type Fields } from '../shared/fields.ts';
import { OPENAI_CALL_ID } from '../shared/tool-ids.ts';
import {
  createRepairNotes,
  mayKeep,
  remapId,
  toolIdRule,
  type Repair,
  type RepairOptions,
} from '../shared/wire-repair.ts';

/** The edits that make a body acceptable to another model of the Responses format. See `repairAnthropic`. */
export function repairResponses(body: Fields, target: Model, options: RepairOptions): Repair {
  const notes = createRepairNotes();
  const rule = toolIdRule(target, OPENAI_CALL_ID);
  listIn(body['input']).forEach((raw, index) => {
    const item = fieldsIn(raw);
    if (item['type'] === 'reasoning') {
      if (mayKeep(item['encrypted_content'], target, options)) return;
      notes.edits.push({ op: 'remove', path: ['input', index] });
      notes.strippedThinkingCount++;
    } else if (item['call_id'] !== undefined) remapId(notes, rule, item['call_id'], () => ['input', index, 'call_id']);
  });
  return notes;
}
