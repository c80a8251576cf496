import { commands } from '../../../cli/registry.ts';
import { runCommand } from '../../../cli/run-command.ts';
import { fittingIo } from '../../../cli/width/fitting-io.ts';
import type { NewcomerPlace } from './newcomer-place.ts';

/** What a command that serves says when it can be reached. */
const SERVES = /^pointsman gateway on|^(?:pointsman )?MCP |^http:\/\/127|127\.0\.0\.1:\d+\/mcp|"url": "http:\/\/127/mu;

export interface TypedCommand {
  readonly code: number;
  /** All that it wrote, errors too. */
  readonly said: string;
  /** Standard output alone. */
  readonly out: string;
}

/** A command in this process, as `main.ts` runs it into a pipe; one that serves ends when it has said where. */
export async function typedCommand(
  { env, workspace }: NewcomerPlace,
  [name = '', ...args]: readonly string[],
): Promise<TypedCommand> {
  const { command } = (await commands[name]?.load()) ?? {};
  if (command === undefined) throw new Error(`no command is called ${name}`);
  const ended = new AbortController();
  let said = '';
  let out = '';
  const write = (text: string): void => {
    said += text;
    if (SERVES.test(said)) ended.abort();
  };
  const stdout = (text: string): void => {
    out += text;
    write(text);
  };
  const io = { stdout, stderr: write, env, cwd: workspace, isTerminal: false, trustFolders: true };
  const code = await runCommand(command, args, fittingIo({ ...io, signal: ended.signal }, args));
  return { code, said, out };
}
