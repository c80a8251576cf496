import { parseArgs } from 'node:util';
import { withLedger, type LedgerPlace } from '../../app/open-ledger.ts';
import type { AuditWish } from '../../audit/audit-entry.ts';
import type { StoreConfig } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { nanoFromUsd, type NanoUsd } from '../../domain/money.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../../domain/secret/subscription-token.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { createAccessKey, rotateAccessKey, type AccessKey, type NewAccessKey } from '../../gateway/core/access-keys.ts';
import { accountOf } from '../../money/ledger.ts';
import { parseTeam } from '../../money/team.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { errorLine } from '../error-line.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir, readSecrets, writeSecrets } from '../input/gateway-files.ts';
import { connectedHarnesses } from '../input/harness-file.ts';
import { withKeysLocked } from '../input/keys-lock.ts';
import { openAccessKeyStore, type AccessKeyStore } from '../launch/access-key-store.ts';
import { noteAct } from '../stores/note-act.ts';
import { jsonText } from '../text/json-text.ts';
import { KEY_COLUMNS, keyMoneyLine, keyRow, keyView, limitsIn } from '../text/key-rows.ts';
import { textTable } from '../width/text-table.ts';

const OPTIONS = {
  'budget-usd': { type: 'string' },
  'day-usd': { type: 'string' },
  'week-usd': { type: 'string' },
  'month-usd': { type: 'string' },
  'expires-days': { type: 'string' },
  'keep-hours': { type: 'string' },
  team: { type: 'string' },
  policy: { type: 'string' },
  allow: { type: 'string', multiple: true },
  'per-minute': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

export const command: CliCommand = {
  name: 'keys',
  usage:
    'add NAME [--budget-usd N] [--day-usd N] [--week-usd N] [--month-usd N] [--expires-days N] [--team ORGANISATION/TEAM/PROJECT] [--policy ID] [--allow MODEL]… [--per-minute N] | list | rotate ID [--keep-hours N] | revoke ID | set VARIABLE | unset VARIABLE | stored [--json]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
    });
    const [action, name] = positionals;
    const say = sayTo(io, values.json);
    const gate = await openFolderGate(io);
    // Where they lie is looked up anew once nobody else writes there.
    const change = async (
      act: (files: KeyFiles) => ExitCode,
      done: 'secret-kept' | 'secret-forgotten',
    ): Promise<ExitCode> => {
      const code = withKeysLocked(io.env, () => act({ dir: gatewayDir(io, gate), gate }));
      await noteAct(io, { store: storeIn(io, gate), gate }, { act: done, subject: name ?? '' });
      return code;
    };
    const withKeys = async (act: ActOnKeys): Promise<ExitCode> => actOnKeys(io, gate, act);
    switch (action ?? '') {
      case 'add':
        return withKeys((keys, { note }) =>
          addKey(io, { say, note }, keys, {
            name: need(name, 'a name for the key'),
            createdAt: Date.now(),
            ...expiryOf(values['expires-days']),
            budgetNanoUsd: usd(values['budget-usd']),
            ...periodsOf(values),
            ...(values.team === undefined ? {} : { team: parseTeam(values.team) }),
            policyId: values.policy,
            allowModels: values.allow,
            requestsPerMinute: values['per-minute'] === undefined ? undefined : Math.ceil(amount(values['per-minute'])),
          }),
        );
      case 'list':
        return withKeys((keys, { place }) => listKeys(io, say, { keys, place }));
      case 'rotate':
        return withKeys((keys, { note }) =>
          rotateKey({ say, note }, keys, need(name, 'the id of the key'), values['keep-hours']),
        );
      case 'revoke':
      case 'remove':
        return withKeys((keys, { note }) => revokeKey({ say, note }, keys, need(name, 'the id of the key')));
      case 'set':
        return change((files) => setSecret(io, say, files, name), 'secret-kept');
      case 'unset':
        return change((files) => unsetSecret(io, say, files, name), 'secret-forgotten');
      case 'stored':
        return sayStored(say, Object.keys(readSecrets(gatewayDir(io, gate), io.env)));
      default:
        throw new PointsmanError('request-invalid', 'What shall be done with keys?', {
          hint: 'See "pointsman keys --help".',
        });
    }
  },
};

function sayStored(say: Say, variables: readonly string[]): ExitCode {
  const none = 'No keys of providers are kept here: pointsman keys set VARIABLE keeps one.\n';
  return say({
    data: { variables },
    text: variables.length === 0 ? none : variables.map((key) => `${key}\n`).join(''),
  });
}

type ActOnKeys = (
  keys: AccessKeyStore,
  beside: { readonly place: LedgerPlace; readonly note: Note },
) => Promise<ExitCode>;

/** Puts what was done to a key on the audit trail. */
type Note = (
  act: 'key-added' | 'key-rotated' | 'key-revoked',
  id: string,
  detail?: AuditWish['detail'],
) => Promise<void>;

function storeIn(io: CommandIo, gate: FolderGate): StoreConfig {
  return loadConfig({ cwd: io.cwd, env: io.env, gate }).store;
}

/** Access keys lie where the store is, and so does what they spent. */
async function actOnKeys(io: CommandIo, gate: FolderGate, act: ActOnKeys): Promise<ExitCode> {
  const store = storeIn(io, gate);
  const dir = gatewayDir(io, gate);
  const keys = await openAccessKeyStore({ store, dir, gate, env: io.env });
  try {
    const note: Note = (done, id, detail = {}) => noteAct(io, { store, gate }, { act: done, subject: id, detail });
    return await act(keys, { place: { store, dir }, note });
  } finally {
    await keys.close();
  }
}

/** One answer: for people, with what is said beside it, or for machines. */
type Say = (answer: { readonly data: object; readonly text: string; readonly note?: string }) => ExitCode;

function sayTo(io: CommandIo, json: boolean): Say {
  return ({ data, text, note }) => {
    io.stdout(json ? jsonText('keys', data) : text);
    if (note !== undefined && !json) io.stderr(note);
    return EXIT.ok;
  };
}

/** Where provider keys lie, encrypted, on this machine. */
interface KeyFiles {
  readonly dir: string;
  readonly gate: FolderGate;
}

/** How what was done is said, and put on the audit trail. */
interface KeyNotices {
  readonly say: Say;
  readonly note: Note;
}

async function addKey(
  io: CommandIo,
  { say, note: noteDone }: KeyNotices,
  store: AccessKeyStore,
  options: NewAccessKey,
): Promise<ExitCode> {
  const { key, token } = createAccessKey(options);
  const isFirst = await store.change((keys) => [[...keys, key], keys.length === 0]);
  const { policyId: policy = 'its own', allowModels = ['all'] } = key;
  await noteDone('key-added', key.id, {
    name: key.name,
    team: key.team ?? '',
    policy,
    models: allowModels.join(' '),
    ...limitsIn(key),
  });
  const once = `Key ${key.id} for "${key.name}". The token above is shown this once; only its hash is kept.\n`;
  const note = `${once}${isFirst ? lockedOut(connectedHarnesses(io)) : ''}`;
  return say({ data: { id: key.id, name: key.name, token }, text: `${token}\n`, note });
}

/** A gateway is open to its machine until the first key; who was connected before has no token that it knows. */
function lockedOut(names: readonly string[]): string {
  const who = names.length === 0 ? 'whoever has none' : `${names.join(', ')}, connected before,`;
  const how = `pointsman connect ${names[0] ?? 'HARNESS'} --token TOKEN`;
  return `! It is the first: from now on the gateway refuses ${who} until it is given a token: ${how}\n`;
}

/** The key as a new token opens it; the old one goes on for a while, so that its users can change. */
async function rotateKey(
  { say, note: noteDone }: KeyNotices,
  store: AccessKeyStore,
  id: string,
  keepHours = '24',
): Promise<ExitCode> {
  const now = Date.now();
  const keepMs = keepHours === '0' ? 0 : amount(keepHours) * HOUR_MS;
  const { key, token } = await store.change((keys) => {
    const old = keys.find((one) => one.id === id);
    if (old === undefined) throw noSuchKey(id);
    const rotated = rotateAccessKey(old, { now, oldUntil: now + keepMs });
    return [keys.map((one) => (one.id === id ? rotated.key : one)), rotated];
  });
  await noteDone('key-rotated', id, { oldWorksForMs: keepMs });
  const former = keepMs === 0 ? 'The old one opens nothing any more' : `The old one works for ${keepHours} hours`;
  const note = `A new token for "${key.name}", shown this once. ${former}.\n`;
  return say({ data: { id: key.id, name: key.name, token, oldWorksForMs: keepMs }, text: `${token}\n`, note });
}

async function revokeKey({ say, note }: KeyNotices, store: AccessKeyStore, id: string): Promise<ExitCode> {
  await store.change((keys) => {
    const left = keys.filter((key) => key.id !== id);
    if (left.length === keys.length) throw noSuchKey(id);
    return [left, undefined];
  });
  await note('key-revoked', id);
  const text = `Revoked ${id}. A running gateway lets it in no more within a second or two.\n`;
  return say({ data: { revoked: id }, text });
}

function noSuchKey(id: string): PointsmanError {
  return new PointsmanError('not-found', `No access key has the id "${id}".`);
}

function setSecret(io: CommandIo, say: Say, { dir, gate }: KeyFiles, name: string | undefined): ExitCode {
  const variable = need(name, 'the name of the variable');
  const value = io.env[variable];
  if (value === undefined || value === '') {
    throw new PointsmanError('request-invalid', `The variable ${variable} is not set, so there is nothing to keep.`, {
      hint: `Run it as ${variable}=… pointsman keys set ${variable}; nothing is asked for on the command line, where others can read it.`,
    });
  }
  if (holdsSubscriptionToken(value)) {
    throw new PointsmanError('request-invalid', 'Subscription tokens are never kept: their terms do not allow it.', {
      hint: SUBSCRIPTION_HINT,
    });
  }
  writeSecrets(dir, io.env, { ...readSecrets(dir, io.env), [variable]: value }, gate);
  return say({ data: { kept: variable }, text: `Kept ${variable}, encrypted.\n` });
}

function unsetSecret(io: CommandIo, say: Say, { dir, gate }: KeyFiles, name: string | undefined): ExitCode {
  const variable = need(name, 'the name of the variable');
  const { [variable]: removed, ...left } = readSecrets(dir, io.env);
  if (removed === undefined) throw new PointsmanError('not-found', `Nothing is kept under ${variable}.`);
  writeSecrets(dir, io.env, left, gate);
  return say({ data: { forgotten: variable }, text: `Forgot ${variable}.\n` });
}

async function listKeys(
  io: CommandIo,
  say: Say,
  of: { readonly keys: AccessKeyStore; readonly place: LedgerPlace },
): Promise<ExitCode> {
  const keys = await of.keys.read();
  if (keys.length === 0)
    return say({ data: { keys }, text: 'No access keys: the gateway is open to this machine only.\n' });
  const now = Date.now();
  const onFault = (error: PointsmanError): void => io.stderr(`pointsman: ${errorLine(error)}\n`);
  return withLedger(of.place, onFault, async (ledger) => {
    const found = await Promise.all(
      keys.map(async (key) => ({ key, standings: await ledger.standings(accountOf('key', key.id), now) })),
    );
    const rows = found.map(({ key }) => keyRow(key, now));
    const below = (index: number): string | undefined =>
      found[index] === undefined ? undefined : keyMoneyLine(found[index].key, found[index].standings);
    return say({ data: { keys: found.map(keyView) }, text: `${textTable(KEY_COLUMNS, rows, { below })}\n` });
  });
}

function usd(text: string | undefined): NanoUsd | undefined {
  return text === undefined ? undefined : nanoFromUsd(amount(text));
}

function expiryOf(days: string | undefined): Pick<AccessKey, 'expiresAt'> {
  return days === undefined ? {} : { expiresAt: Date.now() + amount(days) * DAY_MS };
}

type PeriodOptions = Readonly<Partial<Record<'day-usd' | 'week-usd' | 'month-usd', string | undefined>>>;

function periodsOf(values: PeriodOptions): Pick<AccessKey, 'periodBudgets'> {
  const budgets = { day: usd(values['day-usd']), week: usd(values['week-usd']), month: usd(values['month-usd']) };
  const given = Object.fromEntries(Object.entries(budgets).filter(([, limit]) => limit !== undefined));
  return Object.keys(given).length === 0 ? {} : { periodBudgets: given };
}

function need(value: string | undefined, what: string): string {
  if (value !== undefined && value !== '') return value;
  throw new PointsmanError('request-invalid', `This needs ${what}.`, { hint: 'See "pointsman keys --help".' });
}

function amount(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new PointsmanError('request-invalid', `"${text}" is not a positive number.`);
}
