import type { EndpointId, ModelId } from '../domain/ids.ts';
import type { PriceRow } from '../domain/model.ts';
import type { Tokens } from '../domain/time.ts';

/** How the price list knows names of one model: the rules of `@pydantic/genai-prices`. */
export type NameMatch =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly or: readonly NameMatch[] }
  | { readonly and: readonly NameMatch[] };

/** Prices of text of one model, as the price list has them. Plain JSON: what is absent has no price of its own. */
export interface ListedPrices {
  readonly base: ListedRow;
  readonly tiers: readonly { readonly aboveTokens: Tokens; readonly row: ListedRow }[];
}

/** A bucket that the list does not price is absent. */
export type ListedRow = { readonly [Bucket in keyof PriceRow]?: number | undefined } & Pick<
  PriceRow,
  'input' | 'output'
>;

/** What a refresh brought, as it lies in the user's data folder until the next one. */
export interface RefreshedPrices {
  readonly v: 1;
  /** Name and version of the package. */
  readonly source: string;
  /** Day on which that version was published. */
  readonly publishedOn: string;
  /** Rows of the catalogue whose prices the list has changed since the one that this version came with. */
  readonly changed: readonly { readonly model: ModelId; readonly prices: ListedPrices }[];
  /** Every name that the list prices at an endpoint of ours. */
  readonly names: readonly {
    readonly endpoint: EndpointId;
    readonly id: string;
    readonly match: NameMatch;
    readonly prices: ListedPrices;
    readonly contextTokens?: Tokens | undefined;
  }[];
}
