import type { JsonObject } from '../domain/json.ts';
import { COMMAND_SERVER } from './default-servers.ts';
import type { RegisteredTool, ToolRisk } from './tool-registry.ts';

/** What a server says of its tool. Hints only: a server that lies gains nothing but its own user's trust. */
export interface ToolHints {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
}

/** `destructive` unless the server says otherwise, as the protocol's own defaults have it. */
export function riskOf(hints: ToolHints | undefined): ToolRisk {
  if (hints?.readOnlyHint === true) return 'read-only';
  return hints?.destructiveHint === false ? 'write' : 'destructive';
}

const MAX_SHOWN = 300;

/**
 * Whether a person must be asked before this call, unless they said yes to everything, and what to tell them. Tools that
 * read, and tools that write but say that they destroy nothing, need no permission.
 */
export function needsPermission(tool: RegisteredTool, input: JsonObject): { readonly why: string } | undefined {
  if (tool.risk !== 'destructive') return undefined;
  const command = commandOf(input);
  if (tool.server === COMMAND_SERVER && command !== undefined) return { why: `It wants to run: ${shown(command)}` };
  return {
    why: `It wants to use ${tool.serverTool} of ${tool.server}, which may change or delete things: ${shown(JSON.stringify(input))}`,
  };
}

function commandOf(input: JsonObject): string | undefined {
  const { program, args, cwd } = input as { program?: unknown; args?: unknown; cwd?: unknown };
  if (typeof program !== 'string') return undefined;
  const words = Array.isArray(args) ? args.map(String) : [];
  const text = [program, ...words]
    .map((word) => (/^[\w@%+=:,./-]+$/u.test(word) ? word : JSON.stringify(word)))
    .join(' ');
  return typeof cwd === 'string' && cwd !== '.' ? `${text} (in ${JSON.stringify(cwd)})` : text;
}

/** A model wrote it: control characters could forge what the terminal shows. */
function shown(text: string): string {
  const safe = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '�');
  return safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)} … (${safe.length - MAX_SHOWN} more characters)` : safe;
}
