import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ask, openTestBed, openVendor } from './test-bed.ts';

const DISK_MB = 3;

/** A disk of its own in place of a folder. `false`: this user may not mount any. */
function mountSmall(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'none', folder]).status === 0;
}

/** Takes every byte that is left. */
function fill(file: string): void {
  for (let index = 0, block = 65_536; block >= 512; index += 1) {
    try {
      writeFileSync(`${file}${index}`, Buffer.alloc(block, index));
    } catch {
      block /= 2;
    }
  }
}

test('a gateway whose disk is full goes on, says so, keeps budgets, and has every record once there is room', async ({
  skip,
}) => {
  const vendor = await openVendor({ tokensPerCall: 50, pauseMs: 1, reportsUsage: () => true });
  const bed = openTestBed(vendor.url);
  const isMounted = mountSmall(bed.store);
  try {
    skip(!isMounted, 'skipped: this user may mount no small disk');
    const budgetUsd = 0.05;
    const token = await bed.key('--budget-usd', String(budgetUsd));
    const gateway = await bed.serve('--port', '0');
    let askedCount = 0;
    const burst = async (count: number): Promise<ReadonlySet<number>> => {
      const statuses = await Promise.all(
        Array.from({ length: count }, async () => {
          const response = await ask(gateway.url, token, { maxTokens: 60, session: `s${askedCount++}` });
          await response.arrayBuffer();
          return response.status;
        }),
      );
      return new Set(statuses);
    };
    expect(await burst(5)).toEqual(new Set([200]));
    fill(path.join(bed.store, 'filler'));
    const { bavail } = statfsSync(bed.store);
    expect(bavail).toBe(0);
    for (let round = 0; round < 4; round += 1) expect(await burst(5)).toEqual(new Set([200]));
    expect(gateway.child.exitCode).toBeNull();
    await expect.poll(() => gateway.logged(), { timeout: 20_000 }).toMatch(/record-unwritable/u);
    // Budgets go on holding, in memory.
    for (let round = 0; round < 60 && (await burst(5)).has(200); round += 1);
    // What the last calls held beyond their bill comes back a moment after their answers, and may pay for one more.
    await expect.poll(async () => [...(await burst(1))], { timeout: 20_000 }).toEqual([402]);
    expect(vendor.billedUsd()).toBeGreaterThan(budgetUsd - 2 * vendor.dearestUsd());

    expect(vendor.billedUsd()).toBeLessThanOrEqual(budgetUsd + vendor.dearestUsd());

    for (let index = 0; index < 200; index += 1) rmSync(path.join(bed.store, `filler${index}`), { force: true });
    await burst(1);
    await expect.poll(() => gateway.logged(), { timeout: 20_000 }).toMatch(/Records are stored again/u);
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(gateway.logged()).not.toMatch(/is lost|given up/u);
    const records = new DatabaseSync(path.join(bed.store, 'records.db'), { readOnly: true });
    const { n } = records.prepare('select count(*) as n from calls').get() as { n: number };
    records.close();
    expect(n).toBeGreaterThanOrEqual(vendor.answeredCount());
    const money = new DatabaseSync(path.join(bed.store, 'money.db'), { readOnly: true });
    const { spent } = money.prepare('select sum(nano_usd) as spent from spent').get() as { spent: number };
    money.close();
    expect(spent / 1e9).toBeGreaterThanOrEqual(vendor.billedUsd() * 0.99);
  } finally {
    bed.close(() => isMounted && spawnSync('umount', ['-l', bed.store]));
    await vendor.close();
  }
}, 180_000);
