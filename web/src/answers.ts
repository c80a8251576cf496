import type { AlarmRow, BudgetRow, LearnedRow, ProvedRow } from '../../src/page/page-source.ts';
import type { CallView } from '../../src/page/views/call-view.ts';
import type { EffectRow } from '../../src/page/views/effect-view.ts';
import type { SpendView } from '../../src/page/views/spend-view.ts';
import type { HostRow, SessionRow } from '../../src/recorder/store-views.ts';

export type { ChoiceView, ReplayedChoice } from '../../src/page/views/choice-view.ts';
export type { TimelineView, TimelineStep } from '../../src/page/views/timeline-view.ts';
export type { PauseView } from '../../src/page/views/pause-view.ts';
export type { AlarmRow, CallView, SpendView, BudgetRow, EffectRow, LearnedRow, ProvedRow };
export type { SpendGroup } from '../../src/page/views/spend-view.ts';

/** What is known of whoever looks, and of the gateway. */
export interface Status {
  readonly now: number;
  readonly viewer: { readonly sees: 'all' } | { readonly sees: 'key'; readonly name: string };
  /** Absent: the page stands over the store alone. */
  readonly gateway?: {
    readonly runningCount: number;
    readonly passThrough: { readonly isOn: boolean; readonly changedAt?: number };
  };
}

export type ListedCall = CallView & { readonly seq: number };

export interface Overview extends Status {
  readonly spend: SpendView;
  readonly calls: readonly ListedCall[];
  readonly budgets: readonly BudgetRow[];
}

export interface Calls {
  readonly calls: readonly ListedCall[];
}

export interface Sessions {
  readonly sessions: readonly (SessionRow & { readonly workspace?: string })[];
}

export interface Health {
  readonly alarms: readonly AlarmRow[];
  readonly hosts: readonly HostRow[];
  readonly circuits: readonly { readonly endpoint: string; readonly model: string; readonly state: string }[];
}

export interface Policies {
  readonly activeId: string;
  readonly dial: number;
  readonly policies: readonly {
    readonly id: string;
    readonly version: number;
    readonly dial: number;
    readonly keepAlive: boolean;
  }[];
}

export interface Effect {
  readonly days: number;
  readonly stepCount: number;
  readonly limit: number;
  readonly rows: readonly EffectRow[];
  readonly proved: readonly ProvedRow[];
  readonly provedFault?: string;
  readonly learned: readonly LearnedRow[];
  readonly learnedFault?: string;
}
