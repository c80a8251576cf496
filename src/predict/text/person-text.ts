import type { Message } from '../../domain/transcript.ts';
import { isHarnessText } from './harness-text.ts';
import { stepText } from './step-text.ts';

/** What a person wrote in one message; empty when the message is no person's. A harness's own parts of it are left out. */
export function personText(message: Message): string {
  if (message.role !== 'user') return '';
  return stepText(message.content.flatMap((part) => (part.type === 'text' ? [personPart(part.text)] : [])).join('\n'));
}

/** One text in a person's place, without what a harness wrote; empty where it wrote all of it. Pure. */
export function personPart(text: string): string {
  const own = stepText(text);
  return isHarnessText(own) ? '' : own;
}
