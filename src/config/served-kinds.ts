/** What an endpoint may serve beside model calls; `serves` of the configuration names them. */
export const SERVED_KINDS = [
  'embeddings',
  'rerank',
  'moderations',
  'images',
  'videos',
  'audio',
  'completions',
  'files',
  'batches',
  'responses',
  'vector-stores',
  'caches',
] as const;
export type ServedKind = (typeof SERVED_KINDS)[number];
