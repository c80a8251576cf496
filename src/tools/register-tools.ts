import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../domain/json.ts';
import { boundText } from './bounded-output.ts';
import {
  CHECK_TOOL,
  COMMAND_SERVER,
  FILESYSTEM_SERVER,
  filesystemRisks,
  HOLDS_REPOSITORIES,
} from './default-servers.ts';
import type { ServerConfig } from './server-config.ts';
import { toToolName } from './tool-name.ts';
import type { OwnServer, RegisteredTool, ToolRegistry, ToolRisk } from './tool-registry.ts';
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
}

export interface RegisterOptions {
  readonly risks: Readonly<Record<string, ToolRisk>>;
  /** Servers that pointsman itself started. */
  readonly defaults: readonly ServerConfig[];
}

const OWN: ReadonlyMap<string, OwnServer> = new Map([
  [FILESYSTEM_SERVER, 'files'],
  [COMMAND_SERVER, 'commands'],
]);
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
    const own = isDefault ? OWN.get(server.name) : undefined;
    for (const offered of [...server.tools].sort(byName)) {
      const name = toToolName(server.name, offered.name);
      const shown = JSON.stringify(offered.name.slice(0, 80));
      if (found.has(name)) leaveOut(server.name, `its tool ${shown} has a name that is taken`);
      else if (JSON.stringify(offered.inputSchema).length > MAX_SCHEMA_LENGTH) {
        leaveOut(server.name, `its tool ${shown} has too large a schema`);
      } else found.set(name, { tool: toRegistered(name, { server, offered, own }, options.risks), server });
    }
  }
  const tools = [...found.values()].map((entry) => entry.tool).filter((tool) => !isForPointsman(tool));
  return { tools, unavailable, find: (name) => found.get(name) };
}

/** It can be called, and is offered to nobody. */
function isForPointsman(tool: RegisteredTool): boolean {
  return tool.own === 'commands' && tool.serverTool === CHECK_TOOL;
}

function toRegistered(
  name: string,
  {
    server,
    offered,
    own,
  }: { readonly server: ToolServer; readonly offered: Tool; readonly own: OwnServer | undefined },
  risks: RegisterOptions['risks'],
): RegisteredTool {
  const chosen = [name, server.name]
    .map((one) => (Object.hasOwn(risks, one) ? risks[one] : undefined))
    .find((one) => one !== undefined);
  const known =
    own === 'files' && Object.hasOwn(filesystemRisks, offered.name) ? filesystemRisks[offered.name] : undefined;
  return {
    spec: {
      name,
      description: boundText(
        (offered.description ?? offered.title ?? offered.name).toWellFormed(),
        MAX_DESCRIPTION_BYTES,
      ),
      inputSchema: offered.inputSchema as JsonObject,
    },
    server: server.name,
    // What we start ourselves is of this very version, wherever that lies.
    ...(own === undefined ? { serverLeadsTo: server.leadsTo } : {}),
    serverTool: offered.name,
    risk: chosen ?? known ?? riskOf(offered.annotations),
    ...(own === undefined ? {} : { own }),
    ...(own === 'commands' && offered._meta?.[HOLDS_REPOSITORIES] === true ? { holdsRepositories: true } : {}),
  };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
