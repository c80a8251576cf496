import type { DecideInput, Route } from '../../domain/decision.ts';
import type { PromptHead } from '../../domain/forecast.ts';
import type { Model } from '../../domain/model.ts';
import { formatUsd } from '../../domain/money.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import type { HeadWarmth, Warmth } from '../../domain/warmth.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { cacheableHeadTokens, firstCallWarmth, heldHead } from '../../router/prompt-head.ts';
import { chooseToolList } from '../../router/tool-list.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { freshHead, sharedHead } from './step-heads.ts';
import { agentOf } from './step-plan.ts';

/**
 * Which tools a fresh context offers: all of the job, as the shared transcript does, whose head the model may hold warm,
 * or only the agent's own, which are fewer. What an agent may call is the same either way. `undefined` on the shared
 * transcript, whose tools never change. Pure.
 */
export function toolListFor(
  run: Pick<JobRun, 'agents' | 'tools' | 'entry'>,
  step: JobStep,
  routed: { readonly input: DecideInput; readonly decision: Route; readonly warmth: readonly Warmth[] },
): StepRecord['toolList'] {
  const { input, decision } = routed;
  const [own, shared] = [freshHead(run, step), sharedHead(run)];
  const model = input.models.find((one) => one.id === decision.to);
  if (decision.mode === 'continue' || own === undefined || shared === undefined || model === undefined)
    return undefined;
  const { size } = input.step;
  const moreTokens = moreTokensOf(run, step);
  const fewerTokens = decision.mode === 'handoff' ? size.handoffTokens : size.isolateTokens;
  const same = warmthOf(input, model, shared);
  // As the ledger has it: in the decision's input the own head is credited with what the shared one is worth.
  const fewer = warmthOf({ ...input, warmth: routed.warmth }, model, own);
  const answer = chooseToolList(model, {
    promptTokens: (fewerTokens + moreTokens) * model.tokenRatio,
    ...same,
    fewerWarmTokens: fewer.warmTokens,
    fewerHitRatio: fewer.hitRatio,
    presentToolTokens: moreTokens * model.tokenRatio,
    neededToolTokens: 0,
    callCount: size.callCount * model.callsRatio,
    growthTokens: (size.outputTokensPerCall * model.outputRatio + size.newTokensPerCall) * model.tokenRatio,
    outputTokens: size.outputTokensPerCall * model.outputRatio * model.tokenRatio,
  });
  return { ...answer, why: whyOf(answer, { same: same.warmTokens, fewer: fewer.warmTokens }) };
}

/**
 * The warmth of the pool as fresh contexts of these steps will meet it: a head that is cold, but could be left away for
 * the shared transcript's warm one, counts as warm for as many tokens as that saves, the longer list paid for. So the
 * decision prices what `toolListFor` will then choose. Pure.
 */
export function withSharedHead(
  run: Pick<JobRun, 'agents' | 'tools' | 'entry'>,
  steps: readonly { readonly step: JobStep; readonly callCount: number }[],
  models: readonly Model[],
  warmth: readonly Warmth[],
): readonly Warmth[] {
  const shared = sharedHead(run);
  if (shared === undefined || !warmth.some((row) => heldHead(row, shared) !== undefined)) return warmth;
  return warmth.map((row) => {
    const model = models.find((one) => one.id === row.model);
    const held = heldHead(row, shared);
    if (model === undefined || held === undefined) return row;
    const heads = new Map((row.heads ?? []).map((head) => [head.key, head]));
    for (const { step, callCount } of steps) {
      const own = freshHead(run, step);
      if (own === undefined || own.key === shared.key) continue;
      const saved = Math.min(savedTokens(run, step, { model, held, callCount }), cacheableHeadTokens(model, own));
      const known = heads.get(own.key);
      if (saved > (known?.warmTokens ?? 0))
        heads.set(own.key, { ...held, key: own.key, warmTokens: Math.floor(saved) });
    }
    return { ...row, heads: [...heads.values()] };
  });
}

/** Tokens of its own head that an agent's context would have to hold warm to be as cheap as with the shared one. */
function savedTokens(
  run: Pick<JobRun, 'agents' | 'tools' | 'entry'>,
  step: JobStep,
  on: { readonly model: Model; readonly held: HeadWarmth; readonly callCount: number },
): number {
  const { model, held, callCount } = on;
  const { input, cacheRead, cacheWrite } = model.prices.base;
  const write = cacheWrite ?? input;
  const read = cacheRead ?? input;
  if (write <= read) return 0;
  const calls = Math.max(1, callCount * model.callsRatio);
  return held.warmTokens - (moreTokensOf(run, step) * model.tokenRatio * (write + (calls - 1) * read)) / (write - read);
}

/** By how much the job's list of tools is longer than the agent's; its words stand in the prompt or the instruction. */
function moreTokensOf(run: Pick<JobRun, 'agents' | 'tools' | 'entry'>, step: JobStep): number {
  const [own, shared] = [freshHead(run, step), sharedHead(run)];
  if (own === undefined || shared === undefined) return 0;
  return Math.max(0, shared.tokens - (own.tokens - estimateTokens(agentOf(run, step).prompt)));
}

function warmthOf(input: DecideInput, model: Model, head: PromptHead): ReturnType<typeof firstCallWarmth> {
  const row = input.warmth.find((one) => one.model === model.id);
  return firstCallWarmth(model, row, { mode: 'isolate', sharedHead: undefined, freshHead: head });
}

function whyOf(
  { choice, sameNanoUsd, fewerNanoUsd }: ReturnType<typeof chooseToolList>,
  warm: { readonly same: number; readonly fewer: number },
): string {
  const same = `all of the job's tools (${Math.round(warm.same)} tokens of them warm) ${formatUsd(sameNanoUsd)}`;
  const fewer = `the agent's own (${Math.round(warm.fewer)} warm) ${formatUsd(fewerNanoUsd)}`;
  return choice === 'same-tools' ? `${same}, ${fewer}: the warm list is kept.` : `${fewer}, ${same}: fewer are sent.`;
}
