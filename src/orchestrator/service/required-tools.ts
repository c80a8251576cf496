import { PointsmanError } from '../../domain/errors.ts';
import { nearest } from '../../domain/nearest.ts';

/** What harnesses and pointsman's own jobs call their tools; names of servers' tools are joined to the server's by `__`, `.` or `:`. */
const COMMON_TOOLS: readonly string[] = [
  'Bash Read Edit MultiEdit Write Grep Glob LS WebFetch WebSearch Task TodoWrite NotebookEdit shell',
  'exec_command apply_patch update_plan view_image web_search bash read edit write grep glob list patch',
  'webfetch todowrite read_file read_text_file read_many_files write_file edit_file create_file',
  'list_directory search_files search_file_content find_files replace run_shell_command run_command run',
  'execute_command browser_action fetch',
].flatMap((names) => names.split(' '));
const OF_A_SERVER = /^[\p{L}\p{N}_-]+(?:__|[.:])[\p{L}\p{N}_.:-]+$/u;

/**
 * Holds the tools that a step requires against those on offer, or, where the caller names none, against the names that tools of
 * harnesses and of servers have.
 * @throws PointsmanError `request-invalid` for a tool that exists nowhere, with the names that look like it
 */
export function checkRequiredTools(required: readonly string[], offered: readonly string[] | undefined): void {
  const known = offered ?? COMMON_TOOLS;
  for (const name of required) {
    if (known.includes(name) || (offered === undefined && OF_A_SERVER.test(name))) continue;
    const near = nearest(name, known).map((one) => `"${one}"`);
    const whose = offered === undefined ? 'that pointsman knows' : 'among those of the session';
    throw new PointsmanError('request-invalid', `There is no tool "${name}" ${whose}.`, {
      hint: [
        ...(near.length === 0 ? [] : [`Did you mean ${near.join(' or ')}?`]),
        offered === undefined
          ? 'Name the tools of the session as "tools", or leave "requiredTools" out.'
          : offered.length === 0
            ? '"tools" names none.'
            : `The tools are ${offered.slice(0, 40).join(', ')}.`,
      ].join(' '),
    });
  }
}
