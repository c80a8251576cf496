import type { Model } from '../../domain/model.ts';
import { textIn } from '../shared/fields.ts';
import type { JsonEdit } from '../shared/json-bytes.ts';

/** What sends a call to its vendor's tier for calls that can wait, in OpenAI's two formats. */
export function tierField({ serviceTier }: Pick<Model, 'serviceTier'>): { readonly service_tier?: 'flex' } {
  return serviceTier === undefined ? {} : { service_tier: serviceTier };
}

/** Vendors' names for their tiers have seven letters; what stands in records is bounded, whatever an endpoint sends. */
const MAX_TIER_CHARS = 40;

/** The tier that served an answer, as its body says it. `undefined`: it says nothing, or no text. */
export function servedTierIn(value: unknown): string | undefined {
  return textIn(value)?.slice(0, MAX_TIER_CHARS);
}

/** What an answer says of the tier that served it, as its last part carries it. */
export function tierPart(servedTier: string | undefined): { readonly servedTier?: string } {
  return servedTier === undefined ? {} : { servedTier };
}

/** What asks for the tier in a body that stays in its format. */
export function tierEdits({ serviceTier }: Pick<Model, 'serviceTier'>): readonly JsonEdit[] {
  return serviceTier === undefined ? [] : [{ op: 'set', path: ['service_tier'], value: serviceTier }];
}
