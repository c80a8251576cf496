import { billNanoUsd } from '../../catalog/bill.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Model } from '../../domain/model.ts';
import { sumNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At, Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import { usageWithCache } from '../calls/usage-with-cache.ts';
import type { CallEntry } from '../model/job-journal.ts';
import type { Counterfactual } from '../model/job-report.ts';

/** A finished call with what its provider reported. */
interface CountedCall {
  readonly thread: string;
  readonly model: Model;
  readonly usage: Usage;
  readonly startedAt: At;
}

/**
 * The bill of the same calls on one model: same prompts and answers in that model's own count, its prices, and a simulated
 * cache per transcript (what the transcript held before is read inside the time to live, the rest is written). It is a
 * model, not a measurement: another model would have written other words.
 */
function billOnOneModel(calls: readonly CountedCall[], model: Model): NanoUsd {
  const cached = new Map<string, { readonly tokens: Tokens; readonly at: At }>();
  return sumNanoUsd(
    calls.map((call) => {
      const ratio = model.tokenRatio / call.model.tokenRatio;
      const prompt = Math.round(promptTokens(call.usage) * ratio);
      const output = Math.round(call.usage.outputTokens * ratio);
      const read = readableTokens(model, cached.get(call.thread), { prompt, at: call.startedAt });
      cached.set(call.thread, { tokens: prompt + output, at: call.startedAt });
      return billNanoUsd(model.prices, usageWithCache(model, { prompt, read, output }), call.startedAt);
    }),
  );
}

function readableTokens(
  model: Model,
  before: { readonly tokens: Tokens; readonly at: At } | undefined,
  now: { readonly prompt: Tokens; readonly at: At },
): Tokens {
  const rule = model.cacheRule;
  if (rule.kind === 'none' || before === undefined || now.at - before.at > rule.ttlMs) return 0;
  const tokens = Math.floor(Math.min(before.tokens, now.prompt) / rule.granularityTokens) * rule.granularityTokens;
  return tokens < rule.minTokens ? 0 : tokens;
}

/**
 * The job's bill under two simple rules, for comparison. Attempts that a check rejected are left out of both: the rule is
 * given the benefit that its model would have been right at the first try.
 *
 * @param frontier the most able model of the pool; `undefined`: none is known.
 */
export function counterfactuals(
  catalog: Catalog,
  entries: readonly CallEntry[],
  options: { readonly frontier: Model | undefined; readonly isRejected: (entry: CallEntry) => boolean },
): readonly Counterfactual[] {
  const all = counted(catalog, entries);
  const kept = counted(
    catalog,
    entries.filter((entry) => !options.isRejected(entry)),
  );
  const rules = [
    { name: 'always-frontier', model: options.frontier },
    { name: 'never-switch', model: all[0]?.model },
  ] as const;
  return rules.flatMap(({ name, model }) =>
    model === undefined || kept.length === 0
      ? []
      : [
          {
            name,
            model: model.id,
            billNanoUsd: billOnOneModel(kept, model),
            wasRejectedHere: entries.some((entry) => entry.model === model.id && options.isRejected(entry)),
            label: 'modelled' as const,
          },
        ],
  );
}

/** The most able model: a frontier one before others, then by the catalogue's index; ties by id. */
export function frontierOf(models: readonly Model[]): Model | undefined {
  return [...models].sort(
    (a, b) =>
      Number(b.frontier) - Number(a.frontier) ||
      (b.abilityIndex ?? 0) - (a.abilityIndex ?? 0) ||
      (a.id < b.id ? -1 : 1),
  )[0];
}

function counted(catalog: Catalog, entries: readonly CallEntry[]): readonly CountedCall[] {
  return entries.flatMap((entry) => {
    const model = catalog.get(entry.model);
    const usage = entry.end?.kind === 'answered' ? entry.end.usage : undefined;
    // A rule of one model reads no steps and asks nobody else.
    const isBeside = entry.purpose === 'reader' || entry.purpose === 'advice';
    return model === undefined || usage === undefined || isBeside
      ? []
      : [{ thread: entry.thread, model, usage, startedAt: entry.startedAt }];
  });
}
