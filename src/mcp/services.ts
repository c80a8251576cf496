import type { JsonObject } from '../domain/json.ts';
import type { Log } from '../domain/log.ts';
import type { Pointsman } from '../orchestrator/model/pointsman.ts';

/** What the MCP server stands on. Made in `app/`; tests hand in their own. */
export interface McpServices {
  /**
   * Built on first use, the same object each time: a client lists the tools at once, and a broken configuration is told
   * where the model can read it. Rejects with the error of `createPointsman`.
   */
  readonly pointsman: () => Promise<Pointsman>;
  /** The folder that a job works in when the client names none. */
  readonly workspace: string;
  readonly version: string;
  /** For faults of our own, which a client is only told the id of. */
  readonly log: Log;
  /** Prices recorded sessions under policies; the plain-JSON report of `replay`. */
  readonly replaySessions: (request: ReplayRequest, options: SessionReplayOptions) => Promise<JsonObject>;
}

export interface ReplayRequest {
  /** Files or folders; absent: the logs that clients keep on this machine. */
  readonly paths?: readonly string[] | undefined;
  /** Policies to price, by id, and rivals by name; absent: the general ones, the user's own and every rival. */
  readonly policies?: readonly string[] | undefined;
  /** Only sessions of the last so many days. */
  readonly sinceDays?: number | undefined;
}

export interface SessionReplayOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number | undefined, text: string) => void;
}
