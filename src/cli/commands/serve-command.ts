import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { GatewayOptions, OpenedGateway } from '../../app/open-gateway.ts';
import { warningsTo } from '../../app/open-log.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { GATEWAY_DEFAULTS, type GatewaySettings } from '../../gateway/settings/gateway-settings.ts';
import { createSiblings } from '../../gateway/workers/siblings.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir, readSecrets } from '../input/gateway-files.ts';
import { limitHeap } from '../input/limit-heap.ts';
import { loadSettings } from '../input/load-settings.ts';
import { logCrashes } from '../input/log-crashes.ts';
import { logOf } from '../input/log-of.ts';
import { callablePool } from '../input/model-pool.ts';
import { openAccessKeyStore, renewHash, type AccessKeyStore } from '../launch/access-key-store.ts';
import { keepPageLink, switchOnSignal } from '../launch/operator-page.ts';
import { serveWorkers } from '../launch/serve-workers.ts';
import { workerPlace, type WorkerPlace } from '../launch/worker-channel.ts';
import { warnOfFolderStore } from '../stores/merge-store.ts';

export const command: CliCommand = {
  name: 'serve',
  usage:
    '[--host H] [--port N] [--workers N|auto] [--policy ID] [--dial 0..10] [--pool NAME] [--allow-host H]… [--allow-origin O]… [--response-cache off|marked|read-only] [--allow-weaker-fallback] [--max-held-mb N] [--drain-minutes N] [--take-over] [--no-pings] [--config FILE]',
  async run(args, io) {
    const place = workerPlace(io.env);
    if (place === undefined) return serve(args, io, undefined);
    try {
      return await serve(args, io, place);
    } catch (thrown) {
      const { code, message, hint } = toPointsmanError(thrown, 'internal');
      place.send({ kind: 'failed', code, message, hint });
      return EXIT.failed;
    } finally {
      place.leave();
    }
  },
};

type Flags = ReturnType<typeof parseFlags>;

function parseFlags(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '4141' },
      workers: { type: 'string', default: '1' },
      policy: { type: 'string' },
      dial: { type: 'string' },
      pool: { type: 'string' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      'allow-origin': { type: 'string', multiple: true, default: [] },
      'response-cache': { type: 'string', default: 'marked' },
      'allow-weaker-fallback': { type: 'boolean', default: false },
      'max-held-mb': { type: 'string' },
      'drain-minutes': { type: 'string', default: '10' },
      'take-over': { type: 'boolean', default: false },
      'no-pings': { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  return values;
}

/** @param place what this process is one worker of; absent: it serves alone, or starts the workers */
async function serve(args: readonly string[], io: CommandIo, place: WorkerPlace | undefined): Promise<ExitCode> {
  limitHeap();
  const values = parseFlags(args);
  const workerCount = workersOf(values.workers);
  const gate = await openFolderGate(io);
  const dir = gatewayDir(io, gate);
  // The environment outranks the file, so that a key can be replaced for one run.
  const env = { ...readSecrets(dir, io.env), ...io.env };
  const settings = await loadSettings({ ...io, env }, values.config);
  await warnOfFolderStore(settings.config.store, io.cwd, io);
  const log = logOf({ ...io, env }, settings.config);
  const stopWatching = logCrashes(log, 'go on');
  const pool = callablePool(values.pool, settings);
  const keyStore = await openAccessKeyStore({ store: settings.config.store, dir, gate, env: io.env });
  const accessKeys = await keyStore.read();
  const gatewaySettings = settingsOf(values, place === undefined ? 1 : workerCount);
  const operatorToken = place?.operatorToken ?? randomBytes(32).toString('base64url');
  if (workerCount > 1 && place === undefined) {
    const own = { ...GATEWAY_DEFAULTS, ...gatewaySettings };
    const greets = (url: string): string => greeting(url, pool.length, accessKeys.length);
    const code = await startWorkers(args, io, { count: workerCount, settings: own, log, greets, operatorToken, dir });
    await keyStore.close();
    stopWatching();
    return code;
  }
  const options: GatewayOptions = {
    operatorToken,
    config: settings.config,
    cwd: io.cwd,
    env,
    gate,
    settings: gatewaySettings,
    accessKeys,
    onRehashed: (hash) => renewHash(keyStore, hash),
    moneyDir: dir,
    pool,
    pings: !values['no-pings'],
    log,
    onWarning: warningsTo(log),
    siblings: place && { of: createSiblings(place), keepsRecords: place.index === 0 },
    ...(values.policy === undefined ? {} : { policy: values.policy }),
    ...(values.dial === undefined ? {} : { dial: Number(values.dial) }),
  };
  const { openGateway } = await import('../../app/open-gateway.ts');
  const gateway = await openGateway(options);
  const note = gateway.keepAlive === undefined ? '' : pingNote(gateway.keepAlive);
  const reloads: Reloads = {
    keyStore,
    keys: async () => gateway.reload({ accessKeys: await keyStore.read() }),
    everything: async () => {
      const next = await loadSettings({ ...io, env, ask: undefined }, values.config);
      const pool = callablePool(values.pool, next);
      gateway.reload({ config: next.config, pool, accessKeys: await keyStore.read() });
    },
  };
  let forgetLink = (): void => undefined;
  if (place === undefined) {
    const { url } = await gateway.listen();
    forgetLink = keepPageLink(log, dir, { url, token: operatorToken });
    // At once: a reader that leaves with the address would end what writes on.
    io.stdout(greeting(url, pool.length, accessKeys.length) + note);
  } else workAt(place, gateway, note);
  const stopReloading = reloadOnSignal(log, reloads);
  const stopSwitching = switchOnSignal(gateway.passThrough);
  await interrupted(io.signal, ...(place === undefined ? [] : [place.gone]));
  forgetLink();
  stopReloading();
  stopSwitching();
  await closeOrHurry(gateway);
  await keyStore.close();
  stopWatching();
  return EXIT.ok;
}

/** Takes the connections that are handed over, from now on. */
function workAt(place: WorkerPlace, gateway: OpenedGateway, note: string): void {
  place.receive((letter, socket) => {
    if (letter.kind === 'connection') {
      place.send({ kind: 'took', id: letter.id });
      if (socket !== undefined) gateway.adopt(socket, Buffer.from(letter.head, 'base64'));
    } else if (letter.kind === 'reload') process.emit('SIGHUP');
  });
  place.send({ kind: 'ready', note });
}

interface WorkersAsked {
  readonly count: number;
  readonly settings: GatewaySettings;
  readonly log: Log;
  readonly greets: (url: string) => string;
  readonly operatorToken: string;
  /** Where the link to the page is kept. */
  readonly dir: string;
}

/** Accepts for several workers, each this same command, until it is interrupted. */
async function startWorkers(
  args: readonly string[],
  io: CommandIo,
  { greets, dir, ...crew }: WorkersAsked,
): Promise<ExitCode> {
  const passedOn = [
    'serve',
    ...args,
    ...(io.trustFolders === true ? ['--trust'] : []),
    ...(io.logLevel === undefined ? [] : ['--log-level', io.logLevel]),
  ];
  const program = path.join(import.meta.dirname, '..', `main${path.extname(import.meta.filename)}`);
  const workers = await serveWorkers({ ...crew, program, args: passedOn, env: io.env });
  io.stdout(greets(workers.url) + workers.note);
  const forgetLink = keepPageLink(crew.log, dir, { url: workers.url, token: crew.operatorToken });
  const reload = (): void => workers.reload();
  const switchOver = (): void => workers.switchOver();
  process.on('SIGHUP', reload);
  process.on('SIGUSR2', switchOver);
  await interrupted(io.signal);
  forgetLink();
  process.off('SIGHUP', reload);
  process.off('SIGUSR2', switchOver);
  await closeOrHurry(workers);
  return EXIT.ok;
}

/** `auto`: one for each core that this process may use. */
function workersOf(text: string): number {
  if (text === 'auto') return availableParallelism();
  const count = wholeNumber('workers', text, MAX_WORKERS);
  if (count > 0) return count;
  throw new PointsmanError('request-invalid', '--workers takes a number from 1, or auto.');
}

const MAX_WORKERS = 256;

/** What is held is bounded for the whole server: each of several workers has its part. */
function settingsOf(values: Flags, workerCount: number): Partial<GatewaySettings> {
  const heldMb = values['max-held-mb'];
  const heldBytes =
    heldMb === undefined ? GATEWAY_DEFAULTS.maxHeldBodyBytes : wholeNumber('max-held-mb', heldMb, 1e6) * 2 ** 20;
  return {
    host: values.host,
    port: wholeNumber('port', values.port, 65_535),
    takeOver: values['take-over'],
    drainMs: wholeNumber('drain-minutes', values['drain-minutes'], 24 * 60) * MINUTE_MS,
    allowedHosts: values['allow-host'],
    allowedOrigins: values['allow-origin'],
    allowWeakerFallback: values['allow-weaker-fallback'],
    cache: { mode: cacheMode(values['response-cache']), ttlMs: 600_000, maxBytes: (32 * 1024 * 1024) / workerCount },
    maxHeldBodyBytes: heldBytes / workerCount,
    maxKnownBodyBytes: GATEWAY_DEFAULTS.maxKnownBodyBytes / workerCount,
    maxConnections: Math.ceil(GATEWAY_DEFAULTS.maxConnections / workerCount),
  };
}

function greeting(url: string, modelCount: number, keyCount: number): string {
  const access = keyCount === 0 ? 'open to this machine only' : `${keyCount} access keys`;
  const pool =
    modelCount === 0
      ? 'No model can be called yet: set a provider key, such as ANTHROPIC_API_KEY, and start again.'
      : `${modelCount} models in the pool; the name "auto" is routed, real names are obeyed.`;
  return `pointsman gateway on ${url} (${access})\n${pool}\nPoint a harness at it: pointsman connect HARNESS --url ${url}\nWatch it: pointsman tail --url ${url}\nLook at it: pointsman ui\n`;
}

/** Money that is spent unasked is said before the first of it is. */
function pingNote({ policyId, overheadRatio }: NonNullable<OpenedGateway['keepAlive']>): string {
  const share = Math.round(overheadRatio * 100);
  return `Prompts that wait for you are kept in Anthropic's cache by pings, or written for an hour, while a return is likely, for at most ${share} % of a session's bill (policy "${policyId}"; --no-pings does neither).\n`;
}

interface Reloads {
  readonly keyStore: AccessKeyStore;
  readonly keys: () => Promise<void>;
  readonly everything: () => Promise<void>;
}

/** Access keys are read again when they were changed; configuration, policies and keys on SIGHUP. What is wrong changes nothing. */
function reloadOnSignal(log: Log, { keyStore, keys, everything }: Reloads): () => void {
  const attempt = async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
      log.info(`Read again: ${what}`);
    } catch (thrown) {
      log.error(`Not read again: ${what}; all stays as it was`, { error: toPointsmanError(thrown) });
    }
  };
  const unwatch = keyStore.watch(() => void attempt('access keys', keys));
  const onHangUp = (): void => void attempt('configuration, policies and access keys', everything);
  process.on('SIGHUP', onHangUp);
  return () => {
    unwatch();
    process.off('SIGHUP', onHangUp);
  };
}

/** The first signal drains; another one ends what is still under way. */
async function closeOrHurry(gateway: { readonly close: () => Promise<void> }): Promise<void> {
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

/** Until the first of the signals. */
async function interrupted(...signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some((signal) => signal.aborted)) return;
  await new Promise<void>((resolve) => {
    for (const signal of signals) signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
