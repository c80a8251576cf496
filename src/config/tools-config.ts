import path from 'node:path';
import { SECOND_MS } from '../domain/time.ts';
import type { CommandFile, ParsedConfigFile } from './config-file.ts';
import type { AllowedCommand, ToolsConfig } from './config.ts';
import { untrusted } from './references.ts';

/**
 * What tools there are and what they may do.
 * @throws PointsmanError `config-invalid` where a folder's own file would let something run without asking
 */
export function resolveTools(file: ParsedConfigFile, base: string, trusted: boolean): ToolsConfig {
  const tools = file.values.tools ?? {};
  if (!trusted) checkUntrusted(file);
  return {
    mcpFile: tools.mcpFile === undefined ? undefined : path.resolve(base, tools.mcpFile),
    defaults: tools.defaults,
    allowCommands: (tools.allowCommands ?? []).map(toRule),
    risks: tools.risks ?? {},
    callTimeoutMs: tools.callTimeoutSeconds === undefined ? undefined : tools.callTimeoutSeconds * SECOND_MS,
  };
}

function checkUntrusted({ values, document }: ParsedConfigFile): void {
  const { risks, allowCommands } = values.tools ?? {};
  if (risks !== undefined) throw untrusted(document, ['tools', 'risks'], 'it says which tools run without asking');
  const index = (allowCommands ?? []).findIndex((command) => typeof command === 'object' && command.readOnly === true);
  if (index >= 0) {
    throw untrusted(document, ['tools', 'allowCommands', index], 'it says which commands run without asking');
  }
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
