import type { PointsmanError } from '../../domain/errors.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { UpstreamAttempt } from '../core/call-context.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import type { Outbound } from './outbound.ts';
import type { MoneyHold } from './reserve-money.ts';

/** How a call's tries ended. */
export type AttemptResult = UpstreamEnd & {
  /** By tries that went out and were cut before their answer began: settled as unknown. `undefined`: there was none. */
  readonly mayHaveBilledNanoUsd: NanoUsd | undefined;
};

export type UpstreamEnd =
  | {
      readonly kind: 'answered';
      readonly attempt: UpstreamAttempt;
      readonly outbound: Outbound;
      readonly answer: UpstreamAnswer;
      /** To be settled when the call has ended. */
      readonly hold: MoneyHold;
    }
  | {
      /** The vendor refused, in its own words. */
      readonly kind: 'refused';
      readonly attempt: UpstreamAttempt;
      readonly status: number;
      readonly headers: UpstreamAnswer['headers'];
      readonly body: Buffer;
    }
  | {
      readonly kind: 'failed';
      readonly attempt: UpstreamAttempt | undefined;
      readonly error: PointsmanError;
    };
