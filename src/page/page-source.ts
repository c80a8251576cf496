import type { Decide } from '../decisions/pool-dial.ts';
import type { Model } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { At, Ratio } from '../domain/time.ts';
import type { LockRow } from '../policy/lock-rows.ts';
import type { StoreViews } from '../recorder/store-views.ts';

/** What the page shows, whoever serves it: a gateway, or a command over the store alone. */
export interface PageSource {
  readonly views: StoreViews;
  readonly now: () => At;
  /** Models with prices: the catalogue and the user's own. */
  readonly models: () => readonly Model[];
  readonly policies: () => { readonly active: RouterPolicy; readonly all: ReadonlyMap<string, RouterPolicy> };
  readonly decide: Decide;
  /** What was proved of policies on held-out rows. */
  readonly proved: () => Promise<readonly ProvedRow[]>;
  /** What was learned of policies: in force, proposed and on trial. */
  readonly learned: () => Promise<readonly LearnedRow[]>;
  readonly budgets: () => Promise<readonly BudgetRow[]>;
  /** What should be looked at, of gateway and jobs. */
  readonly alarms: () => Promise<readonly AlarmRow[]>;
  /** What only a running gateway knows. Absent: the page stands over the store alone. */
  readonly gateway?: GatewayNow;
}

/** A promise of a policy: at most so much worse than always the reference, and up to which notch of the dial for each kind. */
export interface ProvedRow {
  readonly policyId: string;
  readonly worseByRatio: Ratio;
  readonly confidenceRatio: Ratio;
  readonly referenceModel: string;
  readonly madeAt: At;
  /** The file of rows. */
  readonly rowsName: string;
  /** `notch` is absent where nothing is promised. */
  readonly kinds: readonly { readonly kind: string; readonly notch?: number | undefined }[];
  /** Why it says nothing of the choices made now. Absent: it stands. */
  readonly outOfDate?: string | undefined;
}

/** What was learned of a policy, in words, and the command that takes it back. */
export type LearnedRow = LockRow;

/** An alarm in words. */
export interface AlarmRow {
  readonly code: string;
  readonly sinceAt: At;
  readonly text: string;
  readonly hint: string;
}

/** What one access key, or a place of an organisation, may spend, has spent and what calls under way hold. */
export interface BudgetRow {
  /** Of a place: its account. */
  readonly keyId: string;
  /** The place. Absent: the row is a key's. */
  readonly team?: string;
  readonly name: string;
  readonly policyId: string | undefined;
  readonly expiresAt: At | undefined;
  readonly spentNanoUsd: NanoUsd;
  /** The part of it that nobody reported. */
  readonly unknownNanoUsd: NanoUsd;
  readonly periods: readonly {
    readonly period: string;
    readonly limitNanoUsd: NanoUsd;
    readonly spentNanoUsd: NanoUsd;
    readonly leftNanoUsd: NanoUsd;
  }[];
}

export interface GatewayNow {
  readonly runningCount: () => number;
  readonly circuits: () => readonly { readonly endpoint: string; readonly model: string; readonly state: string }[];
  readonly passThrough: PassThroughSwitch;
}

/** One switch for a bad day: calls go where they would go without a router. */
export interface PassThroughSwitch {
  readonly isOn: boolean;
  /** `undefined`: it was never touched. */
  readonly changedAt: At | undefined;
  set(isOn: boolean, by: 'page' | 'command' | 'signal'): void;
}

/** Who looks: all there is, or what came with one access key. */
export type Viewer = { readonly sees: 'all' } | { readonly sees: 'key'; readonly keyId: string; readonly name: string };
