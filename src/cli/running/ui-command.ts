import { parseArgs } from 'node:util';
import { withLedger, type LedgerPlace } from '../../app/open-ledger.ts';
import { openViewsOf } from '../../app/open-views.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { budgetRows } from '../../gateway/server/budget-row.ts';
import { createAlarmSource } from '../../learn/alarms/alarm-source.ts';
import { alarmRows } from '../../learn/alarms/alarm.ts';
import { loginLink, servePage } from '../../page/page-server.ts';
import type { BudgetRow, PageSource } from '../../page/page-source.ts';
import { choosePolicy } from '../../policy/load-policies.ts';
import { withDial } from '../../policy/with-dial.ts';
import { decide } from '../../router/decide.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { readCertificates } from '../dial/saved-certificates.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir, readPageLink, type PageLink } from '../input/gateway-files.ts';
import { loadSettings, type Settings } from '../input/load-settings.ts';
import { openAccessKeyStore } from '../launch/access-key-store.ts';
import { runningGateway } from '../launch/running-gateway.ts';
import { readLockRows } from '../learn/saved-lock.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'ui',
  usage: '[VIEW|SESSION|JOB|DECISION] [--port N] [--from-store] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '0' },
        'from-store': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    if (positionals.length > 1) throw new PointsmanError('request-invalid', 'One view, session or decision at a time.');
    const to = targetOf(positionals[0] ?? '');
    const gate = await openFolderGate(io);
    const dir = gatewayDir(io, gate);
    const running = values['from-store'] ? undefined : await runningGateway(readPageLink(dir));
    const show = (link: PageLink, from: string): void => {
      const address = loginLink(link.url, link.token, to);
      io.stdout(values.json ? jsonText('ui', { url: address, from }) : textOf(address, from));
    };
    if (running !== undefined) {
      show(running, 'gateway');
      return EXIT.ok;
    }
    const settings = await loadSettings(io, values.config);
    const { source, close } = await storeSource(settings, { dir, gate, io });
    // Whoever asks for the page opens it next: the store is opened while they do.
    source.views.newestSteps(1).catch(() => undefined);
    const server = await servePage(source, portIn(values.port));
    show(server, 'store');
    await ended(io);
    await server.close();
    await close();
    return EXIT.ok;
  },
};

function textOf(address: string, from: string): string {
  const about = from === 'gateway' ? 'The page of the running gateway' : 'The store, until Ctrl-C';
  return `${about}. The link logs in by itself, so keep it:\n${address}\n`;
}

const VIEWS = ['calls', 'sessions', 'policies', 'health'];

/** Decisions are named by the gateway, or by their job and a dot. */
function targetOf(name: string): string {
  if (name === '' || VIEWS.includes(name)) return name;
  const view = name.startsWith('dec_') || name.includes('.') ? 'decision' : 'session';
  return `${view}/${encodeURIComponent(name)}`;
}

interface StorePlace {
  readonly dir: string;
  readonly gate: FolderGate;
  readonly io: CommandIo;
}

/** @throws PointsmanError `record-unreadable` where a PostgreSQL store does not answer */
async function storeSource(
  settings: Settings,
  { dir, gate, io }: StorePlace,
): Promise<{ readonly source: PageSource; readonly close: () => Promise<void> }> {
  const { config, catalog, policies } = settings;
  const { store } = config;
  const keyStore = await openAccessKeyStore({ store, dir, gate, env: io.env });
  const { views, close } = await openViewsOf(store);
  const { policy } = choosePolicy(policies, config.policyId, { catalog, cwd: io.cwd, seen: config.seenFiles });
  const active = config.dial === undefined ? policy : withDial(policy, config.dial);
  const all = new Map([...policies].map(([id, loaded]) => [id, loaded.policy]));
  const alarms = createAlarmSource({ views });
  const source: PageSource = {
    views,
    now: Date.now,
    models: () => catalog.models,
    policies: () => ({ active, all }),
    proved: async () => readCertificates(settings, io),
    learned: async () => readLockRows(settings),
    decide,
    alarms: async () => alarmRows(await alarms.current()),
    budgets: async () => budgetsOf({ accessKeys: await keyStore.read(), teams: config.teams }, { store, dir }),
  };
  return {
    source,
    close: async () => {
      await close();
      await keyStore.close();
    },
  };
}

async function budgetsOf(of: Parameters<typeof budgetRows>[0], place: LedgerPlace): Promise<readonly BudgetRow[]> {
  if (of.accessKeys.length === 0 && of.teams === undefined) return [];
  return withLedger(
    place,
    () => undefined,
    (ledger) => budgetRows(of, ledger, Date.now()),
  );
}

function portIn(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new PointsmanError('request-invalid', `--port takes a whole number up to 65535; "${text}" is none.`);
}

async function ended({ signal }: CommandIo): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
