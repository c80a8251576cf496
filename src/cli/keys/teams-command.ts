import { parseArgs } from 'node:util';
import { withLedger } from '../../app/open-ledger.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import { budgetRows } from '../../gateway/server/budget-row.ts';
import { levelsOf } from '../../money/team.ts';
import type { BudgetRow } from '../../page/page-source.ts';
import { errorLine } from '../error-line.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir } from '../input/gateway-files.ts';
import { openAccessKeyStore } from '../launch/access-key-store.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../width/text-table.ts';

const NONE =
  'No teams: pointsman keys add NAME --team ORGANISATION/TEAM/PROJECT charges a key to one, and "teams" in the configuration gives it a budget.\n';

export const command: CliCommand = {
  name: 'teams',
  usage: '[--json] [--config FILE]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    const gate = await openFolderGate(io);
    const { store, teams } = loadConfig({ cwd: io.cwd, env: io.env, file: values.config, gate });
    const dir = gatewayDir(io, gate);
    const keyStore = await openAccessKeyStore({ store, dir, gate, env: io.env });
    try {
      const accessKeys = await keyStore.read();
      const onFault = (error: PointsmanError): void => io.stderr(`pointsman: ${errorLine(error)}\n`);
      const rows = await withLedger({ store, dir }, onFault, (ledger) =>
        budgetRows({ accessKeys, teams }, ledger, Date.now()),
      );
      const found = rows.flatMap(({ team, periods, spentNanoUsd, unknownNanoUsd }): readonly TeamRow[] => {
        if (team === undefined) return [];
        const keys = accessKeys.filter((key) => key.team !== undefined && levelsOf(key.team).includes(team));
        return [{ team, keys: keys.map(({ name }) => name), periods, spentNanoUsd, unknownNanoUsd }];
      });
      if (values.json) io.stdout(jsonText('teams', { teams: found }));
      else io.stdout(found.length === 0 ? NONE : tableOf(found));
      return EXIT.ok;
    } finally {
      await keyStore.close();
    }
  },
};

interface TeamRow extends Pick<BudgetRow, 'periods' | 'spentNanoUsd' | 'unknownNanoUsd'> {
  readonly team: string;
  /** Names of the keys that are charged to it, and to what is below it. */
  readonly keys: readonly string[];
}

function tableOf(rows: readonly TeamRow[]): string {
  const columns = ['TEAM', 'SPENT', 'LEFT', 'KEYS'].map((title) => ({ title }));
  const cells = rows.map(({ team, spentNanoUsd, periods, keys }) => [
    team,
    formatUsd(spentNanoUsd),
    periods.map(leftOf).join(', ') || 'no budget',
    keys.join(', ') || '-',
  ]);
  return `${textTable(columns, cells)}\n`;
}

function leftOf({ period, leftNanoUsd, limitNanoUsd }: BudgetRow['periods'][number]): string {
  const of = `${formatUsd(leftNanoUsd)} of ${formatUsd(limitNanoUsd)}`;
  return period === 'total' ? of : `${of} this ${period}`;
}
