import type { Figure } from '../../src/domain/figure.ts';
import { openEncoder } from '../../src/predict/onnx/open-encoder.ts';
import {
  loadLabelledSteps,
  scoreTiers,
  TIERS,
  type LabelledStep,
  type StepScores,
  type Tier,
} from '../data/twinrouterbench.ts';
import type { Suite } from '../suite.ts';
import { routeOwnSteps } from '../trials/own-steps.ts';

/**
 * Which tier each step of a real agent needs, scored as TwinRouterBench scores it. Ours are decisions of the product, trained by its
 * own training on the outcomes of the other groups of steps; beside them what it decides untrained.
 */
export const suite: Suite = {
  name: 'steps',
  summary: 'tiers of labelled agent steps as the product decides them, trained on the steps of other groups',
  run: async (context) => {
    if (context.dataDir === undefined) {
      return { kind: 'skipped', why: 'no data', hint: 'Give --data DIR with twinrouterbench_steps.jsonl.gz.' };
    }
    const steps = loadLabelledSteps(context.dataDir);
    context.progress(`steps: ${steps.length} labelled steps`);
    const embedder = await openEncoder(process.env).catch(() => undefined);
    const routed = await routeOwnSteps(steps, embedder).finally(() => embedder?.close());
    const ours = routed.trained;
    const hasTool = (step: LabelledStep): boolean =>
      step.messages.some((message) => message.content.some((part) => part.type === 'tool-result'));
    const rivals: Readonly<Record<string, readonly Tier[]>> = {
      ours,
      'ours, untrained': routed.untrained,
      'any tool result → high': steps.map((step) => (hasTool(step) ? 'high' : 'low')),
      'always high': steps.map(() => 'high'),
      'always low': steps.map(() => 'low'),
      'gold labels': steps.map((step) => step.tier),
    };
    const isRepository = steps.map((step) => step.benchmark === 'swebench');
    const repository = steps.filter((_, index) => isRepository[index]);
    context.print(
      '                            RowPass / Exact / Traj / CostSave / Combined      CostSave on repository issues',
    );
    for (const [name, tiers] of Object.entries(rivals)) {
      const scores = scoreTiers(steps, tiers);
      const inRepository = scoreTiers(
        repository,
        tiers.filter((_, index) => isRepository[index]),
      );
      context.print(`${name.padEnd(26)}  ${line(scores)}      ${inRepository.costSavePct.toFixed(1)}`);
    }
    return {
      kind: 'ran',
      figures: {
        ...figuresOf(steps, ours, hasTool),
        ...untrainedFigures(steps, routed.untrained),
        ...repositoryFigures(
          repository,
          ours.filter((_, index) => isRepository[index]),
        ),
      },
    };
  },
};

function figuresOf(
  steps: readonly LabelledStep[],
  ours: readonly Tier[],
  hasTool: (step: LabelledStep) => boolean,
): Readonly<Record<string, Figure>> {
  const scores = scoreTiers(steps, ours);
  const rule = scoreTiers(
    steps,
    steps.map((step) => (hasTool(step) ? 'high' : 'low')),
  );
  const figure = (value: number, against: number): Figure => ({
    value,
    against,
    unit: '%',
    n: steps.length,
    label: 'measured',
  });
  return {
    'steps.trb.row_pass.pct': figure(scores.rowPassPct, rule.rowPassPct),
    'steps.trb.exact.pct': figure(scores.exactPct, rule.exactPct),
    'steps.trb.traj_pass.pct': figure(scores.trajectoryPassPct, rule.trajectoryPassPct),
    'steps.trb.cost_save.pct': figure(scores.costSavePct, rule.costSavePct),
    'steps.trb.combined.pct': figure(scores.combinedPct, rule.combinedPct),
    'steps.trb.upgrade.ratio': {
      value:
        ours.filter((tier, index) => TIERS.indexOf(tier) > TIERS.indexOf(steps[index]?.tier ?? 'low')).length /
        steps.length,
      unit: 'ratio',
      n: steps.length,
      label: 'measured',
    },
  };
}

function untrainedFigures(steps: readonly LabelledStep[], tiers: readonly Tier[]): Readonly<Record<string, Figure>> {
  const { combinedPct, costSavePct } = scoreTiers(steps, tiers);
  const figure = (value: number): Figure => ({ value, unit: '%', n: steps.length, label: 'measured' });
  return {
    'steps.trb.untrained.combined.pct': figure(combinedPct),
    'steps.trb.untrained.cost_save.pct': figure(costSavePct),
  };
}

function repositoryFigures(steps: readonly LabelledStep[], tiers: readonly Tier[]): Readonly<Record<string, Figure>> {
  const { costSavePct } = scoreTiers(steps, tiers);
  return {
    'steps.trb.swe.cost_save.pct': { value: costSavePct, against: 0, unit: '%', n: steps.length, label: 'measured' },
  };
}

function line(scores: StepScores): string {
  return [scores.rowPassPct, scores.exactPct, scores.trajectoryPassPct, scores.costSavePct, scores.combinedPct]
    .map((value) => value.toFixed(1).padStart(5))
    .join(' / ');
}
