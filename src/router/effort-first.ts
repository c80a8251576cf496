import type { DecideInput } from '../domain/decision.ts';
import type { Priced } from './guards.ts';
import { savesRewrite } from './more-effort.ts';

/**
 * Effort before model: a model that may try again on its warm prefix goes before all others, where it bills less for the step than the
 * cheapest of them. Nothing is claimed for effort but the rewrite that it saves; should it be rejected again, the others follow.
 */
export function effortFirst(input: DecideInput, kept: readonly Priced[]): readonly Priced[] {
  const [best] = kept;
  const again = kept.find(({ draft }) => isWarmAgain(input, draft));
  if (best === undefined || again === undefined || again === best || billOf(again) >= billOf(best)) return kept;
  return [again, ...kept.filter((one) => one !== again)];
}

function isWarmAgain(input: DecideInput, { effort, model, warmTokens }: Priced['draft']): boolean {
  return effort !== undefined && warmTokens > 0 && savesRewrite(input, model);
}

const billOf = ({ draft }: Priced): number => draft.bill + draft.penalty + draft.latency;
