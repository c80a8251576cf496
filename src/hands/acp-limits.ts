import { MINUTE_MS, type Ms } from '../domain/time.ts';

/** What a harness is borne with, in one conversation. */
export interface AcpLimits {
  /** Of one message; a file that is written is one. */
  readonly messageBytes: number;
  /** Of all that it says. */
  readonly totalBytes: number;
  /** Messages that are none of the protocol. Lines that are no JSON, such as a banner, do not count. */
  readonly oddMessages: number;
  /** How long it may neither say nor ask anything: its own tools may run a whole suite. */
  readonly silenceMs: Ms;
  readonly turnMs: Ms;
}

export const ACP_LIMITS: AcpLimits = {
  messageBytes: 32 * 1024 * 1024,
  totalBytes: 512 * 1024 * 1024,
  oddMessages: 100,
  silenceMs: 30 * MINUTE_MS,
  turnMs: 240 * MINUTE_MS,
};
