import { createHash } from 'node:crypto';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../domain/json.ts';
import { createScrub } from '../trust/scrub.ts';
import type { ServerConfig } from './server-config.ts';
import {
  type CallLimits,
  type ToolOutcome,
  type ConnectOptions,
  connectServer,
  type ServerConnection,
} from './server-connection.ts';

/** A configured server over its whole life: it is started, restarted when it has died, and named when it cannot be. */
export interface ToolServer {
  readonly name: string;
  /** Digest of what starts it or where it is, for who said yes to this one and not to whatever bears its name. */
  readonly leadsTo: string;
  /** What it last offered; stays when it dies, so that the tools of a prompt stay the same. */
  readonly tools: readonly Tool[];
  /** Why it cannot be used now. */
  readonly failure: string | undefined;
  start(): Promise<void>;
  /** A server that has died is started once more; `mayRepeat` says whether the call may then be sent again. */
  call(tool: string, input: JsonObject, options: ServerCallOptions): Promise<ToolOutcome>;
  close(): Promise<void>;
}

interface ServerCallOptions extends CallLimits {
  readonly mayRepeat: boolean;
}

/** By digest: arguments and addresses may hold keys. */
function leadsTo(config: ServerConfig): string {
  const parts = config.kind === 'http' ? [config.url] : [config.command, ...config.args, config.cwd ?? ''];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** A server that keeps dying is not started for ever. */
const MAX_RESTARTS = 3;

export function createToolServer(config: ServerConfig, options: ConnectOptions): ToolServer {
  let connection: ServerConnection | undefined;
  let connecting: Promise<void> | undefined;
  let tools: readonly Tool[] = [];
  let failure: string | undefined;
  let restartCount = -1;
  let closed = false;

  const connect = async (): Promise<void> => {
    restartCount += 1;
    try {
      const opened = await connectServer(config, {
        ...options,
        onToolsChanged: () => {
          tools = connection?.tools ?? tools;
          options.onToolsChanged();
        },
      });
      if (closed) return await opened.close();
      connection = opened;
      tools = opened.tools;
      failure = undefined;
    } catch (thrown) {
      const opened = config.kind === 'http' ? await options.tokens?.read(config.url) : undefined;
      const { access_token = '', refresh_token = '' } = opened?.tokens ?? {};
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      failure = withoutSecrets(why, config, [access_token, refresh_token]);
    }
  };
  const ensure = async (): Promise<ServerConnection | undefined> => {
    if (connection?.alive !== true && !closed && restartCount < MAX_RESTARTS) {
      connecting ??= connect().finally(() => {
        connecting = undefined;
      });
      await connecting;
    }
    if (connection?.alive === true) return connection;
    failure ??= 'it died too often';
    return undefined;
  };
  return {
    name: config.name,
    leadsTo: leadsTo(config),
    get tools() {
      return tools;
    },
    get failure() {
      return failure;
    },
    start: async () => {
      await ensure();
    },
    async call(tool, input, { mayRepeat, ...limits }) {
      let outcome: ToolOutcome = { kind: 'died', why: '' };
      for (let tries = 0; tries < 2; tries += 1) {
        const live = await ensure();
        if (live === undefined) return { kind: 'died', why: failure ?? outcome.kind };
        outcome = await live.call(tool, input, limits);
        if (outcome.kind !== 'died') return outcome;
        await live.close();
        if (!mayRepeat) break;
      }
      await ensure();
      return outcome;
    },
    async close() {
      closed = true;
      await connecting;
      await connection?.close();
    },
  };
}

/** What a server says of itself may repeat what it was given. */
function withoutSecrets(text: string, config: ServerConfig, tokens: readonly string[]): string {
  const given = config.kind === 'stdio' ? Object.values(config.env) : Object.values(config.headers);
  return createScrub([...given, ...tokens.filter((token) => token !== '')])(text);
}
