import path from 'node:path';
import { SECOND_MS } from '../domain/time.ts';
import type { CommandFile, ParsedConfigFile } from './config-file.ts';
import type { AllowedCommand, ToolsConfig } from './config.ts';

/** A suite that takes longer is rare, and one that hangs must end. */
const DEFAULT_TEST_SECONDS = 1200;

/** What tools there are and what they may do. */
export function resolveTools(file: ParsedConfigFile, base: string): ToolsConfig {
  const tools = file.values.tools ?? {};
  return {
    mcpFile: tools.mcpFile === undefined ? undefined : path.resolve(base, tools.mcpFile),
    defaults: tools.defaults,
    allowCommands: (tools.allowCommands ?? []).map(toRule),
    risks: tools.risks ?? {},
    approve: tools.approve,
    sandbox: tools.sandbox,
    inPlace: tools.inPlace,
    network: tools.network,
    callTimeoutMs: tools.callTimeoutSeconds === undefined ? undefined : tools.callTimeoutSeconds * SECOND_MS,
    check: [file.values.check ?? []].flat(),
    person: tools.person ?? [],
    reproduction: tools.reproduction ?? 'keep',
    testTimeoutMs: (tools.testTimeoutSeconds ?? DEFAULT_TEST_SECONDS) * SECOND_MS,
  };
}

/** `make test` allows `make test` and what follows; a rule allows what it says. */
function toRule(command: string | CommandFile): AllowedCommand {
  if (typeof command === 'string') {
    const [program = '', ...first] = command.split(' ');
    return { program, starts: [first], scriptArguments: true };
  }
  const { program, starts, letters, options, scriptArguments, readOnly } = command;
  return {
    program,
    ...(starts === undefined ? {} : { starts }),
    ...(letters === undefined ? {} : { letters }),
    ...(options === undefined ? {} : { options }),
    ...(scriptArguments === undefined ? {} : { scriptArguments }),
    ...(readOnly === undefined ? {} : { readOnly }),
  };
}
