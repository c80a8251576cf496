import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../domain/json.ts';
import { boundText } from './bounded-output.ts';
import { FILESYSTEM_SERVER, filesystemHidden, filesystemRisks } from './default-servers.ts';
import type { ServerConfig } from './server-config.ts';
import { toToolName } from './tool-name.ts';
import type { RegisteredTool, ToolRegistry, ToolRisk } from './tool-registry.ts';
import { riskOf } from './tool-risk.ts';
import type { ToolServer } from './tool-server.ts';

/** The tools as they are offered now, and where each is found. */
export interface Registration {
  readonly tools: readonly RegisteredTool[];
  /** Tools that cannot be offered. */
  readonly unavailable: ToolRegistry['unavailable'];
  find(toolName: string): FoundTool | undefined;
}

export interface FoundTool {
  readonly tool: RegisteredTool;
  readonly server: ToolServer;
  /** Of the filesystem server that pointsman itself started: paths are checked before it sees them. */
  readonly guarded: boolean;
}

export interface RegisterOptions {
  readonly risks: Readonly<Record<string, ToolRisk>>;
  readonly defaults: readonly ServerConfig[];
}

const MAX_DESCRIPTION_BYTES = 8000;
const MAX_SCHEMA_LENGTH = 64_000;

/**
 * Names the tools of all servers, in the order of their names: the same servers give the same prompt, byte for byte. A name
 * that is taken, or a schema that is too large to be sent with every call, is left out and said.
 */
export function registerTools(servers: readonly ToolServer[], options: RegisterOptions): Registration {
  const found = new Map<string, FoundTool>();
  const unavailable: ToolRegistry['unavailable'][number][] = [];
  const leaveOut = (server: string, why: string): void => {
    unavailable.push({ server, why, hint: 'Ask whoever made the server to correct it; its other tools work.' });
  };
  for (const server of [...servers].sort(byName)) {
    const isDefault = options.defaults.some((config) => config.name === server.name);
    const guarded = isDefault && server.name === FILESYSTEM_SERVER;
    for (const offered of [...server.tools].sort(byName)) {
      if (guarded && filesystemHidden.has(offered.name)) continue;
      const name = toToolName(server.name, offered.name);
      const shown = JSON.stringify(offered.name.slice(0, 80));
      if (found.has(name)) leaveOut(server.name, `its tool ${shown} has a name that is taken`);
      else if (JSON.stringify(offered.inputSchema).length > MAX_SCHEMA_LENGTH) {
        leaveOut(server.name, `its tool ${shown} has too large a schema`);
      } else
        found.set(name, { tool: toRegistered(name, server.name, offered, guarded, options.risks), server, guarded });
    }
  }
  return { tools: [...found.values()].map((entry) => entry.tool), unavailable, find: (name) => found.get(name) };
}

function toRegistered(
  name: string,
  server: string,
  offered: Tool,
  guarded: boolean,
  risks: RegisterOptions['risks'],
): RegisteredTool {
  const own = Object.hasOwn(risks, name) ? risks[name] : undefined;
  const known = guarded && Object.hasOwn(filesystemRisks, offered.name) ? filesystemRisks[offered.name] : undefined;
  return {
    spec: {
      name,
      description: boundText(
        (offered.description ?? offered.title ?? offered.name).toWellFormed(),
        MAX_DESCRIPTION_BYTES,
      ),
      inputSchema: offered.inputSchema as JsonObject,
    },
    server,
    serverTool: offered.name,
    risk: own ?? known ?? riskOf(offered.annotations),
    ...(guarded ? { confined: true } : {}),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
