import type { JsonObject } from '../domain/json.ts';
import type { Log } from '../domain/log.ts';
import type { Pointsman } from '../orchestrator/model/pointsman.ts';
import type { ReplaySessionsRequest, ReplaySessionsOptions } from '../replay/replay-sessions.ts';

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
  readonly replaySessions: (request: ReplaySessionsRequest, options: ReplaySessionsOptions) => Promise<JsonObject>;
}
