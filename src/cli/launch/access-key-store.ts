import { openPostgresStore, type PostgresStore } from '../../app/postgres-store.ts';
import type { StoreConfig } from '../../config/config.ts';
import type { Ms } from '../../domain/time.ts';
import { formatAccessKeys, parseAccessKeys, type AccessKey } from '../../gateway/core/access-keys.ts';
import { withHash, type RenewedHash } from '../../gateway/core/token-check.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import type { CommandIo } from '../input/command.ts';
import { accessKeysFile, readAccessKeys, readIfThere, writeAccessKeys } from '../input/gateway-files.ts';
import { withKeysLocked } from '../input/keys-lock.ts';
import { watchFile } from '../input/watch-file.ts';

/** Access keys, where the store keeps them: in a file beside it, or in PostgreSQL for all gateways on it. */
export interface AccessKeyStore {
  /** @throws PointsmanError `config-invalid` where they are damaged */
  read(): Promise<readonly AccessKey[]>;
  /** While nobody else changes them. What is thrown by `act` leaves them as they are. */
  change<Result>(
    act: (keys: readonly AccessKey[]) => readonly [keys: readonly AccessKey[], result: Result],
  ): Promise<Result>;
  /** Calls back when they were changed since they were last read, whoever did, until it is told to stop. Keeps no process alive. */
  watch(onChange: () => void): () => void;
  close(): Promise<void>;
}

export interface KeyStoreOptions {
  readonly store: StoreConfig;
  /** Where the file lies, of a store that is a folder. */
  readonly dir: string;
  readonly gate: FolderGate;
  readonly env: CommandIo['env'];
}

/** @throws PointsmanError `record-unreadable` where a PostgreSQL store does not answer */
export async function openAccessKeyStore({ store, ...files }: KeyStoreOptions): Promise<AccessKeyStore> {
  return store.kind === 'postgres' ? inPostgres(await openPostgresStore(store.url)) : inFile(files);
}

function inFile({ dir, gate, env }: Omit<KeyStoreOptions, 'store'>): AccessKeyStore {
  const file = accessKeysFile(dir);
  let readText: string | undefined;
  return {
    read: async () => {
      readText = readIfThere(file);
      return readAccessKeys(dir);
    },
    change: async (act) =>
      withKeysLocked(env, () => {
        const before = readAccessKeys(dir);
        const [keys, result] = act(before);
        if (keys !== before) writeAccessKeys(dir, keys, gate);
        return result;
      }),
    watch: (onChange) => {
      const stop = watchFile(file, onChange);
      // One may have been revoked while a gateway started.
      if (readIfThere(file) !== readText) onChange();
      return stop;
    },
    close: async () => undefined,
  };
}

const NAME = 'access keys';
const LOOK_MS: Ms = 1000;

function inPostgres(store: PostgresStore): AccessKeyStore {
  const documents = store.documents();
  const parsed = (text: string | undefined): readonly AccessKey[] => (text === undefined ? [] : parseAccessKeys(text));
  let readVersion: number | undefined;
  return {
    read: async () => {
      const found = await documents.read(NAME);
      readVersion = found?.version ?? 0;
      return parsed(found?.text);
    },
    change: async (act) => {
      let result: { readonly of: ReturnType<typeof act>[1] } | undefined;
      await documents.change(NAME, (text) => {
        const [keys, made] = act(parsed(text));
        result = { of: made };
        return formatAccessKeys(keys);
      });
      if (result === undefined) throw new Error('keys were changed by nobody');
      return result.of;
    },
    watch: (onChange) => {
      // Not against what is there when the watch begins, as for a file.
      const look = async (): Promise<void> => {
        const version = (await documents.read(NAME))?.version ?? 0;
        if (version !== readVersion) onChange();
      };
      // While the server is away nothing changes there.
      const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
      timer.unref();
      return () => clearInterval(timer);
    },
    close: () => store.close(),
  };
}

/** Keeps one token in the new way; whatever else was changed of its key since it was read stays. */
export async function renewHash(store: AccessKeyStore, hash: RenewedHash): Promise<void> {
  await store.change((keys) => {
    const key = keys.find(({ id }) => id === hash.keyId);
    const isKnown = key?.tokens.some(({ hashBase64 }) => hashBase64 === hash.old.hashBase64) ?? false;
    return [isKnown ? keys.map((one) => (one === key ? withHash(one, hash) : one)) : keys, undefined];
  });
}
