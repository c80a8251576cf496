import { calcPrice } from '@pydantic/genai-prices';
import type { EndpointId } from '../domain/ids.ts';
import type { Prices } from '../domain/model.ts';
import type { At } from '../domain/time.ts';

/** Our endpoint → its provider in `@pydantic/genai-prices`. An endpoint that is not here is not in its data. */
export const PRICE_LIST_IDS: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  openai: 'openai',
  google: 'google',
  deepseek: 'deepseek',
  zai: 'zai',
  moonshotai: 'moonshotai',
  mistral: 'mistral',
  xai: 'x-ai',
  minimax: 'minimax',
  openrouter: 'openrouter',
  voyage: 'voyage',
  cohere: 'cohere',
  groq: 'groq',
};

/** Prices of text alone: where another kind of token has its own, a sum of tokens says nothing of the bill. */
const OF_TEXT: ReadonlySet<string> = new Set([
  'input_mtok',
  'output_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_1h_mtok',
]);

/** What the price list says of a model that the catalogue lacks, such as one for embeddings. `undefined`: it does not say. */
export function listedPrices(endpoint: EndpointId, wireModel: string, at: At): Prices | undefined {
  const providerId = PRICE_LIST_IDS[endpoint];
  if (providerId === undefined) return undefined;
  const usage = { input_tokens: 1, output_tokens: 1 };
  const found = calcPrice(usage, wireModel, { providerId, timestamp: new Date(at) })?.model_price;
  const input = found?.['input_mtok'];
  const output = found?.['output_mtok'] ?? 0;
  if (found === undefined || typeof input !== 'number' || typeof output !== 'number') return undefined;
  if (Object.keys(found).some((name) => !OF_TEXT.has(name))) return undefined;
  const base = { input, output, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined };
  return { base, tiers: [], peak: undefined };
}
