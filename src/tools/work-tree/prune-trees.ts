import { promises as fs } from 'node:fs';
import path from 'node:path';
import { DAY_MS, type At, type Ms } from '../../domain/time.ts';

export interface TreesKept {
  /** Of what no job has used for longer nothing stays. `undefined`: age removes nothing. */
  readonly maxAgeMs: Ms | undefined;
  /** Above it the workspace goes first that has been unused for longest. */
  readonly maxBytes: number;
  readonly now: At;
}

/** A job may be at work in it, or its user about to look at what one did. */
const IN_USE_MS: Ms = DAY_MS;
const MARK = 'pruned';

/**
 * Bounds what is kept of workspaces, each as a whole: what one of its files held is a part of many states. Looks once a day.
 * @returns how many workspaces were forgotten
 */
export async function pruneTrees(dir: string, { maxAgeMs, maxBytes, now }: TreesKept): Promise<number> {
  const mark = path.join(dir, MARK);
  const looked = await fs.stat(mark).catch(() => undefined);
  if (looked !== undefined && now - looked.mtimeMs < DAY_MS) return 0;
  const kept = await workspacesIn(dir);
  if (kept.length === 0) return 0;
  await fs.writeFile(mark, '', { mode: 0o600 });
  await fs.utimes(mark, now / 1000, now / 1000);
  const byAge = kept.sort((a, b) => a.usedAt - b.usedAt);
  let byteCount = byAge.reduce((sum, one) => sum + one.byteCount, 0);
  let count = 0;
  for (const one of byAge) {
    const ageMs = now - one.usedAt;
    const isOld = maxAgeMs !== undefined && ageMs > maxAgeMs;
    if (ageMs < IN_USE_MS || (!isOld && byteCount <= maxBytes)) continue;
    await fs.rm(one.folder, { recursive: true, force: true });
    byteCount -= one.byteCount;
    count += 1;
  }
  return count;
}

interface KeptWorkspace {
  readonly folder: string;
  readonly usedAt: At;
  readonly byteCount: number;
}

async function workspacesIn(dir: string): Promise<KeptWorkspace[]> {
  const found: KeptWorkspace[] = [];
  for (const entry of await fs.readdir(dir, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const folder = path.join(dir, entry.name);
    found.push({ folder, usedAt: (await fs.stat(folder)).mtimeMs, byteCount: await bytesIn(folder) });
  }
  return found;
}

async function bytesIn(folder: string): Promise<number> {
  let byteCount = 0;
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // One of another job may have gone meanwhile.
    const stat = await fs.lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    byteCount += stat?.size ?? 0;
  }
  return byteCount;
}
