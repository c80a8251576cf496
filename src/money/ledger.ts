import type { Branded } from '../domain/ids.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { At, Ms } from '../domain/time.ts';
import { PERIODS, type Period } from './period.ts';

/** Whose money it is: an access key, a place of an organisation, a job, a step or a session. */
export type AccountId = Branded<'AccountId'>;

export type AccountKind = 'key' | 'team' | 'job' | 'step' | 'session';

export function accountOf(kind: AccountKind, id: string): AccountId {
  return `${kind}:${id}` as AccountId;
}

/** What may be spent in each period; a period that is not named has no limit. */
export type BudgetLimits = Readonly<Partial<Record<Period, NanoUsd | undefined>>>;

export function hasLimits(limits: BudgetLimits): boolean {
  return PERIODS.some((period) => limits[period] !== undefined);
}

/** An account that pays for a call, with what it may spend. Accounts without limits are only counted. */
export interface Charge {
  readonly account: AccountId;
  readonly limits: BudgetLimits;
}

/** A call, or a ping, before it goes out. */
export interface Ask {
  /** Of this call alone, in all processes. */
  readonly id: string;
  readonly charges: readonly Charge[];
  readonly expectedNanoUsd: NanoUsd;
  /** The most that it may bill. `undefined`: nobody knows, so that it goes out alone on what is left. */
  readonly worstNanoUsd: NanoUsd | undefined;
  /** Decides the day that it is booked on. */
  readonly at: At;
}

export type LedgerAnswer =
  /** The call may go out; this much is set aside for it on every account. */
  | { readonly kind: 'reserved'; readonly heldNanoUsd: NanoUsd }
  /** Calls under way hold what is left; it may come free. */
  | {
      readonly kind: 'held';
      readonly account: AccountId;
      readonly period: Period;
      readonly leftNanoUsd: NanoUsd;
      /** Only processes that have not been heard of hold it: so long at the latest until it counts as spent. Absent: it may come free at any moment. */
      readonly freeInMs?: Ms;
    }
  /** What is left does not pay for this call, whatever calls under way give back. */
  | {
      readonly kind: 'spent';
      readonly account: AccountId;
      readonly period: Period;
      readonly leftNanoUsd: NanoUsd;
      /**
       * What must be left for this call: what it should bill or, where a call of a process that died may have passed the budget
       * already, what it may bill at most. `undefined`: nobody knows.
       */
      readonly neededNanoUsd: NanoUsd | undefined;
      /** When the period ends and its budget begins anew. */
      readonly renewsAt: At | undefined;
    };

/** What a call came to. */
export type Settlement =
  | { readonly kind: 'billed'; readonly nanoUsd: NanoUsd }
  /** Nobody said what it billed: counted as what was expected, or as what was seen of it where that is more. */
  | { readonly kind: 'unknown'; readonly atLeastNanoUsd: NanoUsd };

/** What a call came to by its known bill, else by what it may have billed. `undefined`: nothing, so that its hold is released. */
export function settlementOf({
  billNanoUsd,
  mayHaveBilledNanoUsd,
}: {
  readonly billNanoUsd: NanoUsd | undefined;
  readonly mayHaveBilledNanoUsd?: NanoUsd | undefined;
}): Settlement | undefined {
  if (billNanoUsd !== undefined) return { kind: 'billed', nanoUsd: billNanoUsd };
  return mayHaveBilledNanoUsd === undefined ? undefined : { kind: 'unknown', atLeastNanoUsd: mayHaveBilledNanoUsd };
}

/** What an account has spent in one period, and what calls under way hold. */
export interface Standing {
  readonly spentNanoUsd: NanoUsd;
  /** The part of `spentNanoUsd` that nobody reported. */
  readonly unknownNanoUsd: NanoUsd;
  readonly heldNanoUsd: NanoUsd;
}

export type Standings = Readonly<Record<Period, Standing>>;

/**
 * The one ledger of money, for calls of a gateway, calls of jobs, and pings. A call reserves, then settles or releases,
 * exactly once; reserving is atomic over every process that has the same store, so that no two calls spend the same money.
 * Reservations of a process that died are settled as unknown, at all that was set aside. A store that cannot be written is reported, and until it
 * can be again the budgets are held by this process alone.
 */
export interface MoneyLedger {
  /** Sets aside what a call may bill on all its accounts, or on none. Never rejects for a lack of money. */
  reserve(ask: Ask): Promise<LedgerAnswer>;
  /** What the call has billed so far at least: counted, should its process die, where it is more than was set aside. Never throws, never waits. */
  progress(id: string, atLeastNanoUsd: NanoUsd): void;
  /** Books what a reserved call came to; a second time does nothing. Never throws, never waits. */
  settle(id: string, settlement: Settlement): void;
  /** The reserved call billed nothing. Never throws, never waits. */
  release(id: string): void;
  /** Sees everything that was settled before. */
  standings(account: AccountId, at: At): Promise<Standings>;
  /** Takes over what was counted elsewhere; a name is taken over once, whoever asks. */
  takeOver(name: string, spent: ReadonlyMap<AccountId, NanoUsd>, at: At): Promise<void>;
  /** Resolves when everything so far is stored, or its failure has been reported. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
