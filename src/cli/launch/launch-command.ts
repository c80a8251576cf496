import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import type { LaunchedName } from '../../gateway/connect/harness.ts';
import { LAUNCHED } from '../../gateway/connect/harnesses.ts';
import { counted } from '../../replay/report/amounts.ts';
import type { CliCommand } from '../input/command.ts';
import { fileOnPath } from '../input/machine.ts';
import { takeLaunchOptions } from './launch-options.ts';
import { runHarness } from './run-harness.ts';
import { openSessionGateway, type SessionTotals } from './session-gateway.ts';
import { statusLineFor } from './status-line.ts';

/** `pointsman claude` and its like: a harness through a gateway of its own, for as long as it runs. Nothing of its settings is written. */
export function launchCommand(harnessName: LaunchedName): CliCommand {
  const harness = LAUNCHED[harnessName];
  return {
    name: harness.program,
    usage: `[--policy ID] [--dial 0..10] [--pool NAME] [--no-pings] [--] [arguments of ${harness.program}]…`,
    async run(args, io) {
      const { options, rest } = takeLaunchOptions(args);
      const file = fileOnPath(harness.program, io.env['PATH'] ?? '');
      if (file === undefined) throw notInstalled(harness.program, harness.install);
      const gateway = await openSessionGateway(io, options);
      try {
        const { url, token, storeDir, storeAddress } = gateway;
        const statusLine = storeDir === undefined ? undefined : statusLineFor(harness, io, storeDir);
        return await runHarness(io, harness, { file, url, token, statusLine, storeAddress, args: rest });
      } finally {
        await gateway.close();
        io.stderr(closingText(gateway.totals(), gateway.warnings()));
      }
    },
  };
}

function notInstalled(program: string, install: string): PointsmanError {
  return new PointsmanError('not-found', `The program "${program}" is not on the search path.`, {
    hint: `Install it: ${install}`,
  });
}

/** What the session cost; what went wrong meanwhile is said now, as the screen belonged to the harness. */
function closingText({ callCount, billedNanoUsd, unknownCount }: SessionTotals, warnings: readonly string[]): string {
  const unknown = unknownCount === 0 ? '' : `, the bill of ${counted(unknownCount, 'call')} not known`;
  const money = `${counted(callCount, 'call')}, ${formatUsd(billedNanoUsd)} billed (measured)${unknown}`;
  return `${warnings.join('')}pointsman: ${money}. By model and day: pointsman spend\n`;
}
