import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd, nanoFromUsd } from '../../domain/money.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../../domain/subscription-token.ts';
import { createAccessKey, type AccessKey, type NewAccessKey } from '../../gateway/core/access-keys.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import type { Command, CommandIo } from '../input/command.ts';
import { EXIT, type ExitCode } from '../input/exit-code.ts';
import { openFolderGate } from '../input/folder-gate.ts';
import { gatewayDir, readAccessKeys, readSecrets, writeAccessKeys, writeSecrets } from '../input/gateway-files.ts';
import { textTable } from '../text/text-table.ts';

export const command: Command = {
  name: 'keys',
  usage:
    'add NAME [--budget-usd N] [--policy ID] [--allow MODEL]… [--per-minute N] | list | remove ID | set VARIABLE | unset VARIABLE | stored',
  summary: 'Make access keys for the gateway, and keep provider keys in an encrypted file.',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'budget-usd': { type: 'string' },
        policy: { type: 'string' },
        allow: { type: 'string', multiple: true },
        'per-minute': { type: 'string' },
      },
    });
    const [action, name] = positionals;
    const gate = await openFolderGate(io);
    const dir = gatewayDir(io, gate);
    const store = { dir, gate };
    switch (action ?? '') {
      case 'add':
        return addKey(io, store, {
          name: need(name, 'a name for the key'),
          createdAt: Date.now(),
          budgetNanoUsd: values['budget-usd'] === undefined ? undefined : nanoFromUsd(amount(values['budget-usd'])),
          policyId: values.policy,
          allowModels: values.allow,
          requestsPerMinute: values['per-minute'] === undefined ? undefined : Math.ceil(amount(values['per-minute'])),
        });
      case 'list':
        io.stdout(keyTable(readAccessKeys(dir)));
        return EXIT.ok;
      case 'remove':
        return removeKey(io, store, need(name, 'the id of the key'));
      case 'set':
        return setSecret(io, store, need(name, 'the name of the variable'));
      case 'unset':
        return unsetSecret(io, store, need(name, 'the name of the variable'));
      case 'stored':
        io.stdout(
          Object.keys(readSecrets(dir, io.env))
            .map((key) => `${key}\n`)
            .join(''),
        );
        return EXIT.ok;
      default:
        throw new PointsmanError('request-invalid', 'What shall be done with keys?', {
          hint: 'See "pointsman keys --help".',
        });
    }
  },
};

interface KeyStore {
  readonly dir: string;
  readonly gate: FolderGate;
}

function addKey(io: CommandIo, { dir, gate }: KeyStore, options: NewAccessKey): ExitCode {
  const keys = readAccessKeys(dir);
  const { key, token } = createAccessKey(options);
  writeAccessKeys(dir, [...keys, key], gate);
  io.stdout(`${token}\n`);
  io.stderr(`Key ${key.id} for "${key.name}". The token above is shown this once; only its hash is kept.\n`);
  return EXIT.ok;
}

function removeKey(io: CommandIo, { dir, gate }: KeyStore, id: string): ExitCode {
  const keys = readAccessKeys(dir);
  const left = keys.filter((key) => key.id !== id);
  if (left.length === keys.length) throw new PointsmanError('not-found', `No access key has the id "${id}".`);
  writeAccessKeys(dir, left, gate);
  io.stdout(`Removed ${id}. A running gateway knows it until it is started again.\n`);
  return EXIT.ok;
}

function setSecret(io: CommandIo, { dir, gate }: KeyStore, variable: string): ExitCode {
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
  io.stdout(`Kept ${variable}, encrypted.\n`);
  return EXIT.ok;
}

function unsetSecret(io: CommandIo, { dir, gate }: KeyStore, variable: string): ExitCode {
  const { [variable]: removed, ...left } = readSecrets(dir, io.env);
  if (removed === undefined) throw new PointsmanError('not-found', `Nothing is kept under ${variable}.`);
  writeSecrets(dir, io.env, left, gate);
  io.stdout(`Forgot ${variable}.\n`);
  return EXIT.ok;
}

function keyTable(keys: readonly AccessKey[]): string {
  if (keys.length === 0) return 'No access keys: the gateway is open to this machine only.\n';
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.budgetNanoUsd === undefined ? '-' : formatUsd(key.budgetNanoUsd),
    key.policyId ?? '-',
    key.allowModels?.join(', ') ?? 'all',
    key.requestsPerMinute === undefined ? '-' : String(key.requestsPerMinute),
  ]);
  const columns = ['ID', 'NAME', 'BUDGET', 'POLICY', 'MODELS', 'PER MINUTE'].map((title) => ({ title }));
  return `${textTable(columns, rows)}\n`;
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
