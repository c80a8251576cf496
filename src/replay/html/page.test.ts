import { beforeAll, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { toNanoUsd } from '../../domain/money.ts';
import { escapeHtml, reportPage } from './page.ts';
import { aSession } from '../workload-builders.ts';
import { fixedModel } from '../policies/baselines.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { replay } from '../replay.ts';
import type { ReplayReport } from '../replay-report.ts';

let base: ReplayReport;
beforeAll(async () => {
  const catalog = loadCatalog();
  const pool = catalog.models.filter((model) => ['claude-opus-5-5', 'claude-haiku-4-5'].includes(model.id));
  const sessions = (async function* sessions() {
    yield aSession([
      { model: 'claude-opus-5-5', prompt: 20_000 },
      { model: 'claude-opus-5-5', prompt: 60_000, gapMs: 3_600_000 },
    ]);
  })();
  base = await replay(sessions, { catalog, pool, policies: pool.slice(0, 1).map((model) => fixedModel(model.id)) });
});
function aReplayReport(): ReplayReport {
  return { ...base, recorded: { ...base.recorded, billedNanoUsd: toNanoUsd(10e9) } };
}

/** Everything between the tags of scripts and styles left out. */
function visible(html: string): string {
  return html.replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/gu, '').replace(/<[^>]+>/gu, ' ');
}

test('says a saving, a loss and a tie in the same place and size', () => {
  const page = (costNanoUsd: number): string => {
    const report = aReplayReport();
    const ours = {
      ...report.policies[1],
      name: 'balanced',
      source: 'pointsman',
      costNanoUsd,
      costVsRecordedRatio: costNanoUsd / 10e9 - 1,
    };
    return reportPage({ ...report, policies: [...report.policies, ours as (typeof report.policies)[number]] }, '');
  };
  expect(page(6e9)).toContain('<h1>Routing would have saved $4.00 of $10.00</h1>');
  expect(page(13e9)).toContain('<h1>Routing would have cost $3.00 more of $10.00</h1>');
  expect(page(10e9)).toContain('<h1>Routing would have changed nothing of $10.00</h1>');
});

test('shows each label, each limit and each assumption', () => {
  const report = aReplayReport();
  const text = visible(reportPage(report, ''));
  for (const limit of report.limits) expect(text).toContain(limit);
  for (const label of ['measured', 'modelled', 'assumed']) expect(text).toContain(label);
  expect(text).toContain('cheapCallsRatio');
});

test('names from logs cannot become markup or leave the JSON', () => {
  const report = aReplayReport();
  const evil = '</script><img src=x onerror=alert(1)>\u2028';
  const html = reportPage(
    {
      ...report,
      events: [{ ...firstOf(report.events), sessionId: evil, what: evil }],
      timelines: [{ ...firstOf(report.timelines), models: [evil] }],
    },
    'var library;',
  );
  expect(html).not.toContain('<img');
  expect(html.match(/<\/script>/gu)?.length).toBe(3);
});

test('the page asks for nothing from anywhere', () => {
  const html = reportPage(aReplayReport(), readFileSync(new URL('page-script.ts', import.meta.url), 'utf8'));
  expect(html).not.toMatch(/(?:src|href)\s*=\s*["']?(?:https?:)?\/\//u);
  expect(html).toContain("default-src 'none'");
});

test('escapes what HTML reads as its own', () => {
  expect(escapeHtml(`<a href="x">'&`)).toBe('&#60;a href=&#34;x&#34;&#62;&#39;&#38;');
});

function firstOf<Item>(items: readonly Item[]): Item {
  const [first] = items;
  if (first === undefined) throw new Error('the fixture has none');
  return first;
}
