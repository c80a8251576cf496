import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { asId, type CallId, type DecisionId, type JobId, type ModelId, type SessionId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import type { LearnedRow } from '../page/page-source.ts';
import { loadPolicies } from '../policy/load-policies.ts';
import { lockRows } from '../policy/lock-rows.ts';
import type { PolicyLock } from '../policy/policy-lock.ts';
import { openStoreViews } from '../recorder/sqlite/views/open-store-views.ts';
import { temporaryFolder } from '../testing/internal/clients.ts';
import { anAccessKey } from '../testing/internal/gateway-test.ts';
import { docsPicture, DRAWS_PICTURES, pngShape } from '../testing/internal/newcomer/docs-picture.ts';
import { writeLargeStore } from '../testing/internal/page/large-store.ts';
import { OPERATOR, openPageGateway, type PageGateway } from '../testing/internal/page/page-gateway.ts';
import { aCallRecord, aJobRecord, aStepRecord } from '../testing/record-builders.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = temporaryFolder('page-pictures');
const PICTURES = folder.dir;
const WIDE: BrowserContextOptions = { viewport: { width: 1280, height: 900 }, colorScheme: 'light' };
const PHONE: BrowserContextOptions = { viewport: { width: 375, height: 800 }, colorScheme: 'dark' };
const HOSTILE = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';

let browser: Browser;
let gateway: PageGateway;
let decision = '';

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  gateway = await openPageGateway({}, (dir) => writeLargeStore(dir, 4000, Date.now()));
  const post = async (text: string, model = 'auto'): Promise<string> => {
    const messages = [{ role: 'user', content: text }];
    const response = await gateway.post('/v1/messages', { model, max_tokens: 99, messages });
    await response.text();
    return response.headers.get('x-pointsman-decision') ?? '';
  };
  decision = await post('Review the diff of the parser');
  await post(`Fix ${HOSTILE}`);
  writeHostile(gateway);
  await gateway.recorder.flush();
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
});
afterAll(async () => {
  await browser?.close();
  await gateway?.close();
  folder.remove();
});

/** Records whose every text is somebody else's, and means harm. */
function writeHostile({ recorder }: PageGateway): void {
  const jobId = asId<JobId>('job-hostile');
  const harm = { jobId, startedAt: Date.now() - 1000 };
  recorder.writeJob(aJobRecord({ ...harm, task: HOSTILE, workspace: `/${HOSTILE}`, status: 'done' }));
  const outcome = { verifierId: HOSTILE, passed: false, summary: HOSTILE };
  recorder.writeStep(
    aStepRecord({
      ...harm,
      title: HOSTILE,
      outcome: { status: 'rejected', checks: [outcome], summary: HOSTILE, errorCode: undefined },
    }),
  );
  recorder.writeCall(
    aCallRecord({
      ...harm,
      callId: asId<CallId>('call-hostile'),
      sessionId: asId<SessionId>(HOSTILE),
      requestedModel: asId<ModelId>(HOSTILE),
      gateway: {
        askedFor: HOSTILE,
        wire: 'anthropic-messages',
        key: HOSTILE,
        harness: HOSTILE,
        decisionId: asId<DecisionId>(HOSTILE),
        losses: [],
        strippedThinkingCount: 0,
        fallbackFrom: [{ model: asId<ModelId>(HOSTILE), why: HOSTILE }],
        weakerThanDecided: false,
      },
    }),
  );
}

interface Looked {
  readonly page: Page;
  /** What the console said. */
  readonly said: readonly string[];
  readonly asked: readonly string[];
}

async function look(hash: string, options: BrowserContextOptions = WIDE, url: string = gateway.url): Promise<Looked> {
  const context = await browser.newContext(options);
  onTestFinished(async () => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const [said, asked]: [string[], string[]] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${url}/${hash}`);
  await page.locator('main h1').waitFor();
  await until(page, '!document.body.innerText.includes("Loading…")');
  return { page, said, asked };
}

/** Not by `waitForFunction`, which the page's policy forbids as it forbids every `eval`. */
async function until(page: Page, expression: string): Promise<void> {
  await expect.poll(async () => page.evaluate(expression)).toBe(true);
}

async function seriousFaults(page: Page): Promise<readonly string[]> {
  // Handed to the browser's own engine: the page's policy lets no script of others in.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run(document)')) as {
    readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
  };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

const VIEWS = (): readonly (readonly [name: string, hash: string, shows: string])[] => [
  ['spending', '#/', 'Spending by model'],
  ['calls', '#/calls', 'Calls, the newest first'],
  ['sessions', '#/sessions', 'Sessions and jobs'],
  ['session', '#/session/session-40', 'Read from caches'],
  ['job', '#/session/job-hostile', 'rejected'],
  ['decision', `#/decision/${decision}`, 'Candidates'],
  ['policies', '#/policies', 'balanced (in force)'],
  ['health', '#/health?days=30', 'Endpoints and models'],
];
const NAMES = ['spending', 'calls', 'sessions', 'session', 'job', 'decision', 'policies', 'health'] as const;
const viewOf = (name: string): readonly [string, string, string] => {
  const found = VIEWS().find(([one]) => one === name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe.runIf(CHROMIUM !== undefined)('the page in a real browser', () => {
  test.each(NAMES)('%s: says what it is about, asks no other host, and axe finds no serious fault', async (name) => {
    const [, hash, shows] = viewOf(name);
    const { page, said, asked } = await look(hash);
    await page.getByText(shows, { exact: false }).first().waitFor();
    expect(said).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(gateway.url))).toEqual([]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.screenshot({ path: path.join(PICTURES, `page-${name}.png`) });
  });

  test('the pictures in the documentation are of its size, and of what a user would see', async () => {
    const own = await openPageGateway({}, (dir) => writeLargeStore(dir, 4000, Date.now()));
    onTestFinished(() => own.close());
    const messages = [{ role: 'user', content: 'Review the diff of the parser' }];
    const response = await own.post('/v1/messages', { model: 'auto', max_tokens: 99, messages });
    await response.text();
    await own.recorder.flush();
    for (const [name, hash, shows] of [
      ['page-spending.png', '#/', 'Spending by model'],
      ['page-decision.png', `#/decision/${response.headers.get('x-pointsman-decision')}`, 'Candidates'],
    ] as const) {
      const { page } = await look(hash, WIDE, own.url);
      await page.getByText(shows, { exact: false }).first().waitFor();
      const picture = DRAWS_PICTURES ? docsPicture(name) : path.join(PICTURES, name);
      await page.screenshot({ path: picture });
      const { width, height, byteCount } = pngShape(docsPicture(name));
      expect(pngShape(picture)).toMatchObject({ width, height });
      expect(byteCount).toBeLessThan(300_000);
    }
  });

  test.each(NAMES)('%s: fits a phone in the dark, and axe finds no serious fault there', async (name) => {
    const { page } = await look(viewOf(name)[1], PHONE);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    expect(await seriousFaults(page)).toEqual([]);
    await page.screenshot({ path: path.join(PICTURES, `page-${name}-phone.png`) });
  });

  test.each(NAMES)('%s: whatever others wrote is text', async (name) => {
    const { page, said } = await look(viewOf(name)[1]);
    expect(await page.title()).toContain('pointsman');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(said).toEqual([]);
  });

  test('what was learned stands with its bound and how to take it back, on a phone too', async () => {
    const policies = new Map([...loadPolicies(loadCatalog(), [])].map(([id, { policy }]) => [id, policy]));
    const balanced = policies.get('balanced');
    if (balanced === undefined) throw new RangeError('The policy "balanced" is shipped.');
    const lock: PolicyLock = {
      balanced: {
        learnedOn: 'as it is',
        current: { dial: 4 },
        taken: {
          since: '2026-10-03T00:00:00.000Z',
          allowedBy: HOSTILE,
          reward: 'green - usd',
          shown: { sessionCount: 900, gain: 0.4, lowerBound: 0.123 },
        },
      },
    };
    const learned = async (): Promise<readonly LearnedRow[]> =>
      Promise.resolve(lockRows(lock, policies, () => 'as it is'));
    const views = openStoreViews(path.join(PICTURES, 'none.db'));
    onTestFinished(async () => views.close());
    const own = await openPageGateway({ page: { views, operatorToken: OPERATOR, learned } });
    onTestFinished(() => own.close());
    const { page, said } = await look('#/policies', PHONE, own.url);
    const row = page.locator('table', { hasText: 'To take it back' }).locator('tbody tr');
    expect(await row.count()).toBe(1);
    expect(await row.innerText()).toContain(`since 2026-10-03, allowed by ${HOSTILE}`);
    expect(await row.innerText()).toContain('gains at least 0.123 a session with 95 % confidence (green - usd).');
    expect(await row.innerText()).toContain('pointsman learn --retreat --policy balanced');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    expect(await page.title()).toContain('pointsman');
    expect(said).toEqual([]);
  });

  test('hostile names are shown as they are', async () => {
    const { page } = await look('#/session/job-hostile');
    await page.getByText(HOSTILE).first().waitFor();
    const calls = await look('#/calls');
    await calls.page.getByText(HOSTILE).first().waitFor();
    expect(await calls.page.title()).toBe('Calls · pointsman');
  });

  test('is worked by keyboard alone: digits, search, tabs, a switch', async () => {
    const { page } = await look('#/');
    await page.keyboard.press('2');
    await page.getByText('Calls, the newest first').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('haiku');
    await page.keyboard.press('Enter');
    await until(page, 'location.hash.includes("text=haiku")');
    await until(
      page,
      '[...document.querySelectorAll("tbody tr td:nth-child(4)")].every((cell) => cell.textContent.includes("haiku"))',
    );
    await page.keyboard.press('Escape');
    await page.locator('nav a').first().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Sessions and jobs, the latest first').waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
    const isSwitched = async (on: boolean): Promise<void> => {
      await page.getByRole('switch').focus();
      await page.keyboard.press('Space');
      await until(page, `document.querySelector('[role=switch]').getAttribute('aria-checked') === '${on}'`);
      expect(gateway.gateway.passThrough.isOn).toBe(on);
    };
    await isSwitched(true);
    await page.getByText('Nothing is routed since').waitFor();
    await isSwitched(false);
  });

  test('a decision answers why not, and is decided again under another policy', async () => {
    const { page } = await look(`#/decision/${decision}`);
    const loser = await page.locator('tbody tr:not(.chosen) th').first().textContent();
    await page.getByLabel('Model').selectOption(loser ?? '');
    await page
      .getByText(`${loser ?? ''} in`, { exact: false })
      .first()
      .waitFor();
    const again = page.locator('section[aria-labelledby=replay] select');
    await again.nth(0).selectOption('quality-first');
    await again.nth(1).selectOption('0');
    await page.getByRole('button', { name: 'Decide again' }).click();
    await page.getByText('Candidates under quality-first at dial 0').first().waitFor();
    await page.screenshot({ path: path.join(PICTURES, 'page-replay.png'), fullPage: true });
  });

  test('a filter stands in the address, so that a link leads to what somebody saw', async () => {
    const { page } = await look('#/?by=harness');
    await page.getByRole('button', { name: 'codex', exact: true }).click();
    await until(page, 'location.hash.includes("harness=codex")');
    const again = await look(new URL(page.url()).hash);
    await again.page.getByRole('button', { name: 'harness: codex', exact: false }).waitFor();
    expect(await again.page.locator('section[aria-labelledby=spending] tbody tr').count()).toBe(1);
  });

  test('calls appear as they end', async () => {
    const { page } = await look('#/calls');
    const before = await page.locator('tbody tr').count();
    const messages = [{ role: 'user', content: 'One more' }];
    const response = await gateway.post('/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 99, messages });
    await response.text();
    await until(page, `document.querySelectorAll('tbody tr').length > ${before}`);
  });

  test('where keys are demanded one logs in with a key, or by a link that leaves no token in the address', async () => {
    const { key, token } = anAccessKey({ name: 'laptop', budgetNanoUsd: nanoFromUsd(20) });
    const locked = await openPageGateway({ accessKeys: [key] }, (dir) => writeLargeStore(dir, 400, Date.now()));
    onTestFinished(() => locked.close());
    const { page } = await look('#/', WIDE, locked.url);
    await page.getByLabel('Access key').fill(token);
    await page.keyboard.press('Enter');
    await page.getByText('What this key may spend').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.screenshot({ path: path.join(PICTURES, 'page-key.png') });
    const byLink = await look(`#login=${OPERATOR}&to=sessions`, WIDE, locked.url);
    await byLink.page.getByText('Sessions and jobs, the latest first').waitFor();
    expect(byLink.page.url()).toBe(`${locked.url}/#/sessions`);
    await byLink.page.getByRole('switch').waitFor();
  });
});

test.runIf(CHROMIUM === undefined)('skipped: no Chromium; the page was not looked at', () => undefined);
