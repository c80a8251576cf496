import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { temporaryFolder } from '../../testing/internal/clients.ts';
import { docsPicture, DRAWS_PICTURES, pngShape } from '../../testing/internal/newcomer/docs-picture.ts';
import { aTrace } from '../../testing/internal/workload-builders.ts';
import { replay } from '../replay.ts';
import { alwaysCheap } from '../rules/baselines.ts';
import { writeReportPage } from './write-report.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const folder = temporaryFolder('report');
const file = path.join(folder.dir, 'report.html');
let browser: Browser | undefined;

beforeAll(async () => {
  const catalog = loadCatalog();
  const pool = catalog.models.filter((model) =>
    ['claude-opus-5-5', 'claude-haiku-4-5', 'gpt-6-luna'].includes(model.id),
  );
  const sessions = (async function* sessions() {
    for (let index = 0; index < 6; index += 1) {
      yield aTrace(
        Array.from({ length: 12 }, (_, call) => ({
          model: call > 6 ? 'claude-haiku-4-5' : 'claude-opus-5-5',
          prompt: 20_000 + call * 3000,
          read: call === 0 || call === 7 ? 0 : 17_000 + call * 3000,
        })),
        `session-${index}`,
      );
    }
  })();
  const dials = [0, 5, 10].map((dial) => ({ ...alwaysCheap, name: `balanced/dial-${dial}` }));
  await writeReportPage(await replay(sessions, { catalog, pool, policies: [alwaysCheap, ...dials] }), file);
  if (CHROMIUM !== undefined) {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }
});
afterAll(async () => {
  await browser?.close();
  folder.remove();
});

test.runIf(CHROMIUM !== undefined)(
  'a real browser draws every chart, offline, without one console message',
  async () => {
    const page = await (browser as Browser).newPage({ viewport: { width: 1280, height: 900 } });
    const messages: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    page.on('pageerror', (error) => messages.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`file://${file}`);
    await page.waitForFunction('document.documentElement.dataset.charts !== undefined');
    const canvases = await page.locator('canvas').count();
    expect(canvases).toBeGreaterThanOrEqual(4);
    expect(await page.locator('html').getAttribute('data-charts')).toBe(String(canvases));
    const inked = await page.evaluate(
      `[...document.querySelectorAll('canvas')].map((canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0))`,
    );
    expect(inked).toEqual(Array.from({ length: canvases }, () => true));
    expect(messages).toEqual([]);
    expect(asked).toEqual([`file://${file}`]);
    const picture = DRAWS_PICTURES ? docsPicture('replay-report.png') : path.join(folder.dir, 'report.png');
    await page.screenshot({ path: picture });
    const { width, height, byteCount } = pngShape(docsPicture('replay-report.png'));
    expect(pngShape(picture)).toMatchObject({ width, height });
    expect(byteCount).toBeLessThan(300_000);
  },
);

test.runIf(CHROMIUM !== undefined)('nothing overflows a phone', async () => {
  const page = await (browser as Browser).newPage({ viewport: { width: 375, height: 800 }, colorScheme: 'dark' });
  await page.goto(`file://${file}`);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
});

test('is one file of moderate size', () => {
  expect(statSync(file).size).toBeLessThan(1_000_000);
  if (CHROMIUM === undefined) process.stdout.write('skipped: no Chromium; the charts were not drawn\n');
});
