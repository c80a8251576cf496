import { STEP_KINDS } from '../../domain/step.ts';
import type { LearnedAbility, PredictorArtifact } from '../../predict/artifact.ts';
import { logit, sigmoid } from '../../predict/success/item-response.ts';
import { rounded } from './rounded.ts';

type Unsigned = Omit<PredictorArtifact, 'sha256'>;

/**
 * What was learned, on top of another artifact: abilities of both as counts, and of the parts that the new data
 * say nothing about, such as heads or the forecast, the base's own. Data that the base has seen must not be in `learned`,
 * or it would count twice. Pure.
 */
export function ontoBase(learned: Unsigned, base: PredictorArtifact): Unsigned {
  const abilities = STEP_KINDS.flatMap((kind) => {
    const [own, below] = [learned.abilities[kind], base.abilities[kind]];
    return own === undefined && below === undefined ? [] : [[kind, addTables(own ?? {}, below ?? {})] as const];
  });
  const forecast = learned.forecast ?? base.forecast;
  const struggle = learned.struggle ?? base.struggle;
  return {
    ...learned,
    sources: [...base.sources, ...learned.sources],
    abilities: Object.fromEntries(abilities),
    heads: { ...base.heads, ...learned.heads },
    gates: { ...base.gates, ...learned.gates },
    ...(base.texts === undefined && learned.texts === undefined ? {} : { texts: { ...base.texts, ...learned.texts } }),
    ...(struggle === undefined ? {} : { struggle }),
    ...(forecast === undefined ? {} : { forecast }),
    figures: { ...base.figures, ...learned.figures },
  };
}

function addTables(
  own: Readonly<Record<string, LearnedAbility>>,
  below: Readonly<Record<string, LearnedAbility>>,
): Readonly<Record<string, LearnedAbility>> {
  const models = [...new Set([...Object.keys(below), ...Object.keys(own)])];
  return Object.fromEntries(
    models.flatMap((model) => {
      const both = addCounts(below[model], own[model]);
      return both === undefined ? [] : [[model, both]];
    }),
  );
}

/**
 * Two beliefs about one ability as counts: a mean of p with width w is worth 1 / (w²·p·(1 − p)) observations. On the logit
 * scale itself forty failures in a row would say next to nothing, because there the widths of extreme rates are endless.
 */
function addCounts(one: LearnedAbility | undefined, other: LearnedAbility | undefined): LearnedAbility | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const [a, b] = [toCount(one), toCount(other)];
  const count = a.count + b.count;
  const ratio = Math.min(0.995, Math.max(0.005, (a.count * a.ratio + b.count * b.ratio) / count));
  return {
    mean: rounded(logit(ratio)),
    width: rounded((count * ratio * (1 - ratio)) ** -0.5),
    taskCount: one.taskCount + other.taskCount,
  };
}

function toCount({ mean, width }: LearnedAbility): { readonly ratio: number; readonly count: number } {
  const ratio = sigmoid(mean);
  return { ratio, count: 1 / (width ** 2 * ratio * (1 - ratio)) };
}
