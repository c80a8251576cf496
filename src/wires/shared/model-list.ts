import type { ListedModel } from './wire-format.ts';

/** Seconds since 1970 that every row claims: nobody here knows when a model was made. */
const CREATED_AT_SECONDS = 1_767_225_600;

/** A list of models in a form that clients of Anthropic and of OpenAI read alike. */
export function joinedModelList(models: readonly ListedModel[]): object {
  const data = models.map(({ id, displayName, owner }) => ({
    id,
    object: 'model',
    type: 'model',
    display_name: displayName,
    created: CREATED_AT_SECONDS,
    created_at: new Date(CREATED_AT_SECONDS * 1000).toISOString(),
    owned_by: owner,
  }));
  return { object: 'list', data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
