import { createHash, randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { PointsmanError } from '../../domain/errors.ts';

/** Bytes of files by what they are, in a folder that git can read as its own. */
export interface BlobStore {
  readonly keep: (bytes: Buffer) => Promise<string>;
  readonly has: (id: string) => Promise<boolean>;
  /** `undefined`: they are not here. */
  readonly read: (id: string) => Promise<Buffer | undefined>;
}

/** @param objects a folder of loose objects, in the form of gitrepository-layout(5) */
export function openBlobStore(objects: string): BlobStore {
  const fileOf = (id: string): string => path.join(objects, id.slice(0, 2), id.slice(2));
  return {
    keep: async (bytes) => {
      const whole = Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]);
      const id = createHash('sha1').update(whole).digest('hex');
      const file = fileOf(id);
      if (await isThere(file)) return id;
      await write(file, await promisify(deflate)(whole));
      return id;
    },
    has: async (id) => isThere(fileOf(id)),
    read: async (id) => {
      const packed = await fs.readFile(fileOf(id)).catch(() => undefined);
      if (packed === undefined) return undefined;
      const whole = await promisify(inflate)(packed);
      return whole.subarray(whole.indexOf(0) + 1);
    },
  };
}

/** @throws PointsmanError `record-unwritable`, as on a full disk: what cannot be kept must not be changed */
async function write(file: string, bytes: Buffer): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await fs.writeFile(draft, bytes, { mode: 0o600 });
    await fs.rename(draft, file);
  } catch (thrown) {
    await fs.rm(draft, { force: true });
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new PointsmanError('record-unwritable', `What a file held cannot be kept: ${why}.`, {
      hint: 'Free space or make the folder writable, then resume the job.',
      cause: thrown,
    });
  }
}

async function isThere(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
