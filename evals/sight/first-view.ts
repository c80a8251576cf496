import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Figure } from '../../src/domain/figure.ts';
import { writeLargeStore } from '../../src/testing/internal/page/large-store.ts';
import { openPageGateway } from '../../src/testing/internal/page/page-gateway.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const CALL_COUNT = 100_000;

/**
 * From opening the address of a gateway's page in a browser that has never seen it until its figures, chart and latest calls
 * stand there, over 100,000 recorded calls. The front end has been built before, as it is in the package. `undefined`: no Chromium.
 */
export async function firstView(): Promise<Figure | undefined> {
  if (CHROMIUM === undefined) return undefined;
  const gateway = await openPageGateway({}, (dir) => writeLargeStore(dir, CALL_COUNT, Date.now()));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    // Builds the front end, and nothing else: no store is opened by it.
    await (await fetch(new URL('/pointsman/page/none', gateway.url))).text();
    const page = await browser.newPage();
    const startedAt = performance.now();
    await page.goto(gateway.url);
    await page.locator('canvas').waitFor({ timeout: 60_000 });
    await page.getByText('100,000').first().waitFor({ timeout: 60_000 });
    return { value: performance.now() - startedAt, unit: 'ms', label: 'measured' };
  } finally {
    await browser.close();
    await gateway.close();
  }
}
