import type { PointsmanError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ToolResultPart, ToolSpec } from '../domain/transcript.ts';
import type { AnswerQuestion } from './server-question.ts';

/** What a tool may do, from its MCP annotations or the config; unknown counts as `destructive`. */
export type ToolRisk = 'read-only' | 'write' | 'destructive';

/** `models`: not of a server at all; the job itself carries it out. */
export type OwnServer = 'files' | 'commands' | 'models';

export interface RegisteredTool {
  /** Unique across servers: `server__tool`, cut and hashed to what every vendor accepts. */
  readonly spec: ToolSpec;
  readonly server: string;
  /** Digest of the command line or address behind that name. Absent: of a server that pointsman itself starts. */
  readonly serverLeadsTo?: string;
  readonly serverTool: string;
  readonly risk: ToolRisk;
  /** Of a server that pointsman itself starts, whose arguments it knows. Absent: of somebody else's, whatever its name. */
  readonly own?: OwnServer;
  /** Whatever it runs is held in a sandbox in which the repositories of the workspace cannot be written. */
  readonly holdsRepositories?: true;
}

export interface ToolCallOptions {
  readonly toolCallId: string;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  /** The tool whose call was allowed: where its name leads to another one by now, that is not called. `undefined`: nobody was asked. */
  readonly judged: RegisteredTool | undefined;
  /** Doing it twice does no harm: one that was cut off is done again. What only reads may always be. */
  readonly mayRepeat?: boolean;
  /** What the server says while it works, such as the newest lines of a command. */
  readonly onProgress?: (message: string) => void;
  /** Answers what the server asks meanwhile; absent: it is declined. */
  readonly answer?: AnswerQuestion;
}

/** The tools of all configured MCP servers. Opened once per job; closed in every case. */
export interface ToolRegistry {
  readonly tools: readonly RegisteredTool[];
  /** Servers that could not start or have died, with what to do about it. */
  readonly unavailable: readonly { readonly server: string; readonly why: string; readonly hint: string }[];
  /**
   * Why this call would be refused whoever allowed it: its paths lead out, or into what is ours. `undefined`: it would not.
   * @param tool by its name, or one that somebody else runs, such as a harness
   */
  refusal(tool: string | RegisteredTool, input: JsonObject): PointsmanError | undefined;
  /**
   * Runs one tool. Failures of the tool are results with `isError`; a dead server is one restart, then an error result.
   * `idempotencyKey` names the call: the same key returns the first result instead of running twice.
   */
  call(toolName: string, input: JsonObject, options: ToolCallOptions): Promise<ToolResultPart>;
  close(): Promise<void>;
}
