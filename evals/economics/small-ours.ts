import type { PromptHead } from '../../src/domain/forecast.ts';
import { asId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import type { Ratio } from '../../src/domain/time.ts';
import { productDecision } from '../product-decision.ts';
import { alwaysFrontier, callUsd } from './rivals.ts';
import { misforecast, type StudyCall, type StudyPool, type StudyTrace } from './small-study.ts';
import {
  COLD,
  studyInput,
  studyPolicy,
  toForecast,
  toModel,
  warmTokensOf,
  warmthRow,
  type StudyCache,
  type StudyState,
  type StudyStep,
} from './study-input.ts';
import { blindFuture, doubtfulScenarios } from './study-scenarios.ts';

/** A brief beside the system prompt and tools, and the summary that a fresh context leaves (reference study). */
export const BRIEF_TOKENS = 1500;
export const RESULT_TOKENS = 700;

function headOf(trace: StudyTrace): PromptHead {
  return { key: 'system and tools', tokens: trace.systemTokens };
}

export interface OursOptions {
  readonly pool: StudyPool;
  readonly trace: StudyTrace;
  readonly forecast: 'exact' | 'half' | 'none';
  readonly modes: 'continue' | 'modes' | 'modes-1.5';
  readonly seed: number;
  readonly maxOverheadRatio: Ratio | undefined;
}

/** What our router bills on a session, each call decided as the product does. */
export function runOurs(calls: readonly StudyCall[], options: OursOptions): number {
  const { pool, modes } = options;
  const models = pool.models.map(toModel);
  const policy = studyPolicy({ maxSteps: 24, maxOverheadRatio: options.maxOverheadRatio });
  const workRatio = modes === 'modes-1.5' ? 1.5 : 1;
  const foreseen =
    options.forecast === 'half' ? misforecast(pool, calls, { errorRatio: 0.5, seed: options.seed }) : calls;
  const toStep = (list: readonly StudyCall[], index: number): StudyStep => studyStep(list, index, models, options);
  const head = headOf(options.trace);
  const held = new Map<string, StudyCache>();
  const neverSwitch = new NeverSwitch(pool);
  let transcript = calls[0]?.prefixTokens ?? 0;
  let incumbent: StudyState['incumbent'];
  let usd = 0;
  for (const [index, call] of calls.entries()) {
    const future = foreseen
      .slice(index + 1)
      .map((_, offset) => toForecast(toStep(foreseen, index + 1 + offset), models));
    const state: StudyState = {
      atMs: call.atSeconds * 1000,
      transcriptTokens: transcript,
      incumbent,
      spentUsd: usd,
      neverSwitchUsd: neverSwitch.usd,
      warmth: pool.models.map((model, at) => {
        const id = models[at]?.id ?? asId(model.id);
        return warmthRow(model, id, held.get(model.id) ?? COLD, call.atSeconds, head);
      }),
    };
    const step = toStep(calls, index);
    const known =
      options.forecast === 'none'
        ? blindFuture(step, models, BLIND_STEPS)
        : options.forecast === 'half'
          ? doubtfulScenarios(future.slice(0, DOUBTFUL_STEPS), {
              trustRatio: 0.75,
              needs: needsOf(models),
              scenarioCount: 8,
            })
          : { forecast: future };
    const decision = productDecision(studyInput({ models, policy, step, state, briefUsd: 0, ...known }));
    if (decision.kind === 'refuse') throw new Error(`Refused: ${decision.rejected.map((one) => one.why).join(' ')}`);
    const model = pool.models.find((one) => one.id === decision.to);
    if (model === undefined) throw new Error(`Chose ${decision.to}, which is not in the pool`);
    const grown = (calls[index + 1]?.prefixTokens ?? call.prefixTokens) - call.prefixTokens;
    const at = { seconds: call.atSeconds, headTokens: head.tokens, isFresh: decision.mode !== 'continue' };
    const cache = held.get(model.id) ?? COLD;
    const warm = warmTokensOf(model, cache, at);
    if (decision.mode === 'continue') {
      usd += callUsd(model, transcript, warm, call.outputTokens);
      held.set(model.id, { transcriptTokens: transcript, transcriptAt: at.seconds, headAt: at.seconds });
      incumbent = decision.to;
      transcript += grown;
    } else {
      usd += workRatio * callUsd(model, options.trace.systemTokens + BRIEF_TOKENS, warm, call.outputTokens);
      held.set(model.id, { ...cache, headAt: at.seconds });
      transcript += Math.min(grown, RESULT_TOKENS);
    }
    neverSwitch.call(call);
  }
  return usd;
}

/** The bill of the same session always on the frontier, kept as it goes. */
class NeverSwitch {
  usd = 0;
  private last: StudyCall | undefined;
  private readonly pool: StudyPool;

  constructor(pool: StudyPool) {
    this.pool = pool;
  }

  call(call: StudyCall): void {
    const view = { calls: [call], index: 0, call, models: this.pool.models, current: undefined, warm: () => 0 };
    const model = alwaysFrontier()(view);
    const isWarm = this.last !== undefined && call.atSeconds - this.last.atSeconds <= model.ttlSeconds;
    this.usd += callUsd(model, call.prefixTokens, isWarm ? (this.last?.prefixTokens ?? 0) : 0, call.outputTokens);
    this.last = call;
  }
}

function studyStep(
  list: readonly StudyCall[],
  index: number,
  models: readonly Model[],
  options: OursOptions,
): StudyStep {
  const call = list[index];
  if (call === undefined) throw new Error('No such call');
  const { pool, trace, modes } = options;
  const grown = (list[index + 1]?.prefixTokens ?? call.prefixTokens) - call.prefixTokens;
  const before = list[index - 1];
  return {
    allowed: models.filter((_, at) => (pool.models[at]?.tier ?? 0) >= call.need).map((model) => model.id),
    modes: modes === 'continue' ? ['continue'] : ['continue', 'handoff'],
    gapMs: before === undefined ? 0 : (call.atSeconds - before.atSeconds) * 1000,
    callGapMs: 0,
    head: headOf(trace),
    size: {
      callCount: 1,
      newTokensPerCall: 0,
      outputTokensPerCall: call.outputTokens,
      handoffTokens: trace.systemTokens + BRIEF_TOKENS,
      isolateTokens: trace.systemTokens + RESULT_TOKENS,
      resultTokens: Math.min(grown, RESULT_TOKENS),
      instructionTokens: 0,
      closingTokens: grown - call.outputTokens,
      freshWorkRatio: modes === 'modes-1.5' ? 1.5 : 1,
    },
  };
}

/** How far a session of unknown length is looked at, and a doubtful forecast. */
const BLIND_STEPS = 5;
const DOUBTFUL_STEPS = 6;

/** What a step may ask for: at least this tier. */
function needsOf(models: readonly Model[]): readonly (readonly Model['id'][])[] {
  return models.map((_, at) => models.slice(at).map((model) => model.id));
}
