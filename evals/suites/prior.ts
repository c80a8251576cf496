import { readFileSync } from 'node:fs';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import type { StepKind } from '../../src/domain/step.ts';
import { NO_EVIDENCE } from '../../src/predict/features/step-features.ts';
import { priorEstimate } from '../../src/predict/prior-predictor.ts';
import { listPrice } from '../../src/replay/simulation/build-workload.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite } from '../suite.ts';
import { rankCorrelation } from '../trials/rank-correlation.ts';

/** What a published table says of one model: its own name and a score. */
interface PublishedRow {
  readonly name: string;
  readonly score: number;
}

/** Fewer models than this, and an order of them says nothing. */
const LEAST_MODELS = 6;

/**
 * Before any outcome was seen, does the catalogue's prior order models as published tables of whole agents do? Against it
 * stands the order of list prices, which costs nothing to know.
 */
export const suite: Suite = {
  name: 'prior',
  summary: 'the catalogue’s prior against published tables of whole agents: are models in the same order?',
  run({ dataDir, print }) {
    const openhands = dataFile(dataDir, 'openhands_index_summary.json');
    if (openhands.kind === 'absent') return Promise.resolve(openhands.answer);
    const tau2 = dataFile(dataDir, 'tau2_leaderboard.json');
    if (tau2.kind === 'absent') return Promise.resolve(tau2.answer);
    const models = loadCatalog().models;
    const tables: readonly (readonly [string, StepKind, readonly PublishedRow[]])[] = [
      ['openhands.swe-bench', 'code', openhandsRows(openhands.path, 'swe-bench')],
      ['openhands.swt-bench', 'test', openhandsRows(openhands.path, 'swt-bench')],
      ['openhands.gaia', 'other', openhandsRows(openhands.path, 'gaia')],
      ['tau2.banking', 'other', tau2Rows(tau2.path)],
    ];
    const figures: Record<string, Figure> = {};
    for (const [name, kind, rows] of tables) {
      const known = matchedRows(rows, models);
      if (known.length < LEAST_MODELS) {
        print(`  ${name}: left out, only ${known.length} of its models are in the catalogue`);
        continue;
      }
      const scores = known.map(({ score }) => score);
      const predicted = known.map(({ model }) => priorEstimate({ kind, evidence: NO_EVIDENCE }, model).successRatio);
      const { value, low, high } = rankCorrelation(predicted, scores);
      const byPrice = rankCorrelation(
        known.map(({ model }) => listPrice(model)),
        scores,
      );
      figures[`prior.${name}.spearman`] = {
        value,
        low,
        high,
        against: byPrice.value,
        unit: 'rank correlation',
        n: known.length,
        seed: 1,
        label: 'measured',
      };
    }
    return Promise.resolve({ kind: 'ran', figures });
  },
};

function openhandsRows(file: string, benchmark: string): readonly PublishedRow[] {
  const rows = JSON.parse(readFileSync(file, 'utf8')) as readonly {
    readonly agent: string;
    readonly model: string;
    readonly scores: readonly { readonly benchmark: string; readonly score: number }[];
  }[];
  return rows
    .filter((row) => row.agent === 'openhands')
    .flatMap((row) =>
      row.scores.filter((one) => one.benchmark === benchmark).map((one) => ({ name: row.model, score: one.score })),
    );
}

function tau2Rows(file: string): readonly PublishedRow[] {
  const rows = JSON.parse(readFileSync(file, 'utf8')) as readonly {
    readonly model_name: string;
    readonly results: Readonly<Record<string, { readonly pass_1?: number | null } | null>>;
  }[];
  return rows.flatMap((row) => {
    const score = row.results['banking_knowledge']?.pass_1;
    return score == null ? [] : [{ name: row.model_name, score }];
  });
}

/** Rows of models that the catalogue knows by exactly that name, but for signs and case; the best row of each. */
function matchedRows(
  rows: readonly PublishedRow[],
  models: readonly Model[],
): readonly { readonly model: Model; readonly score: number }[] {
  const plain = (name: string): string =>
    name
      .toLowerCase()
      .replace(/-?preview$/u, '')
      .replaceAll(/[^a-z0-9]/gu, '');
  const byName = new Map(models.map((model) => [plain(model.id), model]));
  const best = new Map<Model, number>();
  for (const row of rows) {
    const model = byName.get(plain(row.name));
    if (model !== undefined) best.set(model, Math.max(row.score, best.get(model) ?? 0));
  }
  return [...best].map(([model, score]) => ({ model, score }));
}
