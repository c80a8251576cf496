import type { CallTrigger } from '../../domain/step.ts';
import { personPart } from '../../predict/person-text.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import type { Thread } from './session-store.ts';
import type { TranscriptPrints } from './transcript-print.ts';

/**
 * Who caused a call, read from the end of its transcript: tool results with no person's words after them, or a person. System
 * messages and blocks that harnesses add are nobody's words.
 */
export function triggerOfTranscript(items: readonly unknown[]): CallTrigger {
  for (let index = items.length - 1; index >= 0; index--) {
    const item = fieldsIn(items[index]);
    const role = item['role'];
    if (role === 'system' || role === 'developer') continue;
    if (role === 'tool' || (textIn(item['type']) ?? '').endsWith('_output')) return 'tool-result';
    if (role !== 'user') return 'user';
    const content = item['content'];
    if (typeof content === 'string') {
      if (personPart(content) !== '') return 'user';
      continue;
    }
    const blocks = listIn(content).map(fieldsIn);
    if (blocks.some((block) => hasWords(block))) return 'user';
    if (blocks.some((block) => block['type'] === 'tool_result')) return 'tool-result';
  }
  return 'user';
}

function hasWords(block: Fields): boolean {
  const text = textIn(block['text']);
  return text !== undefined && personPart(text) !== '';
}

/** Whether a call goes on with the step that its transcript is in: a tool's result, or the step's first call once more. */
export function continuesStep(
  thread: Thread,
  call: { readonly requestedModel: string; readonly trigger: CallTrigger; readonly prints: TranscriptPrints },
): boolean {
  const { step } = thread;
  if (step === undefined || step.requestedModel !== call.requestedModel) return false;
  if (call.trigger === 'tool-result') return true;
  return call.prints.length === step.startMessageCount && call.prints.at(-1) === step.startPrint;
}
