import type { Tokens } from '../domain/time.ts';
import { type Message, type ToolSpec, estimateTokens } from '../domain/transcript.ts';

/** A prompt as its cache sees it: after each block, the hash of everything up to there and the tokens up to there. */
export interface PrefixChain {
  /** 53-bit hashes; two chains share a prefix of n blocks exactly when their n-th hashes are equal. */
  readonly hashes: readonly number[];
  /** Running totals in reference tokens. */
  readonly tokens: readonly Tokens[];
}

/** One content block in canonical form. `tokens` in reference tokens. */
export interface PrefixBlock {
  readonly text: string;
  readonly tokens: Tokens;
}

export const EMPTY_CHAIN: PrefixChain = { hashes: [], tokens: [] };

/** Extends a chain by the blocks that are new; the cost is that of hashing the new text only. */
export function extendChain(chain: PrefixChain, blocks: readonly PrefixBlock[]): PrefixChain {
  if (blocks.length === 0) return chain;
  const hashes = [...chain.hashes];
  const tokens = [...chain.tokens];
  let hash = hashes.at(-1) ?? 0;
  let total = tokens.at(-1) ?? 0;
  for (const block of blocks) {
    hash = hashBlock(block.text, hash);
    total += block.tokens;
    hashes.push(hash);
    tokens.push(total);
  }
  return { hashes, tokens };
}

/** What stands before the messages, in the order in which every vendor renders it: tools, then system. */
export function headBlocks(
  system: string,
  tools: readonly ToolSpec[],
  count: (text: string) => Tokens = estimateTokens,
): readonly PrefixBlock[] {
  const texts = tools.map((tool) => `tool\n${JSON.stringify([tool.name, tool.description, tool.inputSchema])}`);
  if (system !== '') texts.push(`system\n${system}`);
  return texts.map((text) => ({ text, tokens: count(text) }));
}

/**
 * The blocks of messages, one per content part. A string and a list with one text part are the same block in the neutral
 * transcript already. Vendor-bound bytes (`issued`) count: a signature that is dropped changes the prefix.
 */
export function messageBlocks(
  messages: readonly Message[],
  count: (text: string) => Tokens = estimateTokens,
): readonly PrefixBlock[] {
  const blocks: PrefixBlock[] = [];
  for (const message of messages) {
    for (const part of message.content) {
      const text =
        part.type === 'text'
          ? `${message.role}\n${part.text}`
          : `${message.role}\n${JSON.stringify(canonicalPart(part))}`;
      const { tokens: imageTokens, dataChars } = imagesIn(part);
      const tokens = imageTokens + count(dataChars === 0 ? text : text.slice(dataChars));
      blocks.push({ text, tokens });
    }
  }
  return blocks;
}

/**
 * What an image counts for in a job's prompt: the most that Claude's standard tier takes (Anthropic, "Images and vision", read
 * 2026-11-29), and more than most screenshots weigh anywhere. The bill uses what the vendor reports.
 */
const IMAGE_TOKENS: Tokens = 1568;

type MessagePart = Message['content'][number];

/** Images are counted by the piece: the characters of their data say nothing of their weight. */
export function imagesIn(part: MessagePart): { readonly tokens: Tokens; readonly dataChars: number } {
  const inner = part.type === 'tool-result' ? part.content : [part];
  const images = inner.filter((one) => one.type === 'image');
  const dataChars = images.reduce((sum, { source }) => sum + (source.kind === 'base64' ? source.data.length : 0), 0);
  return { tokens: images.length * IMAGE_TOKENS, dataChars };
}

function canonicalPart(part: Exclude<Message['content'][number], { type: 'text' }>): unknown {
  if (part.type !== 'tool-result') return part;
  const only = part.content.length === 1 ? part.content[0] : undefined;
  const content = only?.type === 'text' ? only.text : part.content;
  return [part.type, part.toolCallId, content, part.isError];
}

/**
 * 53-bit hash of a block after a prefix: two multiplicative lanes over UTF-16 units, mixed at the end. Not
 * cryptographic: a forged collision could only make a cache look warmer than it is to its own owner.
 */
export function hashBlock(text: string, seed: number): number {
  let low = (seed >>> 0) ^ 0xdeadbeef;
  let high = ((seed / 0x1_0000_0000) >>> 0) ^ 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x9e3779b1);
    high = Math.imul(high ^ unit, 0x5f356495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return 0x1_0000_0000 * (high & 0x1fffff) + (low >>> 0);
}
