import { messageText, type Message } from '../../domain/transcript.ts';
import { cutMiddle } from '../model/artifact.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import type { Opening } from './opening.ts';

/** What an attempt had before its eyes, bounded, so that a failure can be explained when its context is long gone. */
export interface AttemptTrail {
  /** The brief, the material or the shared transcript, and the instruction. */
  readonly handed: string;
  /** What tools gave, the newest last. */
  readonly tools: readonly { readonly name: string; readonly isError: boolean; readonly text: string }[];
  /** What tools had given and was taken out to make room. */
  readonly lost: readonly string[];
}

/** Absent: the attempt did not come to an end, or in journals of before. */
export function trailKey(stepId: string, attempt: number): FactKey<AttemptTrail> {
  return factKey(`trail/${stepId}/${attempt}`);
}

const HANDED_CHARS = 24_000;
const TOOL_CHARS = 1200;
const MOST_TOOLS = 30;
const LOST_CHARS = 4000;
const MOST_LOST = 10;

/**
 * Cut after secrets are masked: of half a key nobody sees that it is one. Pure.
 * @param mask takes secrets out of a text
 */
export function trailOf(
  opening: Pick<Opening, 'messages' | 'sharedCount'>,
  { messages, lost = [] }: { readonly messages: readonly Message[]; readonly lost?: readonly string[] | undefined },
  mask: (text: string) => string,
): AttemptTrail {
  const kept = (text: string, maxChars: number): string => cutMiddle(mask(text), maxChars);
  const textOf = (part: readonly Message[]): string => kept(part.map(messageText).join('\n\n'), HANDED_CHARS);
  const shared = textOf(opening.messages.slice(0, opening.sharedCount));
  const results = messages.flatMap(({ content }) => content.filter((part) => part.type === 'tool-result'));
  return {
    handed: `${shared}\n\n${textOf(opening.messages.slice(opening.sharedCount))}`.trim(),
    tools: results.slice(-MOST_TOOLS).map((part) => ({
      name: part.toolName,
      isError: part.isError,
      text: kept(messageText({ role: 'user', content: [part] }), TOOL_CHARS),
    })),
    lost: lost.slice(-MOST_LOST).map((text) => kept(text, LOST_CHARS)),
  };
}
