import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { createUnigramTokenizer, type Tokenizer } from '../embedding/unigram-tokenizer.ts';
import { createWordPieceTokenizer } from '../embedding/wordpiece-tokenizer.ts';

const wordPieceSchema = z.object({
  model: z.object({
    type: z.literal('WordPiece').optional(),
    vocab: z.record(z.string(), z.number()),
    unk_token: z.string(),
  }),
  normalizer: z.object({ lowercase: z.boolean().optional() }).nullish(),
});
const unigramSchema = z.object({
  model: z.object({ type: z.literal('Unigram'), vocab: z.array(z.tuple([z.string(), z.number()])) }),
});

/**
 * Reads a `tokenizer.json` in the form of the Hugging Face tokenizers library: WordPiece (BERT) or Unigram.
 * @throws PointsmanError `artifact-invalid` for any other kind, naming what is supported.
 */
export function loadTokenizer(file: string): Tokenizer {
  const json = readJson(file);
  const unigram = unigramSchema.safeParse(json);
  if (unigram.success) return createUnigramTokenizer(unigram.data.model.vocab);
  const wordPiece = wordPieceSchema.safeParse(json);
  if (!wordPiece.success) throw unusable(file, 'its model is neither WordPiece nor Unigram');
  const { vocab, unk_token: unknown } = wordPiece.data.model;
  return createWordPieceTokenizer({
    vocabulary: vocab,
    unknown,
    lowercase: wordPiece.data.normalizer?.lowercase ?? true,
    first: '[CLS]' in vocab ? '[CLS]' : undefined,
    last: '[SEP]' in vocab ? '[SEP]' : undefined,
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw unusable(file, 'it cannot be read as JSON', thrown);
  }
}

function unusable(file: string, why: string, cause?: unknown): PointsmanError {
  return new PointsmanError('artifact-invalid', `Tokenizer ${file}: ${why}`, {
    cause,
    hint: 'Give the tokenizer.json that belongs to the embedding model (WordPiece or Unigram).',
  });
}
