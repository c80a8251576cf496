import { expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { JsonObject } from '../../domain/json.ts';
import { replayText, replayView } from '../../mcp/tools/replay-view.ts';
import { escapeHtml, reportPage } from '../../replay/html/page.ts';
import { replay } from '../../replay/replay.ts';
import { fixedModel } from '../../replay/rules/baselines.ts';
import { aTrace } from '../../testing/internal/workload-builders.ts';
import { reportText } from './replay-text.ts';

test('the three lines of a verdict are the same words in a terminal, on the page and over MCP', async () => {
  const catalog = loadCatalog();
  const pool = catalog.models.filter((model) => ['claude-opus-5-5', 'claude-haiku-4-5'].includes(model.id));
  const sessions = (async function* sessions() {
    yield aTrace([
      { model: 'claude-opus-5-5', prompt: 20_000 },
      { model: 'claude-opus-5-5', prompt: 60_000, gapMs: 3_600_000 },
    ]);
  })();
  const report = await replay(sessions, { catalog, pool, policies: pool.map(({ id }) => fixedModel(id)) });
  const { paid, simplest, routing } = report.verdict;
  for (const line of [paid, simplest, routing]) expect(line.length).toBeGreaterThan(20);
  expect(reportText(report).split('\n').slice(0, 4)).toEqual([paid, simplest, routing, '']);
  const oneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ');
  const terminal = oneLine(reportText(report));
  expect(terminal.startsWith([paid, simplest, routing].join(' '))).toBe(true);
  const page = oneLine(reportPage(report, ''));
  for (const line of [paid, simplest, routing]) expect(page).toContain(escapeHtml(line));
  const mcp = replayText(replayView(JSON.parse(JSON.stringify(report)) as JsonObject)).split('\n');
  expect(mcp.slice(1, 4)).toEqual([paid, simplest, routing]);
});
