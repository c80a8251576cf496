import { parseArgs } from 'node:util';
import { openGateway, type OpenedGateway } from '../../app/open-gateway.ts';
import { warningsTo } from '../../app/open-log.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { GatewaySettings } from '../../gateway/settings/gateway-settings.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { accessKeysFile, gatewayDir, readAccessKeys, readSecrets, renewHash } from '../input/gateway-files.ts';
import { withKeysLocked } from '../input/keys-lock.ts';
import { limitHeap } from '../input/limit-heap.ts';
import { loadSettings } from '../input/load-settings.ts';
import { logCrashes } from '../input/log-crashes.ts';
import { logOf } from '../input/log-of.ts';
import { callablePool } from '../input/model-pool.ts';
import { watchFile } from '../input/watch-file.ts';

export const command: CliCommand = {
  name: 'serve',
  usage:
    '[--host H] [--port N] [--policy ID] [--dial 0..10] [--pool NAME] [--allow-host H]… [--allow-origin O]… [--response-cache off|marked|read-only] [--allow-weaker-fallback] [--drain-minutes N] [--take-over] [--no-pings] [--config FILE]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4141' },
        policy: { type: 'string' },
        dial: { type: 'string' },
        pool: { type: 'string' },
        'allow-host': { type: 'string', multiple: true, default: [] },
        'allow-origin': { type: 'string', multiple: true, default: [] },
        'response-cache': { type: 'string', default: 'marked' },
        'allow-weaker-fallback': { type: 'boolean', default: false },
        'drain-minutes': { type: 'string', default: '10' },
        'take-over': { type: 'boolean', default: false },
        'no-pings': { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    limitHeap();
    const gate = await openFolderGate(io);
    const dir = gatewayDir(io, gate);
    // The environment outranks the file, so that a key can be replaced for one run.
    const env = { ...readSecrets(dir, io.env), ...io.env };
    const settings = await loadSettings({ ...io, env }, values.config);
    const log = logOf({ ...io, env }, settings.config);
    const stopWatching = logCrashes(log, 'go on');
    const pool = callablePool(values.pool, settings);
    const accessKeys = readAccessKeys(dir);
    const gatewaySettings: Partial<GatewaySettings> = {
      host: values.host,
      port: wholeNumber('port', values.port, 65_535),
      takeOver: values['take-over'],
      drainMs: wholeNumber('drain-minutes', values['drain-minutes'], 24 * 60) * MINUTE_MS,
      allowedHosts: values['allow-host'],
      allowedOrigins: values['allow-origin'],
      allowWeakerFallback: values['allow-weaker-fallback'],
      cache: { mode: cacheMode(values['response-cache']), ttlMs: 600_000, maxBytes: 32 * 1024 * 1024 },
    };
    const gateway = await openGateway({
      config: settings.config,
      cwd: io.cwd,
      env,
      gate,
      settings: gatewaySettings,
      accessKeys,
      onRehashed: (hash) => withKeysLocked(io.env, () => renewHash(dir, hash, gate)),
      moneyDir: dir,
      pool,
      pings: !values['no-pings'],
      log,
      onWarning: warningsTo(log),
      ...(values.policy === undefined ? {} : { policy: values.policy }),
      ...(values.dial === undefined ? {} : { dial: Number(values.dial) }),
    });
    const { url } = await gateway.listen();
    const note = gateway.keepAlive === undefined ? '' : pingNote(gateway.keepAlive);
    // At once: a reader that leaves with the address would end what writes on.
    io.stdout(greeting(url, pool.length, accessKeys.length) + note);
    const stopReloading = reloadOnSignal(log, {
      keysFile: accessKeysFile(dir),
      keys: () => gateway.reload({ accessKeys: readAccessKeys(dir) }),
      everything: async () => {
        const next = await loadSettings({ ...io, env, ask: undefined }, values.config);
        gateway.reload({
          config: next.config,
          pool: callablePool(values.pool, next),
          accessKeys: readAccessKeys(dir),
        });
      },
    });
    await interrupted(io);
    stopReloading();
    await closeOrHurry(gateway);
    stopWatching();
    return EXIT.ok;
  },
};

function greeting(url: string, modelCount: number, keyCount: number): string {
  const access = keyCount === 0 ? 'open to this machine only' : `${keyCount} access keys`;
  const pool =
    modelCount === 0
      ? 'No model can be called yet: set a provider key, such as ANTHROPIC_API_KEY, and start again.'
      : `${modelCount} models in the pool; the name "auto" is routed, real names are obeyed.`;
  return `pointsman gateway on ${url} (${access})\n${pool}\nPoint a harness at it: pointsman connect claude-code|codex|gemini|opencode|qwen --url ${url}\nWatch it: pointsman tail --url ${url}\n`;
}

/** Money that is spent unasked is said before the first of it is. */
function pingNote({ policyId, overheadRatio }: NonNullable<OpenedGateway['keepAlive']>): string {
  const share = Math.round(overheadRatio * 100);
  return `Prompts that wait for you are kept in Anthropic's cache by pings, or written for an hour, while a return is likely, for at most ${share} % of a session's bill (policy "${policyId}"; --no-pings does neither).\n`;
}

interface Reloads {
  readonly keysFile: string;
  readonly keys: () => void;
  readonly everything: () => Promise<void>;
}

/** Access keys are read again when their file changes; configuration, policies and keys on SIGHUP. What is wrong changes nothing. */
function reloadOnSignal(log: Log, { keysFile, keys, everything }: Reloads): () => void {
  const attempt = async (what: string, act: () => void | Promise<void>): Promise<void> => {
    try {
      await act();
      log.info(`Read again: ${what}`);
    } catch (thrown) {
      log.error(`Not read again: ${what}; all stays as it was`, { error: toPointsmanError(thrown) });
    }
  };
  const unwatch = watchFile(keysFile, () => void attempt('access keys', keys));
  const onHangUp = (): void => void attempt('configuration, policies and access keys', everything);
  process.on('SIGHUP', onHangUp);
  return () => {
    unwatch();
    process.off('SIGHUP', onHangUp);
  };
}

/** The first signal drains; another one ends what is still under way. */
async function closeOrHurry(gateway: Pick<OpenedGateway, 'close'>): Promise<void> {
  const hurry = (): void => void gateway.close();
  const stay = (): void => undefined;
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, hurry);
  process.on('SIGHUP', stay);
  try {
    await gateway.close();
  } finally {
    for (const signal of signals) process.off(signal, hurry);
    process.off('SIGHUP', stay);
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new PointsmanError('request-invalid', `--${name} takes a whole number up to ${max}; "${text}" is none.`);
}

function cacheMode(text: string): GatewaySettings['cache']['mode'] {
  if (text === 'off' || text === 'marked' || text === 'read-only') return text;
  throw new PointsmanError('request-invalid', `--response-cache takes off, marked or read-only, not "${text}".`);
}

async function interrupted(io: CommandIo): Promise<void> {
  if (io.signal.aborted) return;
  await new Promise<void>((resolve) => {
    io.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
