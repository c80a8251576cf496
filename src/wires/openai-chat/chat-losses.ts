import { isFields, listIn, type Fields } from '../shared/fields.ts';
import type { LossId } from '../shared/lossy-fields.ts';

/** Fields of a Chat request that other formats have no word for. */
export const DROPPED: ReadonlyMap<string, LossId> = new Map([
  ['n', 'chat.n'],
  ['logprobs', 'chat.logprobs'],
  ['top_logprobs', 'chat.logprobs'],
  ['logit_bias', 'chat.logit_bias'],
  ['frequency_penalty', 'chat.penalties'],
  ['presence_penalty', 'chat.penalties'],
  ['seed', 'chat.seed'],
  ['metadata', 'chat.metadata'],
  ['store', 'chat.metadata'],
  ['user', 'chat.metadata'],
  ['safety_identifier', 'chat.metadata'],
  ['service_tier', 'chat.service_tier'],
  ['modalities', 'chat.modalities'],
  ['audio', 'chat.modalities'],
  ['prediction', 'chat.modalities'],
  ['web_search_options', 'chat.web_search'],
  ['prompt_cache_options', 'chat.cache_options'],
  ['prompt_cache_retention', 'chat.cache_options'],
  ['verbosity', 'chat.verbosity'],
  ['prompt_cache_key', 'chat.prompt_cache_key'],
]);

/** What a request loses with one of these fields; `undefined`: it asks for nothing by it. */
export function lossOf(body: Fields, field: string): LossId | undefined {
  const value = body[field];
  return value === undefined || value === null || value === false ? undefined : DROPPED.get(field);
}

/** What OpenAI's own models alone do, in its chat format, too. */
export function onlyAtOpenai(body: Fields): readonly string[] {
  return [
    ...(listIn(body['modalities']).includes('audio') ? ['spoken answers (modalities: audio)'] : []),
    ...(isFields(body['web_search_options']) ? ['web_search_options, which its vendor runs'] : []),
  ];
}
