import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallId } from '../../domain/ids.ts';
import type { At, Ms } from '../../domain/time.ts';
import type { Principal } from '../core/call-context.ts';
import type { BodyDeadline } from '../server/body-deadline.ts';
import type { SideBody } from './side-body.ts';
import type { SideMatch } from './side-routes.ts';

export interface SideArrival {
  readonly match: SideMatch;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly search: string;
  readonly principal: Principal;
  readonly deadline: BodyDeadline;
}

/** A request beside model calls whose body has been read as far as it must be. */
export interface SideCall extends SideArrival {
  readonly callId: CallId;
  readonly requestId: string;
  readonly body: SideBody;
  /** The model that path, body or form names. */
  readonly model: string | undefined;
  readonly startedAt: At;
  /** `performance.now()` at the start, for durations. */
  readonly startedMs: Ms;
  readonly abort: AbortController;
}
