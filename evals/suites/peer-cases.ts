import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import { readRisk as read } from '../../src/predict/risk-reader.ts';
import { dataFile } from '../data/data-file.ts';
import {
  TIERS,
  chooseTiers,
  loadComplexityCases,
  type ComplexityCase,
  type Tier,
  type TierChoice,
} from '../peers/complexity-prompts.ts';
import { loadRiskCases, type RiskCase } from '../peers/risk-cases.ts';
import { loadScenarios, runScenario, type ScenarioAnswer } from '../peers/session-protection.ts';
import type { Suite, SuiteContext } from '../suite.ts';

/** One model a tier, cheapest first. */
const TIER_MODELS: readonly string[] = ['gpt-6-luna', 'gpt-5.4-mini', 'claude-sonnet-5', 'claude-opus-5-5'];

/**
 * Test cases that other routers hold themselves to. Material to compare with, not a target: where ours differs on purpose it
 * stays different, and the table says so.
 */
export const suite: Suite = {
  name: 'peer-cases',
  summary:
    'other routers’ own test cases: when to stay in a session, how capable a model a prompt needs, personal data',
  async run(context) {
    const scenarios = dataFile(context.dataDir, 'peer-cases/vllm-semantic-router/session-protection.json');
    if (scenarios.kind === 'absent') return scenarios.answer;
    const prompts = dataFile(context.dataDir, 'peer-cases/litellm/complexity-eval.json');
    if (prompts.kind === 'absent') return prompts.answer;
    const risks = dataFile(context.dataDir, 'peer_cases_vllm_semantic_router.jsonl.gz');
    if (risks.kind === 'absent') return risks.answer;
    const answers = loadScenarios(scenarios.path).flatMap(runScenario);
    context.print(scenarioTable(answers));
    return {
      kind: 'ran',
      figures: {
        ...scenarioFigures(answers),
        ...(await promptFigures(loadComplexityCases(prompts.path), context)),
        ...riskFigures(loadRiskCases(risks.path), context),
      },
    };
  },
};

function scenarioFigures(answers: readonly ScenarioAnswer[]): Figures {
  const byScenario = Map.groupBy(answers, (answer) => answer.scenario);
  const whole = [...byScenario.values()].filter((steps) => steps.every((step) => step.agrees)).length;
  return {
    'peers.vllm_sr.session.step.accuracy.pct': share(answers.filter((answer) => answer.agrees).length, answers.length),
    'peers.vllm_sr.session.scenario.accuracy.pct': share(whole, byScenario.size),
  };
}

function scenarioTable(answers: readonly ScenarioAnswer[]): string {
  const others = answers.filter((answer) => !answer.agrees);
  const rows = others.map(
    ({ scenario, step, model, why }) =>
      `  ${scenario} / ${step.id}: they ${step.expected.model} (${step.expected.reason}), we ${model ?? 'refuse'} (${why})`,
  );
  return `Session protection: ${answers.length - others.length} of ${answers.length} requests alike\n${rows.join('\n')}\n`;
}

async function promptFigures(cases: readonly ComplexityCase[], { print }: SuiteContext): Promise<Figures> {
  const catalog = loadCatalog();
  const models = TIER_MODELS.flatMap((id) => catalog.get(id) ?? []);
  const policy = loadPolicies(catalog).get('balanced')?.policy;
  if (policy === undefined || models.length !== TIERS.length) throw new TypeError('The catalogue lacks a tier model');
  const choices = await chooseTiers(cases, models, policy);
  print(promptTable(choices));
  const accepted = (tierOf: (choice: TierChoice) => Tier): number =>
    choices.filter((choice) => choice.test.acceptable.includes(tierOf(choice))).length;
  return {
    'peers.litellm.accuracy.pct': {
      ...share(
        accepted((choice) => choice.tier),
        cases.length,
      ),
      against: Math.max(
        ...TIERS.map((tier) =>
          percent(
            accepted(() => tier),
            cases.length,
          ),
        ),
      ),
    },
    'peers.litellm.exact.pct': share(
      choices.filter((choice) => choice.tier === choice.test.expected).length,
      cases.length,
    ),
  };
}

function promptTable(choices: readonly TierChoice[]): string {
  const rows = TIERS.map((expected) => {
    const mine = choices.filter((choice) => choice.test.expected === expected);
    const picked = TIERS.map((tier) => mine.filter((choice) => choice.tier === tier).length);
    return `  ${expected.padEnd(10)} ${picked.map((count) => String(count).padStart(9)).join(' ')}`;
  });
  return `Prompts by the tier that was asked for (down) and the one we picked (across), balanced policy, ${TIER_MODELS.join(', ')}\n  ${''.padEnd(10)} ${TIERS.map((tier) => tier.padStart(9)).join(' ')}\n${rows.join('\n')}\n`;
}

/** Personal data seen by its form, on cases of another hand. */
function riskFigures(cases: readonly RiskCase[], { print }: SuiteContext): Figures {
  const seen = (isThere: boolean): Figure => {
    const mine = cases.filter((one) => one.holdsPersonalData === isThere);
    return share(mine.filter((one) => read(one.prompt).risk !== 'none').length, mine.length);
  };
  const byType = Map.groupBy(
    cases.filter((one) => one.holdsPersonalData),
    (one) => one.type,
  );
  const rows = [...byType].map(
    ([type, mine]) =>
      `  ${type.padEnd(16)} ${mine.filter((one) => read(one.prompt).risk !== 'none').length} of ${mine.length}`,
  );
  print(`Personal data seen, by what the case names\n${rows.join('\n')}\n`);
  return {
    'peers.vllm_sr.personal_data.seen.accuracy.pct': seen(true),
    'peers.vllm_sr.personal_data.false_alarm.pct': seen(false),
  };
}

function share(count: number, n: number): Figure {
  return { value: percent(count, n), unit: '%', n, label: 'measured' };
}

function percent(count: number, n: number): number {
  return Number(((100 * count) / n).toFixed(2));
}
