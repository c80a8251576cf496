import { commands } from '../../../cli/registry.ts';
import { runCommand } from '../../../cli/run-command.ts';
import { fittingIo } from '../../../cli/width/fitting-io.ts';
import type { NewcomerPlace } from './newcomer-place.ts';

/** What a command that serves says when it can be reached. */
const SERVES = /^pointsman gateway on|^(?:pointsman )?MCP |^http:\/\/127|127\.0\.0\.1:\d+\/mcp/mu;

/** A command in this process, as `main.ts` runs it into a pipe; one that serves ends when it has said where. */
export async function typedCommand(
  { env, workspace }: NewcomerPlace,
  [name = '', ...args]: readonly string[],
): Promise<{ readonly code: number; readonly said: string }> {
  const { command } = (await commands[name]?.load()) ?? {};
  if (command === undefined) throw new Error(`no command is called ${name}`);
  const ended = new AbortController();
  let said = '';
  const write = (text: string): void => {
    said += text;
    if (SERVES.test(said)) ended.abort();
  };
  const io = { stdout: write, stderr: write, env, cwd: workspace, isTerminal: false, trustFolders: true };
  const code = await runCommand(command, args, fittingIo({ ...io, signal: ended.signal }, args));
  return { code, said };
}
