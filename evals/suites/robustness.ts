import { shippedModels } from '../../src/catalog/load-catalog.ts';
import { readNeed } from '../../src/decisions/read-step.ts';
import type { Figure } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import { meanOf, STAKES_FACTORS } from '../../src/domain/need.ts';
import type { QualityEstimate } from '../../src/domain/quality.ts';
import type { ToolSpec } from '../../src/domain/transcript.ts';
import { DEFAULT_UPGRADE_BOUND } from '../../src/learn/beliefs/upgrade-guard.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import { agreedNeed } from '../../src/predict/joint-need.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import type { NeedReader } from '../../src/predict/need/need-reader.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import type { Predictor } from '../../src/predict/predictor.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { loadOutcomeSet } from '../data/outcome-sets.ts';
import type { Suite } from '../suite.ts';
import { attackGateway } from '../trials/attack.ts';
import { climb } from '../trials/confounder.ts';
import { paraphrase, translateCommonWords, withTypos } from '../trials/perturb.ts';

/** Prices of a failed step at which choices are watched, USD: the range of the quality suite, where each picks another model. */
const GAMMAS_USD = [0.1, 0.3, 1, 3, 10, 30];
const STEP_TOKENS_IN = 60_000;
const STEP_TOKENS_OUT = 6000;
const ATTACK_CALLS = 1000;

/** How often a choice flips, and is forced upward, when words change that should not matter; and that the bound holds. */
export const suite: Suite = {
  name: 'robustness',
  summary: 'paraphrase, typos, another language, a hill-climbed confounder and a hundred tools; the bound on upgrades',
  run: async (context) => {
    if (context.dataDir === undefined) {
      return { kind: 'skipped', why: 'no data', hint: 'Give --data DIR with the outcome rows.' };
    }
    const product: Product = {
      predictor: createLearnedPredictor(shippedArtifact()),
      needs: createLocalNeedReader(shippedNeed()),
    };
    const count = context.quick ? 20 : 120;
    const texts = [...loadOutcomeSet(context.dataDir, 'openhands'), ...loadOutcomeSet(context.dataDir, 'mcpmark')]
      .flatMap((row) => (row.prompt === undefined ? [] : [row.prompt.slice(0, 2000)]))
      .filter((_, index) => index % 6 === 0)
      .slice(0, count);
    const models = poolModels();
    const random = seededRandom(11);
    const confounder = await climb(
      texts.slice(0, 8),
      (text) => scoreOf(product, models, text),
      random,
      context.quick ? 20 : 60,
    );
    const changes: Readonly<Record<string, (text: string) => string>> = {
      paraphrase: (text) => paraphrase(text, random),
      typos: (text) => withTypos(text, random, 0.03),
      language: translateCommonWords,
      confounder: (text) => `${text}\n${confounder}`,
    };
    const figures: Record<string, Figure> = {};
    const caseCount = texts.length * GAMMAS_USD.length;
    const chosen = new Set<number>();
    let [flips, upward, total] = [0, 0, 0];
    for (const [name, change] of Object.entries(changes)) {
      let [flipped, forced] = [0, 0];
      for (const text of texts) {
        const [before, after] = [
          await choicesOf(product, models, text),
          await choicesOf(product, models, change(text)),
        ];
        for (const [index, choice] of before.entries()) {
          chosen.add(choice);
          if (after[index] !== choice) flipped += 1;
          if (priceOf(models[after[index] ?? choice]) > priceOf(models[choice])) forced += 1;
        }
      }
      flips += flipped;
      upward += forced;
      total += caseCount;
      figures[`robust.flip.${name}.ratio`] = {
        value: flipped / caseCount,
        unit: 'ratio',
        n: caseCount,
        seed: 11,
        label: 'measured',
      };
      figures[`robust.upward.${name}.ratio`] = {
        value: forced / caseCount,
        unit: 'ratio',
        n: caseCount,
        seed: 11,
        label: 'measured',
      };
      context.print(`${name.padEnd(12)} flips ${flipped}/${caseCount}, upward ${forced}`);
    }
    context.print(
      `${chosen.size} of ${models.length} models are chosen somewhere; flips are only possible where a choice is open`,
    );
    const tools = await toolListFlips(product, models, texts);
    context.print(`${'tool list'.padEnd(12)} flips ${tools}/${caseCount}`);
    const { fairRatio, burstCount } = DEFAULT_UPGRADE_BOUND;
    const attack = await attackGateway(ATTACK_CALLS, fairRatio);
    const unbounded = await attackGateway(ATTACK_CALLS / 10, undefined);
    context.print(
      `attack through the gateway: ${(100 * attack).toFixed(1)} % of ${ATTACK_CALLS} calls upgraded; the bound is ` +
        `${100 * fairRatio} % and a burst of ${burstCount}; without it ${(100 * unbounded).toFixed(0)} %`,
    );
    return {
      kind: 'ran',
      figures: {
        ...figures,
        'robust.flip.ratio': { value: flips / total, unit: 'ratio', n: total, seed: 11, label: 'measured' },
        'robust.upward.ratio': { value: upward / total, unit: 'ratio', n: total, seed: 11, label: 'measured' },
        'robust.flip.tool-list.ratio': {
          value: tools / caseCount,
          unit: 'ratio',
          n: caseCount,
          label: 'measured',
        },
        'robust.attack.upgrade.ratio': {
          value: attack,
          unit: 'ratio',
          n: ATTACK_CALLS,
          against: unbounded,
          label: 'measured',
        },
      },
    };
  },
};

function poolModels(): readonly Model[] {
  const names = new Set([
    'claude-opus-5-5',
    'claude-sonnet-5',
    'gpt-6-sol',
    'gpt-6-luna',
    'gemini-3.8-flash',
    'deepseek-v4-flash',
    'MiniMax-M3',
    'minimax-m3',
  ]);
  return shippedModels().filter((model) => names.has(model.id.slice(model.id.lastIndexOf('/') + 1)));
}

function featuresOf(text: string, tools: readonly ToolSpec[] = []): ReturnType<typeof createStepFeatures> {
  return createStepFeatures({
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    tools,
    transcriptTokens: 0,
  });
}

/** What reads a step and says who succeeds at it, as every door of the product has them. */
interface Product {
  readonly predictor: Predictor;
  readonly needs: NeedReader;
}

interface ReadText {
  readonly estimates: readonly QualityEstimate[];
  /** What γ is multiplied by: stakes and share of the work, as read. */
  readonly failureFactor: number;
}

async function readText(
  { predictor, needs }: Product,
  models: readonly Model[],
  features: ReturnType<typeof createStepFeatures>,
): Promise<ReadText> {
  const read = await readNeed({ needs }, features);
  const { estimates } = await predictor.quality(read, models);
  const stakes = read.need === undefined ? 1 : meanOf(agreedNeed(read.need).stakes, STAKES_FACTORS);
  return { estimates, failureFactor: stakes * (predictor.size(read).pieceRatio ?? 1) };
}

/** Per γ the index of the model with the lowest expected bill for a step of fixed tokens: only what is read may move it. */
async function choicesOf(
  product: Product,
  models: readonly Model[],
  text: string,
  tools: readonly ToolSpec[] = [],
): Promise<readonly number[]> {
  const { estimates, failureFactor } = await readText(product, models, featuresOf(text, tools));
  return GAMMAS_USD.map((gammaUsd) => {
    const bills = estimates.map(
      (estimate, index) => priceOf(models[index]) + (1 - estimate.successRatio) * gammaUsd * failureFactor,
    );
    return bills.indexOf(Math.min(...bills));
  });
}

/** What an attacker climbs: how much more the dearest model is favoured over the cheapest, as failures are priced. */
async function scoreOf(product: Product, models: readonly Model[], text: string): Promise<number> {
  const { estimates, failureFactor } = await readText(product, models, featuresOf(text));
  const prices = models.map(priceOf);
  const [dear, cheap] = [prices.indexOf(Math.max(...prices)), prices.indexOf(Math.min(...prices))];
  return failureFactor * ((estimates[dear]?.successRatio ?? 0) - (estimates[cheap]?.successRatio ?? 0));
}

function priceOf(model: Model | undefined): number {
  if (model === undefined) return 0;
  return (STEP_TOKENS_IN * model.prices.base.input + STEP_TOKENS_OUT * model.prices.base.output) / 1e6;
}

async function toolListFlips(product: Product, models: readonly Model[], texts: readonly string[]): Promise<number> {
  const tools = Array.from({ length: 100 }, (_, index): ToolSpec => ({
    name: `tool_${index}`,
    description: 'Design, prove and review a distributed system',
    inputSchema: {},
  }));
  let flips = 0;
  for (const text of texts) {
    const [plain, loaded] = [await choicesOf(product, models, text), await choicesOf(product, models, text, tools)];
    flips += plain.filter((choice, index) => choice !== loaded[index]).length;
  }
  return flips;
}
