import type { CallTrigger } from '../../domain/step.ts';
import type { CallShape } from '../../predict/text/call-origin.ts';
import { isContextMark, SYSTEM_CHARS } from '../../predict/text/harness-text.ts';
import { personPart } from '../../predict/text/person-text.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import type { RequestBrief } from '../../wires/shared/wire-format.ts';

/** Who stands behind an item of a transcript. A tool's result may share its item with words. */
type Speaker = 'system' | 'user' | 'assistant' | 'tool';

/** Items at a transcript's start that may hold what is left of an earlier one, beside reminders and first words. */
const OPENING_ITEMS = 8;

function speakerOf(item: Fields): Speaker {
  const role = item['role'];
  const type = textIn(item['type']) ?? 'message';
  if (role === 'system' || role === 'developer') return 'system';
  if (role === 'tool' || type.endsWith('_output')) return 'tool';
  if (role === 'user') return 'user';
  return 'assistant';
}

function textsOf(content: unknown): readonly string[] {
  if (typeof content === 'string') return [content];
  return listIn(content).flatMap((block) => textIn(fieldsIn(block)['text']) ?? []);
}

function holdsResult(item: Fields): boolean {
  return listIn(item['content']).some((block) => fieldsIn(block)['type'] === 'tool_result');
}

/** What a body looks like to whoever asks whose call it is. Reads its two ends only. */
export function callShapeOf(
  items: readonly unknown[],
  brief: RequestBrief,
  session: Pick<CallShape, 'isSubAgent' | 'isBesideWork'>,
): CallShape {
  return {
    system: systemTextOf(brief.system, items),
    toolCount: brief.toolCount,
    messageCount: items.filter((item) => speakerOf(fieldsIn(item)) !== 'system').length,
    newTexts: newTextsOf(items),
    showsNewMedia: showsNewMedia(items),
    maxOutputTokens: brief.maxOutputTokens,
    ...session,
  };
}

function systemTextOf(system: unknown, items: readonly unknown[]): string {
  const inline = items
    .slice(0, OPENING_ITEMS)
    .map(fieldsIn)
    .filter((item) => speakerOf(item) === 'system')
    .flatMap((item) => textsOf(item['content']));
  return [...textsOf(system), ...inline].map((text) => text.slice(0, SYSTEM_CHARS)).join('\n');
}

/** The last item that wants an answer: the beginning of one may stand after it, to be gone on with. */
function lastAsked(items: readonly unknown[]): number {
  const last = items.length - 1;
  return fieldsIn(items[last])['role'] === 'assistant' ? last - 1 : last;
}

/** Texts in a person's place after the newest answer or tool result, oldest first. */
function newTextsOf(items: readonly unknown[]): readonly string[] {
  const texts: string[][] = [];
  for (let index = lastAsked(items); index >= 0; index--) {
    const item = fieldsIn(items[index]);
    const speaker = speakerOf(item);
    if (speaker === 'system') continue;
    if (speaker !== 'user') break;
    texts.unshift([...textsOf(item['content'])]);
    if (holdsResult(item)) break;
  }
  return texts.flat();
}

/** Whether somebody shows something without a word, after an answer: after a tool's result it is what the tool returned. */
function showsNewMedia(items: readonly unknown[]): boolean {
  let isShown = false;
  for (let index = lastAsked(items); index >= 0; index--) {
    const item = fieldsIn(items[index]);
    const speaker = speakerOf(item);
    if (speaker === 'system') continue;
    if (speaker !== 'user') return isShown && speaker === 'assistant';
    if (holdsResult(item)) return false;
    isShown ||= listIn(item['content']).some((block) => !isText(fieldsIn(block)));
  }
  return isShown;
}

function isText(block: Fields): boolean {
  return textIn(block['text']) !== undefined;
}

/**
 * Who caused a call: a person whose words stand at its end, or a tool whose results do. System messages and what a harness says
 * in a person's place are nobody's words; an image after a tool's result was returned by the tool.
 */
export function triggerOfTranscript(items: readonly unknown[]): CallTrigger {
  for (let index = lastAsked(items); index >= 0; index--) {
    const item = fieldsIn(items[index]);
    const speaker = speakerOf(item);
    if (speaker === 'system') continue;
    if (speaker === 'tool') return 'tool-result';
    if (speaker !== 'user' || textsOf(item['content']).some((text) => personPart(text) !== '')) return 'user';
    if (holdsResult(item)) return 'tool-result';
  }
  return 'user';
}

/** Where the first message in a person's place stands; `Infinity`: there is none. */
export function firstUserIndex(items: readonly unknown[]): number {
  const index = items.findIndex((item) => speakerOf(fieldsIn(item)) === 'user');
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

/** Where the first answer stands in a transcript; `Infinity`: nobody has answered yet. */
export function firstAnswerIndex(items: readonly unknown[]): number {
  const index = items.findIndex((item) => speakerOf(fieldsIn(item)) === 'assistant');
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

/** Whether the transcript opens with what is left of an earlier one that a harness cut. */
export function opensWithSummary(items: readonly unknown[]): boolean {
  const first = items
    .slice(0, OPENING_ITEMS)
    .map(fieldsIn)
    .filter((item) => speakerOf(item) === 'user');
  const [opening] = first.flatMap((item) => textsOf(item['content']));
  return (
    first.some((item) => textsOf(item['content']).some((text) => isContextMark(text))) ||
    newTextsOf(items).some((text) => isContextMark(text)) ||
    opening?.trim() === 'What did we do so far?'
  );
}

/** A person's newest words in the transcript; empty when there are none. */
export function newestWordsOf(items: readonly unknown[]): string {
  for (let index = items.length - 1; index >= 0; index--) {
    const item = fieldsIn(items[index]);
    if (speakerOf(item) !== 'user') continue;
    const words = textsOf(item['content']).map(personPart).join('\n').trim();
    if (words !== '') return words;
  }
  return '';
}
