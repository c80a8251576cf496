import type { NanoUsd } from '../domain/money.ts';
import type { At } from '../domain/time.ts';
import type { Usage } from '../domain/usage.ts';

/** One model call that somebody paid for, from whichever source it is known; or several that a table need not tell apart. */
export interface SpentCall {
  readonly source: 'job' | 'gateway' | 'log';
  /** Of several: when the first was made. */
  readonly at: At | undefined;
  /** Absent: it is one call. */
  readonly several?: {
    readonly callCount: number;
    /** When the last was made, within the same quarter of an hour as the first. */
    readonly lastAt: At | undefined;
  };
  readonly model: string;
  /** The client that made it, as logs name clients; `pointsman` for jobs. */
  readonly harness: string;
  /** The folder that was worked in. */
  readonly project: string | undefined;
  /** The access key of the gateway that it came with. */
  readonly key: string | undefined;
  readonly sessionId: string;
  /** Of the answer, as its caller saw it; what two sources call the same call by. */
  readonly requestId: string | undefined;
  /** A small model was asked what a step needs. Absent: a call of somebody's work. */
  readonly isReader?: true;
  readonly usage: Usage | undefined;
  /** `undefined`: nobody knows, for want of a usage or of a price. */
  readonly billNanoUsd: NanoUsd | undefined;
  /** What it may have billed beyond that: it was cut, or reported nothing. */
  readonly mayHaveBilledNanoUsd: NanoUsd | undefined;
  /** Why the bill is not whole, in words; empty when it is. Of several calls the same holds for each. */
  readonly unpriced: readonly string[];
}
