/** A call of a job as the vendor saw it arrive: the steps of these jobs stand in a line, so that each call has one place. */
export interface SeenJobCall {
  readonly job: string;
  /** From 1, the plan included. */
  readonly step: number;
  readonly attempt: number;
  /** Answers of the step that the call has in its transcript. */
  readonly turn: number;
}

/** An effect as the tool server carried it out. */
export interface SeenEffect {
  readonly job: string;
  readonly step: string;
}

/** A call of the gateway as the vendor billed it. */
export interface SeenBill {
  readonly key: string;
  readonly billedNanoUsd: number;
  /** What it could have billed at most, for as many tokens as it asked for. */
  readonly worstNanoUsd: number;
}

/** How a call ended for its caller, after the retries that the official clients make. */
export type CallEnd =
  | { readonly kind: 'answered' }
  /** A final error that says what to do, such as a budget that is spent. */
  | { readonly kind: 'refused' }
  /** Neither: nothing came, an answer was cut without a sign, an error said nothing that a caller could act on, or each try failed. */
  | { readonly kind: 'unanswered'; readonly why: string };

/** Calls that came once a later place of the same job had been seen: what they ask was answered and kept, and is done again. */
export function repeatedSteps(calls: readonly SeenJobCall[]): readonly SeenJobCall[] {
  const furthest = new Map<string, SeenJobCall>();
  return calls.filter((call) => {
    const before = furthest.get(call.job);
    if (before !== undefined && order(call, before) < 0) return true;
    furthest.set(call.job, call);
    return false;
  });
}

/** Calls that ask what was asked last once more: their answer was on its way when its worker died. */
export function askedAgain(calls: readonly SeenJobCall[]): number {
  const last = new Map<string, SeenJobCall>();
  return calls.filter((call) => {
    const before = last.get(call.job);
    last.set(call.job, call);
    return before !== undefined && order(call, before) === 0;
  }).length;
}

/** Effects beyond the first of each step of a job. */
export function doubledEffects(effects: readonly SeenEffect[]): readonly SeenEffect[] {
  const seen = new Set<string>();
  return effects.filter(({ job, step }) => {
    const name = `${job} ${step}`;
    if (seen.has(name)) return true;
    seen.add(name);
    return false;
  });
}

/** Jobs that were given and did not reach their end: the vendor answered no last step of theirs, or their user is not shown that they are done. */
export function lostJobs(
  given: readonly string[],
  ended: { readonly atVendor: ReadonlySet<string>; readonly asShown: ReadonlySet<string> },
): readonly string[] {
  return given.filter((job) => !ended.atVendor.has(job) || !ended.asShown.has(job));
}

export interface KeyBill {
  readonly key: string;
  readonly budgetNanoUsd: number;
  readonly billedNanoUsd: number;
  /** What it was billed above its budget, in reservations; 1 is what one call's own error may come to. */
  readonly overrunRatio: number;
}

/** What the vendor billed each key with a budget, against the dearest reservation that a call of its may have made. */
export function billsOfKeys(bills: readonly SeenBill[], budgets: ReadonlyMap<string, number>): readonly KeyBill[] {
  return [...budgets].map(([key, budgetNanoUsd]) => {
    const own = bills.filter((bill) => bill.key === key);
    const billedNanoUsd = own.reduce((sum, bill) => sum + bill.billedNanoUsd, 0);
    const reservation = own.reduce((most, bill) => Math.max(most, bill.worstNanoUsd), 0);
    const over = Math.max(0, billedNanoUsd - budgetNanoUsd);
    return { key, budgetNanoUsd, billedNanoUsd, overrunRatio: over === 0 ? 0 : over / reservation };
  });
}

export function overrunBudgets(bills: readonly KeyBill[]): readonly KeyBill[] {
  return bills.filter(({ overrunRatio }) => overrunRatio > 1);
}

function order(one: SeenJobCall, other: SeenJobCall): number {
  return one.step - other.step || one.attempt - other.attempt || one.turn - other.turn;
}
