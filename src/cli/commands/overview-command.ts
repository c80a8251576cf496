import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { lookAround } from '../input/machine.ts';
import { findFolderStore, folderStoreLine } from '../stores/merge-store.ts';
import { jsonText } from '../text/json-text.ts';
import { nextSteps, overviewText } from '../text/overview-text.ts';
import { wrapped } from '../width/wrapped.ts';

const DAYS = 30;
/** The rest of ten seconds is for npm, which may have to fetch the package first. */
const MOST_MS = 4000;

/** No configuration is opened, and no store but one that lies in this folder and is ours: it is the first thing that anybody runs, anywhere. */
export const command: CliCommand = {
  name: 'overview',
  usage: '[--json]',
  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
    const machine = await lookAround({
      home: io.env['HOME'] ?? homedir(),
      env: io.env,
      catalog: loadCatalog([]),
      sinceAt: Date.now() - DAYS * DAY_MS,
      signal: AbortSignal.any([io.signal, AbortSignal.timeout(MOST_MS)]),
    });
    if (values.json) {
      const { logs, ...rest } = machine;
      const found = logs.map(({ client, folder, paths, byteCount }) => ({
        client,
        folder,
        fileCount: paths.length,
        byteCount,
      }));
      io.stdout(jsonText('overview', { days: DAYS, logs: found, ...rest, next: nextSteps(machine) }));
    } else {
      io.stdout(overviewText(machine, DAYS));
      const store = await findFolderStore(io.cwd, io);
      if (store !== undefined) io.stdout(`\n${wrapped(folderStoreLine(store))}\n`);
    }
    return EXIT.ok;
  },
};
