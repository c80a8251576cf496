import type { StepKind } from '../../domain/step.ts';
import type { Message } from '../../domain/transcript.ts';
import { personText } from '../text/person-text.ts';
import type { Before } from './need-features.ts';
import type { StepToRead } from './need-reader.ts';

/** Messages before a step that are looked at. */
const MOST_MESSAGES = 6;
/** Characters of the ends of each text that are kept. */
const MOST_CHARS = 1200;

/**
 * A call's newest step as its reader sees it: a person's newest words while nothing has been done about them, otherwise the
 * agent going on by itself. @param asked index of the person's newest message, −1: there is none
 */
export function toStepToRead(messages: readonly Message[], asked: number, kind: StepKind | undefined): StepToRead {
  const newest = messages[asked];
  const isAsked = newest !== undefined && asked === messages.length - 1;
  const before = (isAsked ? messages.slice(0, asked) : messages).slice(-MOST_MESSAGES).flatMap(beforeOf);
  const words = newest === undefined || isAsked || messages.length - asked <= MOST_MESSAGES ? [] : beforeOf(newest);
  return {
    text: isAsked ? cut(personText(newest)) : '',
    before: [...words, ...before],
    origin: isAsked ? 'person' : 'agent',
    ...(kind === undefined ? {} : { declared: { kind } }),
  };
}

/** The texts of a message: words of a person or of the agent, and what tools gave back. */
function beforeOf(message: Message): readonly Before[] {
  if (message.role === 'system') return [];
  if (message.role === 'assistant') {
    return toBefore('assistant', message.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n'));
  }
  const results = message.content.flatMap((part) => (part.type === 'tool-result' ? part.content : []));
  const shown = results.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  return [...toBefore('user', personText(message)), ...toBefore('tool', shown)];
}

function toBefore(role: Before['role'], text: string): readonly Before[] {
  return text.trim() === '' ? [] : [{ role, text: cut(text) }];
}

function cut(text: string): string {
  return text.length <= MOST_CHARS ? text : `${text.slice(0, 0.7 * MOST_CHARS)}\n${text.slice(-0.3 * MOST_CHARS)}`;
}
