import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { chromium } from 'playwright-core';
import type { Figure } from '../../src/domain/figure.ts';
import { writeLargeStore } from '../../src/testing/internal/page/large-store.ts';
import type { InstalledPackage } from './installed-package.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const CALL_COUNT = 100_000;
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/u;

/**
 * From opening the address of the installed package's gateway in a browser that has never seen it until its figures, chart and latest
 * calls stand there, over 100,000 recorded calls: nobody has asked the gateway for anything before. `undefined`: no Chromium.
 */
export async function firstView(installed: InstalledPackage): Promise<Figure | undefined> {
  if (CHROMIUM === undefined) return undefined;
  const store = mkdtempSync(path.join(os.tmpdir(), 'pointsman-view-'));
  await writeLargeStore(store, CALL_COUNT, Date.now());
  const gateway = serve(installed, store);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const address = await addressOf(gateway);
    const page = await browser.newPage();
    const startedAt = performance.now();
    await page.goto(address);
    // The library that draws gives it its size.
    await page.locator('canvas[width]').waitFor({ timeout: 60_000 });
    await page.getByText('100,000').first().waitFor({ timeout: 60_000 });
    return { value: performance.now() - startedAt, unit: 'ms', label: 'measured' };
  } finally {
    await browser.close();
    gateway.kill();
    rmSync(store, { recursive: true, force: true });
  }
}

type Gateway = ChildProcessByStdio<null, Readable, null>;

function serve({ folder, packageFolder, env }: InstalledPackage, store: string): Gateway {
  const main = path.join(packageFolder, 'dist/cli/main.js');
  return spawn(process.execPath, [main, 'serve', '--port', '0', '--store', store], {
    cwd: folder,
    // Whether it is a true one nobody asks: no call is made.
    env: { ...env, POINTSMAN_OPENAI_API_KEY: 'no-real-key' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function addressOf(gateway: Gateway): Promise<string> {
  let said = '';
  for await (const chunk of gateway.stdout) {
    said += String(chunk);
    const address = ADDRESS.exec(said)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`The gateway named no address: ${said}`);
}
