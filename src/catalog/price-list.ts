import { calcPrice } from '@pydantic/genai-prices';
import type { EndpointId } from '../domain/ids.ts';
import type { PriceRow, Prices } from '../domain/model.ts';
import type { At } from '../domain/time.ts';
import type { PackagePrices } from './price-package.ts';

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
  voyage: 'voyageai',
  cohere: 'cohere',
  groq: 'groq',
};

/** What the price list that comes with this version says of a model's prices, in the form of its data. */
export function bundledPrices(endpoint: string, wireModel: string, at: At): PackagePrices | undefined {
  const providerId = PRICE_LIST_IDS[endpoint];
  if (providerId === undefined) return undefined;
  const usage = { input_tokens: 1, output_tokens: 1 };
  const found = calcPrice(usage, wireModel, { providerId, timestamp: new Date(at) })?.model_price;
  return found as PackagePrices | undefined;
}

/** Our buckets, as the price list calls them. */
export const PRICE_LIST_BUCKETS: Readonly<Record<keyof PriceRow, string>> = {
  input: 'input_mtok',
  output: 'output_mtok',
  cacheRead: 'cache_read_mtok',
  cacheWrite: 'cache_write_mtok',
  cacheWrite1h: 'cache_write_1h_mtok',
};

/** Prices of text alone: where another kind of token has its own, a sum of tokens says nothing of the bill. */
const OF_TEXT: ReadonlySet<string> = new Set(Object.values(PRICE_LIST_BUCKETS));

/** What the price list says of a model that the catalogue lacks, such as one for embeddings. `undefined`: it does not say. */
export function listedPrices(endpoint: EndpointId, wireModel: string, at: At): Prices | undefined {
  const found = bundledPrices(endpoint, wireModel, at);
  const input = found?.['input_mtok'];
  const output = found?.['output_mtok'] ?? 0;
  if (found === undefined || typeof input !== 'number' || typeof output !== 'number') return undefined;
  if (Object.keys(found).some((name) => !OF_TEXT.has(name))) return undefined;
  const base = { input, output, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined };
  return { base, tiers: [], peak: undefined };
}
