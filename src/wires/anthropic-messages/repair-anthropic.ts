import type { Model } from '../../domain/model.ts';
import { fieldsIn, listIn, type Fields } from '../shared/fields.ts';
import { ANTHROPIC_TOOL_ID, type NameRule } from '../shared/tool-ids.ts';
import {
  createRepairNotes,
  mayKeep,
  remapId,
  toolIdRule,
  type Repair,
  type RepairNotes,
  type RepairOptions,
} from '../shared/wire-repair.ts';

/**
 * The edits that make a body acceptable to another model of the Messages format: thinking that the target did not mint is
 * removed, its own stays byte for byte; tool ids are mapped alike in call and result.
 */
export function repairAnthropic(body: Fields, target: Model, options: RepairOptions): Repair {
  const notes = createRepairNotes();
  const rule = toolIdRule(target, ANTHROPIC_TOOL_ID);
  const messages = listIn(body['messages']);
  let strippedFromOpener = false;
  for (let index = 0; index < messages.length; index += 1) {
    const blocks = listIn(fieldsIn(messages[index])['content']);
    const cut = cutsIn(blocks, index, { notes, rule, target, options });
    if (cut.length === 0) continue;
    notes.strippedThinkingCount += cut.length;
    strippedFromOpener = index === messages.length - 2;
    if (cut.length === blocks.length) notes.edits.push({ op: 'remove', path: ['messages', index] });
    else for (const at of cut) notes.edits.push({ op: 'remove', path: ['messages', index, 'content', at] });
  }
  const last = listIn(fieldsIn(messages.at(-1))['content']);
  const inToolLoop = last.some((block) => fieldsIn(block)['type'] === 'tool_result');
  // A turn with enabled thinking must open with a thinking block of the model's own; there is none to give.
  if (strippedFromOpener && inToolLoop && fieldsIn(body['thinking'])['type'] === 'enabled') {
    notes.edits.push({ op: 'set', path: ['thinking'], value: { type: 'disabled' } });
  }
  return notes;
}

const NONE: readonly number[] = [];

/** The thinking blocks of a message that must go; notes ids that must change. Most messages have neither. */
function cutsIn(
  blocks: readonly unknown[],
  index: number,
  {
    notes,
    rule,
    target,
    options,
  }: {
    readonly notes: RepairNotes;
    readonly rule: NameRule;
    readonly target: Model;
    readonly options: RepairOptions;
  },
): readonly number[] {
  let cut: number[] | undefined;
  for (let at = 0; at < blocks.length; at += 1) {
    const block = fieldsIn(blocks[at]);
    const type = block['type'];
    if (type === 'thinking' || type === 'redacted_thinking') {
      if (!mayKeep(block['signature'] ?? block['data'], target, options)) (cut ??= []).push(at);
    } else if (type === 'tool_use' || type === 'tool_result') {
      const field = type === 'tool_use' ? 'id' : 'tool_use_id';
      remapId(notes, rule, block[field], () => ['messages', index, 'content', at, field]);
    }
  }
  return cut ?? NONE;
}
