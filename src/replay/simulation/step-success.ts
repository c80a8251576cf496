import type { Model } from '../../domain/model.ts';
import { promptTokens } from '../../domain/usage.ts';
import { NO_EVIDENCE, type StepEvidence, type StepFeatures } from '../../predict/features/step-features.ts';
import type { Predictor } from '../../predict/predictor.ts';
import { PRIOR_VERSION } from '../../predict/prior-predictor.ts';
import type { StepTrace, ThreadTrace } from '../../sessions/session-trace.ts';

/** P(success) of each model at each step of a thread, from what was known when the step began. */
export async function predictThread(
  thread: ThreadTrace,
  models: readonly Model[],
  predictor: Predictor,
): Promise<ReadonlyMap<StepTrace, Float64Array>> {
  const table = new Map<StepTrace, Float64Array>();
  const known = new Map<string, Float64Array>();
  for (const [position, step] of thread.steps.entries()) {
    const features = stepFeaturesOf(thread, step, position);
    const key = keyOf(features, predictor);
    let success = known.get(key);
    if (success === undefined) {
      const { estimates } = await predictor.quality(features, models);
      const byModel = new Map(estimates.map((estimate) => [estimate.model, estimate.successRatio]));
      success = Float64Array.from(models, (model) => byModel.get(model.id) ?? 0);
      known.set(key, success);
    }
    table.set(step, success);
  }
  return table;
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
