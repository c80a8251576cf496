import { isPriced } from '../../catalog/bill.ts';
import { asServed, isDearerTier } from '../../catalog/service-tiers.ts';
import type { Model } from '../../domain/model.ts';
import type { RoutedCall } from '../core/call-context.ts';

type Asking = Pick<RoutedCall, 'wire' | 'format' | 'body'>;

/** A model at the prices of the dearer tier that a call asks for, which may be nobody's; else as it is. */
export function atAskedTier({ wire, format, body }: Asking, model: Model): Model {
  const asked = model.wire === wire ? format.tierOf(body) : undefined;
  return isDearerTier(asked) ? asServed(model, asked) : model;
}

/** The same; `undefined`: nobody states the price, and nothing is bought there that was not asked for. */
export function pricedAtAskedTier(call: Asking, model: Model): Model | undefined {
  const asked = atAskedTier(call, model);
  return isPriced(asked.prices) ? asked : undefined;
}
