import type { Tokenizer } from './unigram-tokenizer.ts';

export interface WordPieceOptions {
  readonly vocabulary: Readonly<Record<string, number>>;
  readonly lowercase: boolean;
  readonly unknown: string;
  /** Put around every text; `undefined` where the model has none. */
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/** Words longer than this are unknown as a whole, so that no word costs more than its square. */
const MAX_WORD_CHARS = 100;
const MAX_IDS = 512;

/** BERT's tokenizer (MiniLM, bge, e5): words and signs, then the longest known pieces from the left. Never throws. */
export function createWordPieceTokenizer(options: WordPieceOptions): Tokenizer {
  const { vocabulary } = options;
  const idOf = (piece: string | undefined): readonly number[] => {
    const id = piece === undefined ? undefined : vocabulary[piece];
    return id === undefined ? [] : [id];
  };
  return {
    encode: (text) => {
      const ids: number[] = [];
      for (const word of wordsOf(text, options.lowercase)) {
        ids.push(...(piecesOf(word, vocabulary) ?? idOf(options.unknown)));
        if (ids.length >= MAX_IDS) break;
      }
      return ids.length === 0 ? [] : [...idOf(options.first), ...ids, ...idOf(options.last)];
    },
  };
}

function wordsOf(text: string, lowercase: boolean): readonly string[] {
  const formed = text.toWellFormed();
  const plain = lowercase
    ? formed
        .toLowerCase()
        .normalize('NFD')
        .replace(/\p{Mn}/gu, '')
    : formed.normalize('NFC');
  return plain.match(/\p{Script=Han}|[^\s\p{P}\p{S}\p{Script=Han}]+|[\p{P}\p{S}]/gu) ?? [];
}

function piecesOf(word: string, vocabulary: WordPieceOptions['vocabulary']): readonly number[] | undefined {
  if (word.length > MAX_WORD_CHARS) return undefined;
  const ids: number[] = [];
  for (let start = 0; start < word.length;) {
    let end = word.length;
    let id: number | undefined;
    for (; end > start; end -= 1) {
      id = vocabulary[(start === 0 ? '' : '##') + word.slice(start, end)];
      if (id !== undefined) break;
    }
    if (id === undefined) return undefined;
    ids.push(id);
    start = end;
  }
  return ids;
}
