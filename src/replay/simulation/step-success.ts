import { isUnread } from '../../decisions/rest-of-session.ts';
import type { Model } from '../../domain/model.ts';
import type { StepNeed } from '../../domain/need.ts';
import { promptTokens } from '../../domain/usage.ts';
import { NO_EVIDENCE, type StepEvidence, type StepFeatures } from '../../predict/features/step-features.ts';
import { agreedNeed } from '../../predict/joint-need.ts';
import type { NeedReader } from '../../predict/need/need-reader.ts';
import type { Predictor } from '../../predict/predictor.ts';
import { PRIOR_VERSION } from '../../predict/prior-predictor.ts';
import type { StepTrace, ThreadTrace } from '../../sessions/session-trace.ts';

/** What a recorded step is taken to need, and how likely each model is to succeed at it. */
export interface StepOutlook {
  readonly success: Float64Array;
  /** Absent: the log has no words of it, or nobody reads them. */
  readonly need?: StepNeed;
}

export interface OutlookBy {
  readonly predictor: Predictor;
  /** Reads the words of turns, as at every door. Absent: a step's kind is all that is known of it. */
  readonly needs?: NeedReader | undefined;
}

/** The outlook of each step of a thread, from what was known when the step began. */
export async function predictThread(
  thread: ThreadTrace,
  models: readonly Model[],
  { predictor, needs }: OutlookBy,
): Promise<ReadonlyMap<StepTrace, StepOutlook>> {
  const table = new Map<StepTrace, StepOutlook>();
  const known = new Map<string, Float64Array>();
  const read = stepReader(needs);
  for (const [position, step] of thread.steps.entries()) {
    const plain = stepFeaturesOf(thread, step, position);
    const need = await read(step, plain);
    const features = need === undefined ? plain : { ...plain, need };
    const key = `${keyOf(features, predictor)}${need === undefined ? '' : `|${position}`}`;
    let success = known.get(key);
    if (success === undefined) {
      const { estimates } = await predictor.quality(features, models);
      const byModel = new Map(estimates.map((estimate) => [estimate.model, estimate.successRatio]));
      success = Float64Array.from(models, (model) => byModel.get(model.id) ?? 0);
      known.set(key, success);
    }
    table.set(step, { success, ...(need === undefined ? {} : { need: agreedNeed(need) }) });
  }
  return table;
}

/**
 * Reads each recorded step once, from the words of its turn: as big, hard and grave as they say for a step of its kind, which a log shows by
 * what was done. A turn has steps of several kinds: what its words ask for as a whole is not what its closing summary needs. Words that only
 * follow up take the need of the turn before.
 */
function stepReader(
  needs: NeedReader | undefined,
): (step: StepTrace, features: StepFeatures) => Promise<StepNeed | undefined> {
  let text: string | undefined;
  let [before, first]: (StepNeed | undefined)[] = [];
  return async (step, features) => {
    if (needs === undefined || step.text.trim() === '') return undefined;
    if (step.text !== text || step.evidence.includes('turn-start'))
      [text, before, first] = [step.text, first, undefined];
    const need = await needs.read({
      text,
      before: [],
      origin: 'person',
      tests: features.evidence.testsState,
      ...(before === undefined ? {} : { follows: before }),
      ...(isUnread(features) ? {} : { declared: { kind: step.kind } }),
    });
    first ??= need;
    return need;
  };
}

/** Steps that the predictor cannot tell apart. The prior reads neither text nor structure. */
function keyOf(features: StepFeatures, predictor: Predictor): string {
  const { evidence } = features;
  const seen = `${features.kind}|${evidence.recentErrorCount}|${evidence.repeatedCallCount}|${evidence.editsToSameFileCount}|${evidence.testsState}|${evidence.humanCorrectionCount}`;
  return predictor.version === PRIOR_VERSION ? seen : `${seen}|${JSON.stringify(features.structure)}|${features.text}`;
}

/** What the router would have been told at the start of a recorded step: nothing of what came after it. Pure. */
export function stepFeaturesOf(thread: ThreadTrace, step: StepTrace, position: number): StepFeatures {
  const first = thread.calls[step.firstCallIndex];
  const usage = first?.usage;
  return {
    v: 1,
    text: step.text,
    kind: step.kind,
    kindConfidenceRatio: step.kindConfidenceRatio,
    trigger: step.trigger,
    evidence: evidenceBefore(thread, step.firstCallIndex),
    structure: {
      position,
      plannedStepCount: undefined,
      artifactTokens: 0,
      requiredToolCount: 0,
      requiresWrite: step.kind === 'code' || step.kind === 'test',
      transcriptTokens: usage === undefined ? 0 : promptTokens(usage),
    },
  };
}

const WINDOW_CALLS = 10;

/** Errors, repeats and test states among the ten calls before this one, and corrections since then. */
function evidenceBefore(thread: ThreadTrace, callIndex: number): StepEvidence {
  const recent = thread.calls.slice(Math.max(0, callIndex - WINDOW_CALLS), callIndex);
  if (recent.length === 0) return NO_EVIDENCE;
  const tools = recent.flatMap((call) => call.toolCalls);
  const tests = tools.findLast((tool) => tool.tests !== undefined)?.tests;
  return {
    recentErrorCount: tools.filter((tool) => tool.isError === true).length,
    repeatedCallCount: largestGroup(tools.map((tool) => tool.inputHash)),
    editsToSameFileCount: largestGroup(
      tools.flatMap((tool) => (tool.action === 'edit' && tool.fileHash !== undefined ? [tool.fileHash] : [])),
    ),
    testsState: tests ?? 'unknown',
    humanCorrectionCount: correctionsBefore(thread, callIndex),
    callsInStepCount: 0,
  };
}

function correctionsBefore(thread: ThreadTrace, callIndex: number): number {
  const first = Math.max(0, callIndex - WINDOW_CALLS);
  let count = 0;
  for (let index = upperBound(thread, callIndex); index >= 0; index -= 1) {
    const message = thread.userMessages[index];
    if (message === undefined || message.beforeCallIndex < first) break;
    if (message.correction !== undefined) count += 1;
  }
  return count;
}

/** Index of the last message at or before a call. */
function upperBound(thread: ThreadTrace, callIndex: number): number {
  let low = 0;
  let high = thread.userMessages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((thread.userMessages[middle]?.beforeCallIndex ?? 0) <= callIndex) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** How often the commonest value occurs; 0 when nothing occurs twice. */
function largestGroup(values: readonly number[]): number {
  const counts = new Map<number, number>();
  let largest = 0;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > largest) largest = count;
  }
  return largest > 1 ? largest : 0;
}
