import type { ErrorCode } from '../domain/errors.ts';
import type { StepId } from '../domain/ids.ts';
import { sumNanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import { weighSuspicions, type Autopsy } from './examine.ts';
import type { SessionCallCase, SessionCase, SessionReport } from './session-case.ts';
import type { Suspicion } from './suspicion.ts';
import { OF_PROVIDERS } from './trouble.ts';

/** A prompt that falls below this part of the one before it in its thread was cut: a compaction, or a new start. */
const CUT_RATIO: Ratio = 0.5;
/** Shorter ones come and go. */
const LEAST_CUT_TOKENS = 8000;
/** How many calls after a cut may still miss what was cut. */
const FORGETS_FOR_CALLS = 12;
/** Believed so much better, another model was the better choice. */
const CLEARLY_BETTER: Ratio = 0.1;

/** Reads what was recorded of a harness's session: no words of it, only its course and what was reported of it. Pure. */
export function examineSession(file: SessionCase): Autopsy {
  const ended = endedBy(file);
  const complaint = file.reports.findLast(isBad);
  const stepId = ended?.stepId ?? complaint?.stepId;
  const bad = new Set(file.reports.filter(isBad).map((report) => report.stepId));
  const wastedNanoUsd = sumNanoUsd(file.calls.filter((call) => bad.has(call.stepId)).map((call) => call.billNanoUsd));
  const base = { id: file.id, wastedNanoUsd };
  if (stepId === undefined)
    return {
      ...base,
      kind: 'nothing-wrong',
      others: [],
      why: 'No call ended it, and nobody has reported that a step went wrong: pointsman hook and record_outcome report it.',
    };
  const suspicions = ended === undefined ? fromComplaint(file, stepId) : [ended];
  return { ...base, ...weighSuspicions(suspicions, stepId) };
}

function isBad({ verdict }: SessionReport): boolean {
  return verdict === 'failed' || verdict === 'underpowered';
}

/** The last call failed, and nothing came after it. */
function endedBy({ calls }: SessionCase): Suspicion | undefined {
  const last = calls.at(-1);
  if (last?.errorCode === undefined) return undefined;
  const { stepId, errorCode, model } = last;
  const end = { stepId, weight: 0.95, evidence: `The session ended when ${model} failed with ${errorCode}` };
  if (errorCode === 'aborted' || errorCode === 'budget-exhausted')
    return {
      ...end,
      cause: 'stopped',
      evidence: errorCode === 'aborted' ? 'Its caller ended the last call' : 'Its budget was spent',
      change: errorCode === 'aborted' ? 'Ask again.' : 'Give its key more, or turn the dial towards cheaper.',
    };
  if (errorCode === 'context-overflow')
    return { ...end, cause: 'context', change: 'Compact the session, or take a model with a longer context.' };
  return isOfProvider(errorCode)
    ? {
        ...end,
        cause: 'provider',
        change: 'Ask again when the provider answers, or name a second host of the same model.',
      }
    : undefined;
}

function isOfProvider(code: ErrorCode): boolean {
  return OF_PROVIDERS.has(code);
}

function fromComplaint(file: SessionCase, stepId: StepId): readonly Suspicion[] {
  const calls = file.calls.filter((call) => call.stepId === stepId);
  const [first] = calls;
  if (first === undefined) return [];
  const before = file.calls
    .slice(0, file.calls.indexOf(first))
    .filter(({ thread, errorCode }) => thread === first.thread && errorCode === undefined);
  return [
    ...fromFallback(calls),
    ...fromLength(calls),
    ...fromCut([...before, ...calls], calls),
    ...fromHandOff(before.at(-1), calls),
    ...fromModel(file, calls),
    ...fromReports(file, stepId),
  ];
}

/** Another host or model took over: that counts only where a weaker one did. */
function fromFallback(calls: readonly SessionCallCase[]): readonly Suspicion[] {
  const weaker = calls.find((call) => call.isWeakerThanDecided && call.fallbackFrom.length > 0);
  if (weaker === undefined) return [];
  const { stepId, model, fallbackFrom } = weaker;
  return [
    {
      stepId,
      cause: 'provider',
      weight: 0.8,
      evidence: `${fallbackFrom.join(', ')} failed, and ${model}, which is weaker, answered in its place`,
      change: 'Name a second host of the same model.',
    },
  ];
}

function fromLength(calls: readonly SessionCallCase[]): readonly Suspicion[] {
  const cut = calls.find(({ finishReason }) => finishReason === 'length');
  const refused = calls.find(({ finishReason }) => finishReason === 'refusal' || finishReason === 'content-filter');
  return [
    ...(cut === undefined
      ? []
      : [
          {
            stepId: cut.stepId,
            cause: 'context' as const,
            weight: 0.75,
            evidence: `An answer of ${cut.model} was cut at its output limit`,
            change: 'Raise max_tokens in the harness, or ask for less at once.',
          },
        ]),
    ...(refused === undefined
      ? []
      : [
          {
            stepId: refused.stepId,
            cause: 'model' as const,
            weight: 0.8,
            evidence: `${refused.model} declined to answer`,
            change: 'Send this step to another model.',
          },
        ]),
  ];
}

/** The prompt of its thread was cut shortly before or within it: what it needed may have been in what went. */
function fromCut(thread: readonly SessionCallCase[], calls: readonly SessionCallCase[]): readonly Suspicion[] {
  const last = calls.at(-1);
  const until = last === undefined ? -1 : thread.indexOf(last);
  for (let at = until; at > Math.max(0, until - FORGETS_FOR_CALLS - calls.length); at -= 1) {
    const [before, now] = [thread[at - 1], thread[at]];
    if (before?.promptTokens === undefined || now?.promptTokens === undefined) continue;
    if (before.promptTokens < LEAST_CUT_TOKENS || now.promptTokens >= CUT_RATIO * before.promptTokens) continue;
    return [
      {
        stepId: now.stepId,
        cause: 'context',
        weight: calls.includes(now) ? 0.75 : 0.65,
        evidence: `The prompt fell from ${before.promptTokens} to ${now.promptTokens} tokens ${calls.includes(now) ? 'within it' : 'shortly before'}`,
        change: 'Say again what must not be forgotten, or keep it in a file that the harness reads.',
      },
    ];
  }
  return [];
}

/** It went to another family, which did not get all that the one before had. */
function fromHandOff(before: SessionCallCase | undefined, calls: readonly SessionCallCase[]): readonly Suspicion[] {
  const [first] = calls;
  if (before === undefined || first === undefined || first.model === before.model || first.lossCount === 0) return [];
  return [
    {
      stepId: first.stepId,
      cause: 'hand-off',
      weight: 0.7,
      evidence: `It went from ${before.model} to ${first.model}, and ${first.lossCount} parts of the transcript did not go with it`,
      change: 'Keep such sessions with one family: guards.familyMarginUsd in the policy.',
    },
  ];
}

function fromModel({ calls: all, reports }: SessionCase, calls: readonly SessionCallCase[]): readonly Suspicion[] {
  const [first] = calls;
  if (first === undefined) return [];
  const { stepId, model, best, successRatio } = first;
  const said = reports.filter((report) => report.stepId === stepId);
  const found: Suspicion[] = [];
  if (said.some(({ verdict }) => verdict === 'underpowered'))
    found.push({
      stepId,
      cause: 'model',
      weight: 0.7,
      evidence: `It was reported that ${model} was too weak for it`,
      change: 'Send such steps to an abler model.',
    });
  const right = reports.find(
    ({ verdict, stepId: other, at }) =>
      verdict === 'good_fit' && at > first.at && other !== stepId && isNext(all, calls, other),
  );
  const next = right && all.find((call) => call.stepId === right.stepId);
  if (next !== undefined && next.model !== model)
    found.push({
      stepId,
      cause: 'model',
      // The next step is another one: it says little by itself.
      weight: 0.4,
      evidence: `${next.model} took the step after it, and that was right`,
      change: `Send this step to ${next.model} at once.`,
    });
  if (best !== undefined && successRatio !== undefined && best.successRatio - successRatio >= CLEARLY_BETTER)
    found.push({
      stepId,
      cause: 'model',
      weight: 0.55,
      evidence: `${best.model} was believed to do it ${Math.round(100 * (best.successRatio - successRatio))} points more often`,
      change: first.isNamed ? 'Name that one, or auto.' : 'Turn the dial towards the most capable.',
    });
  return found;
}

/** The step that comes next in the same thread. */
function isNext(all: readonly SessionCallCase[], calls: readonly SessionCallCase[], stepId: StepId): boolean {
  const last = calls.at(-1);
  if (last === undefined) return false;
  const next = all.slice(all.indexOf(last) + 1).find(({ thread }) => thread === last.thread);
  return next?.stepId === stepId;
}

/** Two who judged one step and disagree: one of the judgements is by chance. */
function fromReports({ reports }: SessionCase, stepId: StepId): readonly Suspicion[] {
  const said = reports.filter((report) => report.stepId === stepId);
  if (!said.some(isBad) || !said.some(({ verdict }) => verdict === 'good_fit')) return [];
  return [
    {
      stepId,
      cause: 'check',
      weight: 0.85,
      evidence: `Of the same step it was reported that it went well and that it failed`,
      change: 'Look at what reports it: a test that fails by chance, or two who mean different things.',
    },
  ];
}
