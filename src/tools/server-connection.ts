import { setTimeout } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  type CallToolResult,
  ErrorCode,
  McpError,
  type Tool,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Environment } from '../domain/environment.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Ms } from '../domain/time.ts';
import { boundedFetch, createBoundedLines } from './bounded-messages.ts';
import { resourceCall, withResourceTools } from './resource-tools.ts';
import type { ServerConfig } from './server-config.ts';
import { serverEnv } from './server-env.ts';
import { type AnswerQuestion, openQuestionDesk } from './server-question.ts';
import { createOAuthClient } from './sign-in/oauth-client.ts';
import type { TokenStore } from './sign-in/token-store.ts';

/** What came of asking a server. Only `aborted` is the caller's own doing. */
export type ToolOutcome =
  | { readonly kind: 'answered'; readonly result: CallToolResult }
  /** The server refused the call in the protocol's words: wrong arguments, no such tool. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'timeout'; readonly timeoutMs: Ms }
  /** The server went away before it answered: the call may or may not have happened. */
  | { readonly kind: 'died'; readonly why: string }
  | { readonly kind: 'aborted' };

/** How long a call may take, and who is there while it does. */
export interface CallLimits {
  readonly timeoutMs: Ms;
  readonly signal: AbortSignal;
  /** What the server says while it works, such as the newest lines of a command. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Answers what the server asks meanwhile; absent: it is declined. */
  readonly answer?: AnswerQuestion | undefined;
}

/** One live connection to one server. When it is dead it stays dead. */
export interface ServerConnection {
  readonly alive: boolean;
  readonly tools: readonly Tool[];
  call(tool: string, input: JsonObject, limits: CallLimits): Promise<ToolOutcome>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly workspace: string;
  readonly env: Environment;
  readonly startTimeoutMs: Ms;
  readonly signal: AbortSignal;
  readonly onToolsChanged: () => void;
  /** What signing in has left. Absent: nobody can have signed in. */
  readonly tokens?: TokenStore | undefined;
}

const REQUEST_TIMEOUT: number = ErrorCode.RequestTimeout;
const CONNECTION_CLOSED: number = ErrorCode.ConnectionClosed;
const MAX_PAGES = 50;
/** What a call that changed its server's tools waits for the new list. */
const MAX_LISTING_MS: Ms = 2000;
const MAX_TOOLS = 500;
const MAX_STDERR = 2000;
/** A server that tells of its progress is given this many time limits in all. */
const PROGRESS_FACTOR = 10;

/**
 * Starts a server, shakes hands and lists its tools.
 * @throws Error with what the server said, when it does not come up in time
 */
export async function connectServer(config: ServerConfig, options: ConnectOptions): Promise<ServerConnection> {
  const client = new Client({ name: 'pointsman', version: '0.1.0' }, { capabilities: { elicitation: { form: {} } } });
  const { transport, stderr } = openTransport(config, options);
  const desk = openQuestionDesk(client, config.name);
  const state = { alive: true, tools: [] as readonly Tool[] };
  client.onclose = () => {
    state.alive = false;
  };
  const limits = { timeout: options.startTimeoutMs, signal: options.signal };
  try {
    await client.connect(transport, limits);
    state.tools = withResourceTools(client, await listTools(client, limits));
  } catch (thrown) {
    await client.close().catch(() => undefined);
    throw new Error(startFailure(thrown, stderr()), { cause: thrown });
  }
  const listing = followToolChanges(client, limits.timeout, (tools) => {
    state.tools = withResourceTools(client, tools);
    options.onToolsChanged();
  });
  return {
    get alive() {
      return state.alive;
    },
    get tools() {
      return state.tools;
    },
    call: (tool, input, callLimits) => {
      const offered = state.tools.find(({ name }) => name === tool);
      const act = resourceCall(client, offered, input) ?? toolCall(client, tool, input);
      const leave = desk.open(callLimits.answer);
      return outcomeOf(act, callLimits, () => state.alive)
        .finally(leave)
        .finally(listing);
    },
    close: async () => {
      state.alive = false;
      await client.close().catch(() => undefined);
    },
  };
}

function openTransport(config: ServerConfig, options: ConnectOptions): { transport: Transport; stderr: () => string } {
  if (config.kind === 'http') {
    const requestInit = { headers: { ...config.headers }, redirect: 'error' } as const;
    // Who states a token of their own means that one.
    const isOpen = Object.keys(config.headers).some((name) => name.toLowerCase() === 'authorization');
    const { tokens } = options;
    const authProvider =
      isOpen || tokens === undefined
        ? undefined
        : createOAuthClient({ serverUrl: config.url, store: tokens, clientId: config.oauth?.clientId });
    const transport = new StreamableHTTPClientTransport(new URL(config.url), {
      requestInit,
      fetch: boundedFetch(),
      ...(authProvider === undefined ? {} : { authProvider }),
    });
    return { transport, stderr: () => '' };
  }
  const transport = new StdioClientTransport({
    command: config.command,
    args: [...config.args],
    env: serverEnv(options.env, config.env),
    cwd: config.cwd ?? options.workspace,
    stderr: 'pipe',
  });
  Object.assign(transport, { _readBuffer: createBoundedLines() });
  let text = '';
  transport.stderr?.on('data', (bytes: Buffer) => {
    text = (text + bytes.toString('utf8')).slice(-MAX_STDERR);
  });
  return { transport, stderr: () => text };
}

async function listTools(client: Client, limits: { timeout: Ms; signal?: AbortSignal }): Promise<readonly Tool[]> {
  if (client.getServerCapabilities()?.tools === undefined) return [];
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.listTools(cursor === undefined ? {} : { cursor }, limits);
    tools.push(...answer.tools);
    cursor = answer.nextCursor;
    if (cursor === undefined) break;
  }
  return tools.slice(0, MAX_TOOLS);
}

/**
 * Lists again after each change, one listing at a time; a listing that fails leaves the tools as they were.
 * @returns waits, but not for long, for the listing that is under way: who asks next is to see what came of it
 */
function followToolChanges(
  client: Client,
  timeout: Ms,
  onTools: (tools: readonly Tool[]) => void,
): () => Promise<void> {
  let listed = Promise.resolve();
  let running = false;
  let again = false;
  const refresh = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await listTools(client, { timeout }).then(onTools, () => undefined);
    } while (again);
    running = false;
  };
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    if (running) again = true;
    else listed = refresh();
  });
  return async () => {
    if (!running) return;
    await Promise.race([listed, setTimeout(MAX_LISTING_MS, undefined, { ref: false })]);
  };
}

function toolCall(
  client: Client,
  name: string,
  input: JsonObject,
): (options: RequestOptions) => Promise<CallToolResult> {
  const request = { method: 'tools/call', params: { name, arguments: { ...input } } } as const;
  return async (options) => client.request(request, CallToolResultSchema, options);
}

async function outcomeOf(
  act: (options: RequestOptions) => Promise<CallToolResult>,
  { timeoutMs, signal, onProgress }: CallLimits,
  isAlive: () => boolean,
): Promise<ToolOutcome> {
  try {
    const result = await act({
      signal,
      timeout: timeoutMs,
      maxTotalTimeout: timeoutMs * PROGRESS_FACTOR,
      resetTimeoutOnProgress: true,
      onprogress: ({ message }) => {
        if (message !== undefined && message !== '') onProgress?.(message);
      },
    });
    return { kind: 'answered', result };
  } catch (thrown) {
    if (signal.aborted) return { kind: 'aborted' };
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    if (!(thrown instanceof McpError) || !isAlive()) return { kind: 'died', why };
    if (thrown.code === REQUEST_TIMEOUT) return { kind: 'timeout', timeoutMs };
    if (thrown.code === CONNECTION_CLOSED) return { kind: 'died', why };
    return { kind: 'refused', why };
  }
}

function startFailure(thrown: unknown, stderr: string): string {
  const error = thrown as { code?: unknown; message?: unknown };
  const why = error.code === 'ENOENT' ? 'its command was not found' : String(error.message ?? thrown);
  const said = stderr.trim().split('\n').slice(-3).join(' ').slice(-400);
  return said === '' ? why : `${why}; it said: ${said}`;
}
