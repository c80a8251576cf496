import { createHash } from 'node:crypto';
import type { JsonObject } from '../../domain/json.ts';
import type { MediaSize } from '../../domain/media.ts';
import { WIRES, type Wire } from '../../domain/model.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import { type Message, type ToolSpec, CHARS_PER_TOKEN } from '../../domain/transcript.ts';
import { fieldsIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { mediaInBody } from '../../wires/shared/media/media-in-body.ts';
import type { MediaPart } from '../../wires/shared/media/media-part.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { type PromptBlock } from './simulated-cache.ts';

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
  /** The effort that its cache is kept by. Absent: that of the answer. */
  readonly cacheEffort?: Effort | undefined;
  /** Its vendor's switches that it names. Absent: none. */
  readonly betas?: readonly string[];
  readonly blocks: readonly PromptBlock[];
  readonly body: Fields;
}

export function readEffort(value: unknown): Effort | undefined {
  return EFFORTS.find((effort) => effort === value);
}

export function readTool(name: unknown, description: unknown, schema: unknown): ToolSpec {
  return {
    name: textIn(name) ?? '',
    description: textIn(description) ?? '',
    inputSchema: fieldsIn(schema) as JsonObject,
  };
}

/** A block as its cache sees it: markers and vendor-only hints are not part of the prefix. */
export function promptBlock(kind: string, block: unknown, extra = ''): PromptBlock {
  const { cache_control: control, prompt_cache_breakpoint: breakpoint, ...rest } = fieldsIn(block);
  const marker = control !== undefined || breakpoint !== undefined;
  const bytes = `${kind}:${extra}${canonical(typeof block === 'string' ? { type: 'text', text: block } : rest)}\n`;
  if (!marker) return { text: bytes };
  return { text: bytes, marker: fieldsIn(control)['ttl'] === '1h' ? 'long' : 'short' };
}

/**
 * A block's bytes, in which media take as many characters as their weight has: their data stand as a digest, the weight as
 * filler.
 */
function canonical(block: object): string {
  const { sizes } = mediaInBody([block], mediaOfAny);
  if (sizes.length === 0) return JSON.stringify(block);
  const words = JSON.stringify(block, (_key, value: unknown) =>
    typeof value === 'string' && isData(value) ? createHash('sha256').update(value).digest('base64') : value,
  );
  return words + '.'.repeat(sizes.reduce((sum, size) => sum + weightOf(size), 0) * CHARS_PER_TOKEN);
}

/** The count that all scripted models use for media, in tokens: about what Anthropic's documentation says of its own. */
function weightOf(size: MediaSize): number {
  switch (size.kind) {
    case 'image':
      return Math.min(1600, Math.ceil((size.widthPx * size.heightPx) / 750));
    case 'pdf':
      return size.pageCount * 2200;
    case 'audio':
    case 'video':
      return Math.ceil((size.durationMs / 1000) * 32);
  }
}

/** Shorter ones weigh nothing either way. */
const LEAST_DATA_CHARS = 200;

function isData(value: string): boolean {
  return value.length >= LEAST_DATA_CHARS && /^(?:data:[^,]{0,200},)?[\w+/=-]+$/u.test(value);
}

function mediaOfAny(block: Fields): MediaPart | undefined {
  for (const wire of WIRES) {
    const part = WIRE_FORMATS[wire].mediaOf(block);
    if (part !== undefined) return part;
  }
  return undefined;
}

/** A string and a list of one text block are the same prompt. */
/** The text of a message, whether it came as a string or in blocks. */
export function textOfBlocks(content: unknown): string {
  return asBlocks(content)
    .map((block) => textIn(block['text']) ?? '')
    .join('\n');
}

export function asBlocks(content: unknown, textType = 'text'): readonly Fields[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: textType, text: content }];
  return Array.isArray(content) ? content.map(fieldsIn) : [];
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
