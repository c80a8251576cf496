import type { Model } from '../../domain/model.ts';
import type { JsonEdit } from '../shared/json-bytes.ts';

/** What sends a call to its vendor's tier for calls that can wait, in OpenAI's two formats. */
export function tierField({ serviceTier }: Pick<Model, 'serviceTier'>): { readonly service_tier?: 'flex' } {
  return serviceTier === undefined ? {} : { service_tier: serviceTier };
}

/** What asks for the tier in a body that stays in its format. */
export function tierEdits({ serviceTier }: Pick<Model, 'serviceTier'>): readonly JsonEdit[] {
  return serviceTier === undefined ? [] : [{ op: 'set', path: ['service_tier'], value: serviceTier }];
}
