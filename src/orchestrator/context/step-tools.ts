import type { RegisteredTool } from '../../tools/tool-registry.ts';

/**
 * Names that agent files use for what every workspace has, as Claude Code spells them, and the tools behind them: of the
 * filesystem server, and of our command runner. A file written for either program means the same here.
 */
const COMMON_NAMES: Readonly<Record<string, readonly string[]>> = {
  Read: ['read_file', 'read_text_file', 'read_media_file', 'read_multiple_files', 'get_file_info'],
  LS: ['list_directory', 'list_directory_with_sizes', 'directory_tree', 'list_allowed_directories'],
  Glob: ['search_files', 'list_directory', 'list_directory_with_sizes', 'directory_tree', 'list_allowed_directories'],
  Grep: ['search_text', 'search_files', 'look'],
  Edit: ['edit_file', 'apply_patch'],
  MultiEdit: ['edit_file', 'apply_patch'],
  Write: ['write_file', 'create_directory', 'move_file', 'delete_file'],
  Bash: ['run', 'look'],
};

/** Names that mean our command runner only when they are its own. */
const RUNNER_TOOLS: ReadonlySet<string> = new Set(['run', 'look']);

/** The tools that an agent may use. `names`: what its file lists; `undefined`: all. Unknown names match nothing. Pure. */
export function toolsFor(
  tools: readonly RegisteredTool[],
  names: readonly string[] | undefined,
): readonly RegisteredTool[] {
  if (names === undefined) return tools;
  return tools.filter((tool) => names.some((name) => isNamed(tool, name)));
}

/** `Bash(npm test:*)` is read as `Bash`: which commands run is the command runner's own allow list. */
function isNamed(tool: RegisteredTool, written: string): boolean {
  const name = written.replace(/\(.*\)$/u, '');
  if (COMMON_NAMES[name]?.includes(tool.serverTool) === true) {
    return tool.own === 'commands' || !RUNNER_TOOLS.has(tool.serverTool);
  }
  if (name === tool.spec.name || name === tool.serverTool) return true;
  const [prefix, server, serverTool] = name.split('__');
  if (prefix !== 'mcp' || server !== tool.server) return false;
  return serverTool === undefined || serverTool === '*' || serverTool === tool.serverTool;
}

/** Whether a step with these tools may change the workspace. */
export function mayWrite(tools: readonly RegisteredTool[]): boolean {
  return tools.some((tool) => tool.risk !== 'read-only');
}
