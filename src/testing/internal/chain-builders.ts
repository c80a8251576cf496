import type { PrefixChain } from '../../warmth/prefix-chain.ts';

/** The first `blockCount` blocks of a chain: what is left of it after an edit at that place. */
export function truncateChain(chain: PrefixChain, blockCount: number): PrefixChain {
  return { hashes: chain.hashes.slice(0, blockCount), tokens: chain.tokens.slice(0, blockCount) };
}
