import type { MakeReadingCall } from '../../decisions/ask-model.ts';
import type { UpgradesByPrincipal } from '../../decisions/word-bound.ts';
import type { CallOrigin } from '../../domain/call.ts';
import type { HostView, PauseOutlook } from '../../domain/decision.ts';
import type { DecisionId, StepId } from '../../domain/ids.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { CallTrigger, Effort } from '../../domain/step.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { WarmthLedger } from '../../warmth/ledger.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import type { PromptSize } from '../sessions/prompt-size.ts';
import type { SessionPlace } from '../sessions/session-store.ts';
import type { TranscriptFingerprints } from '../sessions/transcript-fingerprint.ts';
import type { Refusals } from './refusals.ts';

/** A call that asks to be routed. */
export interface RouteRequest {
  readonly place: SessionPlace;
  /** What its transcript has left in caches, with what others have left there of its head. */
  readonly ledger: WarmthLedger;
  readonly wire: Wire;
  readonly requestedModel: string;
  /** The caller or the operator named it; `undefined`: a virtual name. */
  readonly named: Model | undefined;
  /** What the named model is called on the wire in this call. */
  readonly namedAs: string | undefined;
  /** The named model at its other hosts, as they call it. */
  readonly elsewhere: readonly Model[];
  /** What is known of the hosts of those models that have several. */
  readonly hostsOf: (models: readonly Model[]) => readonly HostView[];
  /** The name came from the operator, and holds in the middle of a step. */
  readonly isPinned: boolean;
  /** The pool, without models whose endpoint is ill or has no key. */
  readonly pool: readonly Model[];
  /** Models at hosts that are only watched: what would have been decided with them is recorded. */
  readonly watched: readonly Model[];
  readonly policy: RouterPolicy;
  readonly trigger: CallTrigger;
  /** Its caller turns thinking off: it is asked for no effort but its own. */
  readonly isThinkingOff: boolean;
  /** How long the step may take, as its caller says. `undefined`: somebody waits. */
  readonly deadlineMs: Ms | undefined;
  /** What may be done about its pauses. `nothing`: its caller does it, or no key of ours is at hand. `undefined`: all. */
  readonly pauseLimit: () => 'nothing' | PauseOutlook['noHour'];
  /** Whose call it is: a harness's texts are no person's words. */
  readonly origin: CallOrigin;
  /** Its vendor is asked to check the commands that it answers with. */
  readonly asksForChecks: boolean;
  /** The person's turn that it is part of, as the harness names it. */
  readonly turn: string | undefined;
  /** Fingerprint of the newest person's words; `undefined`: there are none. */
  readonly wordsPrint: () => number | undefined;
  readonly fingerprints: TranscriptFingerprints;
  readonly size: Pick<PromptSize, 'textTokens' | 'media'>;
  /** Left of the access key's budget. `undefined`: no limit. */
  readonly keyLeftNanoUsd: NanoUsd | undefined;
  readonly account: string;
  readonly effort: Effort | undefined;
  readonly now: At;
  readonly inbound: () => InboundCall;
  /** Whose words they are, and how often such words have moved a step to a dearer model. */
  readonly principal: string;
  readonly refusals: Refusals;
  readonly upgrades: UpgradesByPrincipal;
  /** Asks a model what the step needs, where one can be called. */
  readonly readingCall: (step: {
    readonly stepId: StepId;
    readonly decisionId: DecisionId;
  }) => MakeReadingCall | undefined;
  readonly newId: (prefix: string) => string;
}
