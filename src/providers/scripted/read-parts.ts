import type { JsonObject } from '../../domain/json.ts';
import type { Wire } from '../../domain/model.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import type { Message, ToolSpec } from '../../domain/transcript.ts';
import { fields, text, type Fields } from './read-json.ts';
import type { PromptBlock } from './simulated-cache.ts';

/** A request off the wire: the neutral form, and the prompt as its vendor's cache sees it. */
export interface ReadRequest {
  readonly wire: Wire;
  readonly model: string;
  readonly stream: boolean;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
  readonly maxOutputTokens: number | undefined;
  readonly effort: Effort | undefined;
  readonly blocks: readonly PromptBlock[];
  readonly body: Fields;
}

export function readEffort(value: unknown): Effort | undefined {
  return EFFORTS.find((effort) => effort === value);
}

export function readTool(name: unknown, description: unknown, schema: unknown): ToolSpec {
  return { name: text(name) ?? '', description: text(description) ?? '', inputSchema: fields(schema) as JsonObject };
}

/** A block as its cache sees it: markers and vendor-only hints are not part of the prefix. */
export function promptBlock(kind: string, block: unknown, extra = ''): PromptBlock {
  const { cache_control: control, prompt_cache_breakpoint: breakpoint, ...rest } = fields(block);
  const marker = control !== undefined || breakpoint !== undefined;
  const bytes = `${kind}:${extra}${JSON.stringify(typeof block === 'string' ? { type: 'text', text: block } : rest)}\n`;
  if (!marker) return { text: bytes };
  return { text: bytes, marker: fields(control)['ttl'] === '1h' ? 'long' : 'short' };
}

/** A string and a list of one text block are the same prompt. */
export function asBlocks(content: unknown, textType = 'text'): readonly Fields[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: textType, text: content }];
  return Array.isArray(content) ? content.map(fields) : [];
}

/** Joins messages of one role that follow each other, as vendors do. */
export function joinTurns(messages: readonly Message[]): readonly Message[] {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last !== undefined && last.role === message.role && message.role !== 'system') {
      joined[joined.length - 1] = { ...last, content: [...last.content, ...message.content] } as Message;
    } else joined.push(message);
  }
  return joined;
}
