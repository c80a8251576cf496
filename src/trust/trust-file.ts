import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { whileLocked } from './user-lock.ts';

const SECTIONS = ['folders', 'stores', 'files', 'effects'] as const;

/**
 * What the user has said yes to. `folders`: real path → digest of what the folder brought. `stores`: real path → the token
 * that we left in a store of ours. `files`: real path → digest of a file that we wrote ourselves. `effects`: digest of what
 * was shown and the folder → its words.
 */
type Section = (typeof SECTIONS)[number];

/** The user's memory of trust, in their own data folder: out of reach of any folder that is judged by it. */
export interface TrustFile {
  read(section: Section, key: string): string | undefined;
  keys(section: Section): readonly string[];
  /**
   * `undefined` forgets. What other processes write at the same time stays; one that is killed leaves all or nothing of its own.
   * @throws PointsmanError `config-invalid` when it cannot be written
   */
  write(section: Section, key: string, value: string | undefined): void;
}

const trustSchema = z.object({
  v: z.literal(1),
  folders: z.record(z.string(), z.string()),
  stores: z.record(z.string(), z.string()),
  files: z.record(z.string(), z.string()),
  effects: z.record(z.string(), z.string()).default({}),
});
type Content = z.output<typeof trustSchema>;

const EMPTY: Content = { v: 1, folders: {}, stores: {}, files: {}, effects: {} };

/** `dir` as of `userDataDir`; without one nothing is known and nothing is kept. */
export function openTrustFile(dir: string | undefined): TrustFile {
  if (dir === undefined) return { read: () => undefined, keys: () => [], write: () => undefined };
  const file = path.join(dir, 'trust.json');
  return {
    read: (section, key) => {
      const entries = readTrust(file)[section];
      return Object.hasOwn(entries, key) ? entries[key] : undefined;
    },
    keys: (section) => Object.keys(readTrust(file)[section]),
    write: (section, key, value) =>
      whileLocked(dir, 'trust.lock', () => {
        const content = readTrust(file);
        const { [key]: _before, ...others } = content[section];
        writeTrust(file, { ...content, [section]: value === undefined ? others : { ...others, [key]: value } });
      }),
  };
}

/** A damaged book trusts nothing: everything is asked for again. */
function readTrust(file: string): Content {
  try {
    return trustSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? EMPTY;
  } catch {
    return EMPTY;
  }
}

function writeTrust(file: string, content: Content): void {
  const draft = `${file}.${process.pid}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(draft, file);
  } catch (cause) {
    throw new PointsmanError('config-invalid', `What you trust cannot be remembered in ${file}.`, {
      cause,
      hint: 'Make that folder writable, or name another with XDG_DATA_HOME.',
    });
  }
}
