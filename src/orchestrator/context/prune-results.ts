import type { Tokens } from '../../domain/time.ts';
import { estimateTokens, messageText, type Message, type ToolResultPart } from '../../domain/transcript.ts';

/** Shorter results say about as much as what would stand in their place. */
const MIN_TOKENS = 100;

/**
 * A transcript without its old tool results: the newest stay whole, as far as they fit, and a line stands in place of each of the
 * others, which says how to see it again. Calls and results stay paired, and no message is lost. Pure.
 * @param keepTokens what the newest results may hold together
 */
export function pruneResults(messages: readonly Message[], keepTokens: Tokens): readonly Message[] {
  let left = keepTokens;
  const pruned: Message[] = [];
  for (const message of [...messages].reverse()) {
    const content = message.role === 'user' ? [...message.content].reverse() : [];
    const isOfTools = content.some((part) => part.type === 'tool-result');
    if (message.role !== 'user' || !isOfTools) {
      pruned.unshift(message);
      continue;
    }
    const shorter = content.map((part) => {
      if (part.type !== 'tool-result') return part;
      const tokens = resultTokens(part);
      left -= tokens;
      return left >= 0 || tokens < MIN_TOKENS ? part : placeholder(part, tokens);
    });
    pruned.unshift({ role: 'user', content: shorter.reverse() });
  }
  return pruned;
}

function resultTokens(part: ToolResultPart): Tokens {
  const imageCount = part.content.filter((piece) => piece.type === 'image').length;
  return estimateTokens(messageText({ role: 'user', content: [part] })) + IMAGE_TOKENS * imageCount;
}

/** Of usual size. */
const IMAGE_TOKENS: Tokens = 1500;

function placeholder(part: ToolResultPart, tokens: Tokens): ToolResultPart {
  const text = `[… what ${part.toolName} gave here, about ${tokens} tokens, was taken out to save room; call it again to see it …]`;
  return { ...part, content: [{ type: 'text', text }] };
}
