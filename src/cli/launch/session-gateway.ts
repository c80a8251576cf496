import { openGateway } from '../../app/open-gateway.ts';
import { warningsTo } from '../../app/open-log.ts';
import type { Secret } from '../../config/secret.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { createAccessKey } from '../../gateway/core/access-keys.ts';
import type { CallRecord } from '../../recorder/record.ts';
import type { CommandIo } from '../input/command.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir, readSecrets } from '../input/gateway-files.ts';
import { loadSettings } from '../input/load-settings.ts';
import { logCrashes } from '../input/log-crashes.ts';
import { logOf } from '../input/log-of.ts';
import { callablePool } from '../input/model-pool.ts';
import type { LaunchOptions } from './launch-options.ts';

/** What went through a gateway since it was opened. */
export interface SessionTotals {
  readonly callCount: number;
  /** As the vendors reported. */
  readonly billedNanoUsd: NanoUsd;
  /** Calls whose bill nobody told. */
  readonly unknownCount: number;
}

/** A gateway for one process on this machine: a port and a token that nobody else has. */
export interface SessionGateway {
  readonly url: string;
  readonly token: string;
  /** Where its calls are recorded; `undefined`: in no folder. */
  readonly storeDir: string | undefined;
  /** `undefined`: they are in no PostgreSQL. */
  readonly storeAddress: Secret | undefined;
  /** Lines of the log, oldest first. */
  readonly warnings: () => readonly string[];
  readonly totals: () => SessionTotals;
  readonly close: () => Promise<void>;
}

/** The screen is another's while it runs: what is logged is kept for later. */
const MAX_LINES = 50;

/**
 * Opens it over the store, keys and policies that `pointsman serve` has in this folder.
 * @throws PointsmanError as `openGateway`; `no-eligible-model` where no model can be called
 */
export async function openSessionGateway(io: CommandIo, options: LaunchOptions): Promise<SessionGateway> {
  const gate = await openFolderGate(io);
  const dir = gatewayDir(io, gate);
  const env = { ...readSecrets(dir, io.env), ...io.env };
  const settings = await loadSettings({ ...io, env }, undefined);
  const lines: string[] = [];
  const log = logOf({
    ...io,
    env,
    logLevel: io.logLevel ?? 'warn',
    stderr: (line) => void (lines.length < MAX_LINES && lines.push(line)),
  });
  const pool = callablePool(options.pool, settings);
  if (pool.length === 0) throw noModel();
  const { key, token } = createAccessKey({ ...OWN_KEY, createdAt: Date.now() });
  const seen = createTotals();
  const gateway = await openGateway({
    config: settings.config,
    cwd: io.cwd,
    env,
    gate,
    settings: { host: '127.0.0.1', port: 0 },
    accessKeys: [key],
    moneyDir: dir,
    pool,
    pings: options.pings,
    log,
    onWarning: warningsTo(log),
    onCall: seen.add,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.dial === undefined ? {} : { dial: options.dial }),
  });
  const stopWatching = logCrashes(log, 'go on');
  const { url } = await gateway.listen();
  const { store } = settings.config;
  return {
    url,
    token,
    storeDir: store.kind === 'sqlite' ? store.dir : undefined,
    storeAddress: store.kind === 'postgres' ? store.url : undefined,
    warnings: () => lines,
    totals: seen.totals,
    close: async () => {
      await gateway.close();
      stopWatching();
    },
  };
}

const OWN_KEY = {
  name: 'one harness',
  budgetNanoUsd: undefined,
  policyId: undefined,
  allowModels: undefined,
  requestsPerMinute: undefined,
} as const;

function createTotals(): { readonly add: (call: CallRecord) => void; readonly totals: () => SessionTotals } {
  let totals: SessionTotals = { callCount: 0, billedNanoUsd: toNanoUsd(0), unknownCount: 0 };
  return {
    totals: () => totals,
    add: ({ billNanoUsd }) => {
      totals = {
        callCount: totals.callCount + 1,
        billedNanoUsd: sumNanoUsd([totals.billedNanoUsd, billNanoUsd ?? toNanoUsd(0)]),
        unknownCount: totals.unknownCount + (billNanoUsd === undefined ? 1 : 0),
      };
    },
  };
}

function noModel(): PointsmanError {
  return new PointsmanError('no-eligible-model', 'No model can be called: no provider key is set.', {
    hint: 'Set one, such as ANTHROPIC_API_KEY. With a subscription alone: pointsman spend, replay, mcp.',
  });
}
