import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPointsman } from '../../app/create-pointsman.ts';
import type { Pointsman, RouteAdvice } from '../../orchestrator/model/pointsman.ts';
import { EXIT } from '../input/exit-code.ts';
import { command as train } from './train-command.ts';

/** Two models of like price, and own rows in which words tell perfectly which of them gets a task right. */
const [SQL_MODEL, CSS_MODEL] = ['gpt-6-sol', 'claude-sonnet-5'] as const;
const SQL = ['query', 'join', 'index', 'table', 'migration', 'transaction', 'view', 'trigger'];
const CSS = ['stylesheet', 'flexbox', 'grid', 'button', 'hover', 'margin', 'font', 'layout'];

const folder = mkdtempSync(path.join(tmpdir(), 'pm-train-text-'));
const opened: Pointsman[] = [];
afterAll(async () => {
  for (const one of opened) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

type Teaches = (isSql: boolean, index: number) => boolean;

async function trainOn(name: string, sqlModelIsRight: Teaches): Promise<string> {
  const rows = Array.from({ length: 300 }, (_, index) => {
    const isSql = index % 2 === 0;
    const words = isSql ? SQL : CSS;
    const [a, b] = [words[index % 7], words[(index * 3 + 1) % 8]];
    const right = sqlModelIsRight(isSql, index);
    return {
      id: `own/${index}`,
      task_type: 'code',
      prompt: isSql
        ? `Fix the SQL ${a} so that the ${b} of customer ${index} is right`
        : `Fix the CSS ${a} so that the ${b} of page ${index} is right`,
      outcomes: {
        [SQL_MODEL]: { score: right ? 1 : 0, cost_usd: 0.05 },
        [CSS_MODEL]: { score: right ? 0 : 1, cost_usd: 0.05 },
      },
    };
  });
  const data = path.join(folder, `${name}.jsonl`);
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'));
  const out = path.join(folder, name);
  const code = await train.run(['--data', data, '--out', out, '--as-of', '2026-11-29', '--no-encoder'], {
    stdout: () => undefined,
    stderr: () => undefined,
    env: { HOME: folder },
    cwd: folder,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
  });
  expect(code).toBe(EXIT.ok);
  return path.join(out, 'predictor.json');
}

async function open(predictor: string): Promise<Pointsman> {
  const made = await createPointsman({ store: 'memory', env: { POINTSMAN_PREDICTOR: predictor }, cwd: folder });
  opened.push(made);
  return made;
}

const ask = (pointsman: Pointsman, text: string, policy?: string): Promise<RouteAdvice> =>
  pointsman.routeStep({ text, models: [SQL_MODEL, CSS_MODEL], ...(policy === undefined ? {} : { policy }) });

describe('own rows whose words tell the winner', () => {
  let pointsman: Pointsman;
  let file = '';
  beforeAll(async () => {
    file = await trainOn('telling', (isSql) => isSql);
    pointsman = await open(file);
  });

  test.each([
    ['Repair the SQL join over the orders table', SQL_MODEL],
    ['the SQL index is not used, find out why and fix the query', SQL_MODEL],
    ['Make the CSS grid keep its margin on small screens', CSS_MODEL],
    ['fix the CSS hover of the button', CSS_MODEL],
  ])('"%s" goes to %s', async (text, model) => {
    expect((await ask(pointsman, text)).model).toBe(model);
  });

  test('explain names the gate, its evidence, what it moved, and the word that shuts it', async () => {
    const { decisionId } = await ask(pointsman, 'Repair the SQL join over the orders table');
    const { text } = await pointsman.explainDecision(decisionId, {});
    expect(text).toMatch(/Its words move P\(success\): .*gpt-6-sol \d+ → 9\d %/u);
    expect(text).toMatch(/gate "own" gains out of fold: R 0\.\d+ \(.*300 tasks/u);
    expect(text).toContain('"textGates: shut" in the policy shuts it');
  });

  test('shut, both go to one model, and nothing is said of a gate', async () => {
    const shut = readFileSync(path.resolve(import.meta.dirname, '../../../policies/balanced.policy.yaml'), 'utf8')
      .replace('id: balanced', 'id: deaf\ntextGates: shut')
      .replace(/^examples:[\s\S]*/mu, '');
    writeFileSync(path.join(folder, 'deaf.policy.yaml'), shut);
    const policy = path.join(folder, 'deaf.policy.yaml');
    const [sql, css] = [
      await ask(pointsman, 'Repair the SQL join over the orders table', policy),
      await ask(pointsman, 'Make the CSS join over the orders table', policy),
    ];
    expect(sql.model).toBe(css.model);
    expect((await pointsman.explainDecision(sql.decisionId, {})).text).not.toContain('Its words move');
  });

  test('no word of the rows is in the file', () => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/flexbox|customer 2/u);
  });
});

test('rows whose words tell nothing leave the gate shut and choices alone', async () => {
  const file = await trainOn('mute', (_isSql, index) => (index * 7919) % 13 < 6);
  const pointsman = await open(file);
  const { decisionId, model } = await ask(pointsman, 'Repair the SQL join over the orders table');
  expect((await ask(pointsman, 'Repair the CSS join over the orders table')).model).toBe(model);
  expect((await pointsman.explainDecision(decisionId, {})).text).not.toContain('Its words move');
});
