import type { ConfiguredEndpoint } from '../../config/config.ts';
import type { DecisionId, StepId } from '../../domain/ids.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { Effort } from '../../domain/step.ts';
import type { At, Ratio } from '../../domain/time.ts';
import type { CallTarget } from '../../providers/host.ts';
import type { HeldPrompt, KeepAlivePlan } from '../../warmth/keep-alive.ts';
import type { ByteRope } from '../../wires/shared/body/byte-rope.ts';
import type { Session, SessionPlace, Thread } from '../sessions/session-store.ts';
import type { Principal } from './call-context.ts';

/** What a finished call left in its vendor's cache, and all that is needed to send its prompt once more. */
export interface KeptPrefix extends HeldPrompt {
  readonly place: SessionPlace;
  readonly principal: Principal;
  readonly account: string;
  readonly effort: Effort | undefined;
  /** The caller's format and name for the model, for the record. */
  readonly wire: Wire;
  readonly requestedModel: string;
  /** The caller's client, as for the call that left it. */
  readonly harness: string | undefined;
  readonly stepId: StepId;
  readonly decisionId: DecisionId;
  readonly attempt: number;
  /** What the policy lets the session spend. `undefined`: no limit. */
  readonly limitNanoUsd: NanoUsd | undefined;
  /** What pings may cost the session beyond doing nothing, relative to that. */
  readonly overheadRatio: Ratio;
  readonly model: Model;
  /** The same at the prices of the tier that the call asked for. */
  readonly billedAs: Model;
  readonly endpoint: ConfiguredEndpoint;
  readonly path: string;
  readonly target: CallTarget;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ByteRope;
  readonly plan: KeepAlivePlan;
  /** When a ping comes too late. */
  readonly ttlMs: number;
  lastUsedAt: At;
  pingCount: number;
  /** What the pings since the call have billed. */
  pingedNanoUsd: NanoUsd;
}

/** Keeps what idle sessions left in their vendors' caches alive, one prefix a session. */
export interface WarmKeeper {
  /** Holds what a call left, in place of what its session had left before. */
  keep(prefix: KeptPrefix): void;
  /** A call of this transcript has come: nothing more is sent for it until that has ended. */
  release(session: Session, thread: Thread): void;
  readonly size: number;
  readonly heldBytes: number;
  /** Ends all pings, and waits for those in flight. */
  close(): Promise<void>;
}
