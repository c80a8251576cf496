import { asId } from '../../src/domain/ids.ts';
import type { Model } from '../../src/domain/model.ts';
import { productDecision } from '../product-decision.ts';
import { FRESH, freshRunUsd, runEnd } from './large-rivals.ts';
import type { LargePair, LargeSession } from './large-study.ts';
import { createRandom } from './random.ts';
import { callUsd } from './rivals.ts';
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

export interface LargeOptions {
  readonly pair: LargePair;
  readonly forecast: 'exact' | 'half' | 'none';
  readonly modes: 'continue' | 'modes' | 'modes-1.5';
  readonly seed: number;
  /** The forecast says of no pause that it outlasts a cache. */
  readonly hidesPauses?: boolean;
}

/** How far a session of unknown length is looked at: sessions are long here, and two models are soon searched. */
const BLIND_STEPS = 8;

/** System prompt and tools, which the shared transcript and every fresh context begin with. */
const HEAD = { key: 'system and tools', tokens: FRESH.systemTokens };

/** A step of the plan: a run of calls of one need, or one call where only `continue` is offered. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly need: number;
}

const NEEDS = (models: readonly Model[]): readonly (readonly Model['id'][])[] =>
  models.map((_, at) => models.slice(at).map((model) => model.id));

/** What our router bills on a session of the large study; every step is decided as the product does. */
export function runLargeOurs(session: LargeSession, options: LargeOptions): number {
  const { pair, modes } = options;
  const study = [pair.cheap, pair.frontier];
  const models = study.map(toModel);
  const policy = studyPolicy({ maxSteps: 32, maxOverheadRatio: undefined });
  const work = modes === 'modes-1.5' ? 1.5 : 1;
  const runs = runsOf(session, modes === 'continue');
  const foreseen = options.forecast === 'half' ? doubted(runs, options.seed) : runs;
  const held = new Map<string, StudyCache>();
  let shrunk = 0;
  let usd = 0;
  let incumbent: StudyState['incumbent'];
  for (const [index, run] of runs.entries()) {
    const step = stepOf(session, run, models, options);
    const future = foreseen
      .slice(index + 1, index + 33)
      .map((later) => toForecast(foreseenStep(stepOf(session, later, models, options), options), models));
    const at = session.atSeconds[run.from] ?? 0;
    const decision = productDecision(
      studyInput({
        models,
        policy,
        step,
        briefUsd: modes === 'continue' ? 0 : (FRESH.briefOutputTokens * pair.frontier.output) / 1e6,
        state: {
          atMs: at * 1000,
          transcriptTokens: (session.prefixTokens[run.from] ?? 0) - shrunk,
          incumbent,
          spentUsd: usd,
          neverSwitchUsd: 0,
          warmth: study.map((one, which) => {
            return warmthRow(one, models[which]?.id ?? asId(one.id), held.get(one.id) ?? COLD, at, HEAD);
          }),
        },
        ...(options.forecast === 'half'
          ? doubtfulScenarios(future.slice(0, 8), { trustRatio: 0.7, needs: NEEDS(models), scenarioCount: 7 })
          : options.forecast === 'none'
            ? blindFuture(step, models, BLIND_STEPS)
            : { forecast: future }),
      }),
    );
    if (decision.kind === 'refuse') throw new Error('Refused a study step');
    const model = study.find((one) => one.id === decision.to) ?? pair.frontier;
    if (decision.mode === 'continue') {
      incumbent = decision.to;
      for (let call = run.from; call < run.to; call += 1) {
        const now = session.atSeconds[call] ?? 0;
        const prompt = (session.prefixTokens[call] ?? 0) - shrunk;
        const place = { seconds: now, headTokens: HEAD.tokens, isFresh: false };
        const warm = warmTokensOf(model, held.get(model.id) ?? COLD, place);
        usd += callUsd(model, prompt, warm, session.outputTokens[call] ?? 0);
        held.set(model.id, { transcriptTokens: prompt, transcriptAt: now, headAt: now });
      }
    } else {
      const cache = held.get(model.id) ?? COLD;
      const warm = warmTokensOf(model, cache, { seconds: at, headTokens: HEAD.tokens, isFresh: true });
      usd += freshRunUsd(session, model, { ...run, work, headTokens: warm });
      usd += (FRESH.briefOutputTokens * pair.frontier.output) / 1e6;
      held.set(model.id, { ...cache, headAt: session.atSeconds[run.to - 1] ?? at });
      shrunk += Math.max(0, grownBy(session, run) - FRESH.resultTokens);
    }
  }
  return usd;
}

/** The usual gap of the study, in the place of a longer one. */
const USUAL_GAP_MS = 10_000;

function foreseenStep(step: StudyStep, { hidesPauses }: LargeOptions): StudyStep {
  return hidesPauses === true ? { ...step, gapMs: Math.min(step.gapMs, USUAL_GAP_MS) } : step;
}

function runsOf(session: LargeSession, isSingle: boolean): readonly Run[] {
  const runs: Run[] = [];
  let from = 0;
  while (from < session.need.length) {
    const to = isSingle ? from + 1 : runEnd(session, from);
    runs.push({ from, to, need: session.need[from] ?? 1 });
    from = to;
  }
  return runs;
}

/** The same runs with half of the needs drawn anew. */
function doubted(runs: readonly Run[], seed: number): readonly Run[] {
  const random = createRandom(seed);
  return runs.map((run) => (random() < 0.5 ? { ...run, need: random() < 0.5 ? 0 : 1 } : run));
}

function grownBy(session: LargeSession, run: Run): number {
  const { prefixTokens } = session;
  return (prefixTokens[Math.min(run.to, prefixTokens.length - 1)] ?? 0) - (prefixTokens[run.from] ?? 0);
}

function stepOf(session: LargeSession, run: Run, models: readonly Model[], options: LargeOptions): StudyStep {
  const callCount = run.to - run.from;
  const outputs = session.outputTokens.slice(run.from, run.to);
  const output = outputs.reduce((sum, tokens) => sum + tokens, 0) / callCount;
  const grown = grownBy(session, run);
  const perCall = grown / (run.to < session.need.length ? callCount : Math.max(1, callCount - 1));
  const first = session.atSeconds[run.from] ?? 0;
  const last = session.atSeconds[run.to - 1] ?? first;
  const before = session.atSeconds[run.from - 1] ?? first;
  return {
    allowed: models.slice(run.need).map((model) => model.id),
    modes: options.modes === 'continue' ? ['continue'] : ['continue', 'handoff'],
    gapMs: (first - before) * 1000,
    head: HEAD,
    callGapMs: callCount > 1 ? Math.min(60_000, ((last - first) / (callCount - 1)) * 1000) : 0,
    size: {
      callCount,
      newTokensPerCall: perCall - output,
      outputTokensPerCall: output,
      handoffTokens: FRESH.systemTokens + FRESH.briefTokens,
      isolateTokens: FRESH.systemTokens,
      resultTokens: Math.min(grown, FRESH.resultTokens),
      instructionTokens: 0,
      closingTokens: perCall - output,
      freshWorkRatio: options.modes === 'modes-1.5' ? 1.5 : 1,
    },
  };
}
