import type { ListedModel } from './wire-format.ts';

/** Seconds since 1970 that every row claims: nobody here knows when a model was made. */
const CREATED_AT_SECONDS = 1_767_225_600;

/** A list of models in a form that clients of Anthropic and of OpenAI read alike. */
export function joinedModelList(models: readonly ListedModel[]): object {
  const ids = models.map(({ id }) => id);
  const ends = { first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
  return { object: 'list', data: models.map(joinedModelEntry), has_more: false, ...ends };
}

/** One of its rows. */
export function joinedModelEntry({ id, displayName, owner }: ListedModel): object {
  return {
    id,
    object: 'model',
    type: 'model',
    display_name: displayName,
    created: CREATED_AT_SECONDS,
    created_at: new Date(CREATED_AT_SECONDS * 1000).toISOString(),
    owned_by: owner,
  };
}
