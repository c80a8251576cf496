import type { PromptHead } from '../../domain/forecast.ts';
import type { Message, ToolSpec } from '../../domain/transcript.ts';
import { EMPTY_CHAIN, extendChain, headBlocks, messageBlocks, type PrefixChain } from '../../warmth/prefix-chain.ts';

/** A prompt as caches see it, grown message by message so that each call hashes only what is new. */
export interface PromptChain {
  readonly chain: PrefixChain;
  /** For each message, the blocks of the chain up to its end. */
  readonly messageEnds: readonly number[];
}

/** How many blocks stand before the messages. */
export function headBlockCount(system: string, tools: readonly ToolSpec[]): number {
  return tools.length + (system === '' ? 0 : 1);
}

/** Tools and system as one prefix, in reference tokens; `undefined` where there is neither. */
export function headOfChain({ hashes, tokens }: PrefixChain, blockCount: number): PromptHead | undefined {
  const hash = hashes[blockCount - 1];
  return hash === undefined ? undefined : { key: hash.toString(36), tokens: tokens[blockCount - 1] ?? 0 };
}

export function startChain(system: string, tools: readonly ToolSpec[]): PromptChain {
  return { chain: extendChain(EMPTY_CHAIN, headBlocks(system, tools)), messageEnds: [] };
}

export function growChain(prompt: PromptChain, messages: readonly Message[]): PromptChain {
  let { chain } = prompt;
  const messageEnds = [...prompt.messageEnds];
  for (const message of messages) {
    chain = extendChain(chain, messageBlocks([message]));
    messageEnds.push(chain.hashes.length);
  }
  return { chain, messageEnds };
}
