import { promptTokens } from '../../src/domain/usage.ts';
import { promptFeatures } from '../../src/predict/forecast/session-bill.ts';
import type { StretchTable } from '../../src/predict/forecast/stretches.ts';
import type { ThreadTrace } from '../../src/sessions/session-trace.ts';
import { fitLogLinear, type LogLinearRow } from './fit-log-linear.ts';

/** Shorter threads have no third that says anything. */
export const LEAST_CALLS = 9;

/** What prompts are after the first third of a thread, by what they were in it. */
export function fitPrompts(
  threads: readonly ThreadTrace[],
  table: Pick<StretchTable, 'newTokensPerCall' | 'outputTokensPerCall'>,
): readonly number[] {
  const rows = threads.flatMap(({ calls }): readonly LogLinearRow[] => {
    const prompts = calls.flatMap(({ usage }) => (usage === undefined ? [] : [promptTokens(usage)]));
    if (prompts.length < LEAST_CALLS) return [];
    const soFar = prompts.slice(0, Math.floor(prompts.length / 3));
    const left = prompts.slice(soFar.length);
    const mean = left.reduce((sum, prompt) => sum + prompt, 0) / left.length;
    const last = soFar.at(-1) ?? 0;
    return last === 0 ? [] : [{ features: promptFeatures(soFar, left.length, table), value: mean / last }];
  });
  return fitLogLinear(rows);
}
