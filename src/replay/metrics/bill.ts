/** What a policy came to: money spent, and failures expected or seen, each at the price of the day (γ = 1 unit). */
export interface SimulatedOutcome {
  readonly costNanoUsd: number;
  /** Failures priced at the user's γ. */
  readonly failureNanoUsd: number;
}

/** Cost of one success in nano-USD; `undefined` when nothing succeeded. Source: algorithms survey 2026-11, agent extras. */
export function costPerSuccess(costNanoUsd: number, successCount: number): number | undefined {
  return successCount > 0 ? costNanoUsd / successCount : undefined;
}

/**
 * Failure-priced bill: cost + factor · γ · failures, in nano-USD. A policy that is cheap because it fails cannot win.
 * Source: TwinRouterBench, bill_j = A_j + (1 − resolved_j) γ with γ = 0.60 USD (2026-08-18).
 */
export function failurePricedBill(outcome: SimulatedOutcome, factor = 1): number {
  return outcome.costNanoUsd + factor * outcome.failureNanoUsd;
}

/** By what γ is multiplied, so that a reader with another price of failure finds their own row. */
const GAMMA_FACTORS: readonly number[] = [0, 0.25, 0.5, 1, 2, 4, 8];

export interface BillRow<Named> {
  readonly factor: number;
  /** Cheapest bill first. */
  readonly ranked: readonly { readonly policy: Named; readonly billNanoUsd: number }[];
}

/** The bills of all policies at each factor; ties keep the order given. */
export function billGrid<Named extends SimulatedOutcome>(
  policies: readonly Named[],
  factors: readonly number[] = GAMMA_FACTORS,
): readonly BillRow<Named>[] {
  return factors.map((factor) => ({
    factor,
    ranked: policies
      .map((policy) => ({ policy, billNanoUsd: failurePricedBill(policy, factor) }))
      .sort((a, b) => a.billNanoUsd - b.billNanoUsd),
  }));
}
