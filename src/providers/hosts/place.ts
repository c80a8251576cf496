import { asId, type ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';

/** A model at one endpoint. */
export type Place = Pick<Model, 'id' | 'endpoint'>;

/** Under which place a model counts. */
export type PlaceOf = (place: Place) => Place;

const UNLISTED = asId<ModelId>('unlisted');

/** Of names that no catalogue lists callers make as many as they like: at one endpoint they are one place. */
export function listedPlaces(isListed: (id: ModelId) => boolean): PlaceOf {
  return (place) => (isListed(place.id) ? place : { id: UNLISTED, endpoint: place.endpoint });
}

export function placeKey({ id, endpoint }: Place): string {
  return `${endpoint} ${id}`;
}

export const asItIs: PlaceOf = (place) => place;
