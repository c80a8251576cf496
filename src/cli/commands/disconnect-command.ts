import { parseArgs } from 'node:util';
import { HARNESS_NAMES } from '../../gateway/connect/harness.ts';
import type { CliCommand } from '../input/command.ts';
import { harnessPlace } from '../input/harness-file.ts';
import { disconnect } from './connect-command.ts';

export const command: CliCommand = {
  name: 'disconnect',
  usage: `${HARNESS_NAMES.join('|')} [--dry-run] [--json]`,
  run: async (args, io) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    });
    return disconnect(io, harnessPlace(positionals[0], io), { isDryRun: values['dry-run'], json: values.json });
  },
};
