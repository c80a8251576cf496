import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { aTrace } from '../../testing/internal/workload-builders.ts';
import { replay } from '../replay.ts';
import type { ReplayReport } from '../report/replay-report.ts';
import { fixedModel } from '../rules/baselines.ts';
import { escapeHtml, reportPage } from './page.ts';

let base: ReplayReport;
beforeAll(async () => {
  const catalog = loadCatalog();
  const pool = catalog.models.filter((model) => ['claude-opus-5-5', 'claude-haiku-4-5'].includes(model.id));
  const sessions = (async function* sessions() {
    yield aTrace([
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

interface Ours {
  readonly costNanoUsd: number;
  /** The best single model, failures included. */
  readonly singleNanoUsd: number;
  /** Half the width of the interval of the change; `undefined`: too few sessions. */
  readonly spreadRatio?: number;
  readonly meanSuccessRatio?: number;
}

function pageWithOurs({ costNanoUsd, singleNanoUsd, spreadRatio, meanSuccessRatio }: Ours): string {
  const report = aReplayReport();
  const [first] = report.policies;
  if (first === undefined) throw new TypeError('A report without policies');
  const recorded = { ...first, totalNanoUsd: toNanoUsd(12e9), meanSuccessRatio: 0.9 };
  const regret = { ...first.regret, vsBestFixedNanoUsd: 12e9 - singleNanoUsd };
  const change = costNanoUsd / 10e9 - 1;
  const ours = {
    ...recorded,
    name: 'balanced',
    source: 'pointsman',
    costNanoUsd: toNanoUsd(costNanoUsd),
    totalNanoUsd: toNanoUsd(costNanoUsd + 1e9),
    costVsRecordedRatio: change,
    costVsRecordedInterval:
      spreadRatio === undefined ? undefined : { low: change - spreadRatio, high: change + spreadRatio },
    meanSuccessRatio: meanSuccessRatio ?? 0.9,
  };
  return reportPage({ ...report, policies: [{ ...recorded, regret }, ours] }, '');
}

test.each([
  ['Routing would have saved $4.00 of $10.00', { costNanoUsd: 6e9, singleNanoUsd: 20e9, spreadRatio: 0.1 }],
  [
    'Routing adds nothing here: claude-haiku-4-5 for everything does as well on $10.00',
    { costNanoUsd: 6e9, singleNanoUsd: 7e9, spreadRatio: 0.1 },
  ],
  ['Routing would have cost $3.00 more of $10.00', { costNanoUsd: 13e9, singleNanoUsd: 20e9, spreadRatio: 0.1 }],
  [
    'Routing does not pay here: no saving is shown on $10.00',
    { costNanoUsd: 6e9, singleNanoUsd: 20e9, spreadRatio: 0.5 },
  ],
  [
    'Routing would have billed $4.00 less of $10.00, and failed more often',
    { costNanoUsd: 6e9, singleNanoUsd: 20e9, spreadRatio: 0.1, meanSuccessRatio: 0.85 },
  ],
  ['$10.00 billed; too few sessions to say whether routing pays', { costNanoUsd: 6e9, singleNanoUsd: 20e9 }],
] satisfies readonly (readonly [string, Ours])[])('says in the same place and size: %s', (headline, ours) => {
  expect(pageWithOurs(ours)).toContain(`<h1>${headline}</h1>`);
});

test('names the best single model beside ours, seen afterwards', () => {
  const single = aReplayReport().optimum?.bestFixedModel ?? '';
  const html = pageWithOurs({ costNanoUsd: 6e9, singleNanoUsd: 9e9, spreadRatio: 0.1 });
  expect(html).toContain(`${single} for everything comes to $9.00`);
});

test('keeps the notches of the dial out of the table of policies and gives them one of their own', () => {
  const report = aReplayReport();
  const [first] = report.policies;
  if (first === undefined) throw new TypeError('A report without policies');
  const notch = { ...first, name: 'balanced/dial-4' };
  const text = reportPage({ ...report, policies: [...report.policies, notch] }, '');
  expect(text).toMatch(/The dial in figures<\/h2>.*<th scope="row">4<\/th>/u);
  expect(text).not.toContain('<th scope="row">balanced/dial-4');
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
