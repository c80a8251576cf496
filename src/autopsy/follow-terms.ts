import type { AttemptCase, CaseFile } from './case-file.ts';
import type { Suspicion } from './suspicion.ts';
import { addedBy, holds, termsOf } from './terms.ts';
import type { Trouble } from './trouble.ts';

/** Terms that an attempt should have come to, and those that it came to instead. */
interface Missed {
  readonly wanted: readonly string[];
  readonly found: readonly string[];
}

/** Follows each term that was wanted and not there to the place where it got lost. Pure. */
export function followTerms(file: CaseFile, trouble: Trouble): readonly Suspicion[] {
  const { attempt } = trouble;
  const missed = missedBy(trouble);
  const known = file.attempts
    .slice(0, file.attempts.indexOf(attempt))
    .filter(({ stepId }) => stepId !== attempt.stepId);
  return missed.wanted.flatMap((wanted) => {
    const one = whereLost(file, attempt, { wanted, found: missed.found, before: known });
    return one === undefined ? [] : [one];
  });
}

/** What the check speaks of and the change lacks; of a later try that was right, what it has and this one has not. */
function missedBy({ attempt, tries, said }: Trouble): Missed {
  const made = madeBy(attempt);
  const right = tries.find(
    ({ status, attempt: at, objections }) => status === 'accepted' && at > attempt.attempt && objections.length === 0,
  );
  const better = right === undefined ? '' : madeBy(right);
  const spoken = [...termsOf(said)];
  const other = [...termsOf(better)].filter((term) => !holds(made, term));
  const wanted = [...new Set([...spoken.filter((term) => !holds(made, term)), ...other])];
  const instead = [...termsOf(made)].filter(
    (term) => spoken.includes(term) || (right !== undefined && !holds(better, term)),
  );
  // Where a right try is known, what it does without was not wanted.
  return { wanted: right === undefined ? wanted : wanted.filter((term) => holds(better, term)), found: instead };
}

const madeBy = ({ change, answer }: AttemptCase): string => (change === '' ? answer : addedBy(change));

/** One term, what was written instead, and who worked before. */
interface Asked {
  readonly wanted: string;
  readonly found: readonly string[];
  readonly before: readonly AttemptCase[];
}

function whereLost(file: CaseFile, attempt: AttemptCase, asked: Asked): Suspicion | undefined {
  const { wanted, found, before } = asked;
  const { stepId } = attempt;
  const has = (text: string): boolean => holds(text, wanted);
  const inTools = attempt.tools.some(({ text }) => has(text));
  if (attempt.lost.some(has) && !inTools) {
    return {
      stepId,
      cause: 'context',
      weight: 0.9,
      evidence: `"${wanted}" had been read in this step and was taken out of its context to make room before it was needed`,
      change: 'Split the step, or give it a model with a longer context.',
    };
  }
  const misled = misledBy(file, attempt, asked);
  if (misled !== undefined) return misled;
  if (has(attempt.handed) || inTools) {
    return {
      stepId,
      cause: 'model',
      weight: 0.75,
      evidence: `"${wanted}" stood in what ${attempt.model ?? 'the model'} was given${found.length === 0 ? '' : `, which wrote "${found[0]}" instead`}`,
      change: 'Send this step to an abler model.',
    };
  }
  return notHanded(file, attempt, { wanted, before });
}

/** Another value stood in what it was given, and it did as it was told. */
function misledBy(file: CaseFile, attempt: AttemptCase, asked: Asked): Suspicion | undefined {
  const { wanted, found } = asked;
  const goal = file.plan.find((step) => step.stepId === attempt.stepId)?.goal ?? '';
  const ordered = found.find((term) => holds(goal, term));
  if (ordered === undefined || holds(goal, wanted)) return misledByStep(file, attempt, asked);
  return {
    ...planned(file),
    weight: 0.85,
    evidence: `The plan asks step ${attempt.stepId} for "${ordered}" where "${wanted}" was wanted`,
  };
}

/** An earlier step had answered the wrong thing. */
function misledByStep(
  file: CaseFile,
  { handed, tools }: AttemptCase,
  { wanted, found, before }: Asked,
): Suspicion | undefined {
  if (tools.some(({ text }) => holds(text, wanted))) return undefined;
  const isWrong = ({ answer, status, stepId }: AttemptCase): boolean =>
    stepId !== 'plan' && status === 'accepted' && !holds(answer, wanted) && found.some((term) => holds(answer, term));
  const source = before.findLast(isWrong);
  const term = found.find((one) => source !== undefined && holds(source.answer, one));
  if (source === undefined || term === undefined) return undefined;
  // The task itself says both.
  if (holds(file.task, term) && !holds(handed, wanted)) return undefined;
  return blameSource(source, wanted, term);
}

function blameSource(source: AttemptCase, wanted: string, term: string): Suspicion {
  const lost = source.lost.some((text) => holds(text, wanted));
  const saw = source.tools.some(({ text }) => holds(text, wanted)) || holds(source.handed, wanted);
  const but = saw ? ` although it had read "${wanted}"` : ` where "${wanted}" was wanted`;
  return {
    stepId: source.stepId,
    cause: lost ? 'context' : 'model',
    weight: lost || saw ? 0.85 : 0.6,
    evidence: `Step ${source.stepId} handed on "${term}"${but}, and nobody checked it`,
    change: lost ? 'Split that step.' : 'Send that step to an abler model, or have its result checked.',
  };
}

/** It was known somewhere before, and not here. */
function notHanded(
  file: CaseFile,
  { stepId }: AttemptCase,
  { wanted, before }: { readonly wanted: string; readonly before: readonly AttemptCase[] },
): Suspicion | undefined {
  const teller = before.findLast(({ answer }) => holds(answer, wanted));
  if (teller !== undefined && teller.stepId !== 'plan') {
    const from = file.plan.find((step) => step.stepId === stepId)?.from ?? [];
    return from.includes(teller.stepId)
      ? {
          stepId,
          cause: 'hand-off',
          weight: 0.9,
          evidence: `Step ${teller.stepId} answered "${wanted}", and what step ${stepId} was given does not hold it`,
          change: 'Have the step go on with the whole transcript, or ask the step before for a shorter result.',
        }
      : {
          ...planned(file),
          weight: 0.85,
          evidence: `Step ${teller.stepId} answered "${wanted}", and the plan does not give its result to step ${stepId}`,
        };
  }
  const reader = before.findLast(({ tools, lost }) =>
    [...tools.map(({ text }) => text), ...lost].some((text) => holds(text, wanted)),
  );
  if (reader !== undefined) {
    const isLost = !reader.tools.some(({ text }) => holds(text, wanted));
    return {
      stepId: reader.stepId,
      cause: isLost ? 'context' : 'hand-off',
      weight: 0.85,
      evidence: `Step ${reader.stepId} read "${wanted}"${isLost ? ', lost it from its context' : ''} and left it out of its answer`,
      change: 'Say in the goal of that step what its result must hold.',
    };
  }
  if (!holds(file.task, wanted)) return undefined;
  return {
    ...planned(file),
    weight: 0.7,
    evidence: `The task names "${wanted}", and what step ${stepId} was given does not`,
  };
}

function planned(file: CaseFile): Pick<Suspicion, 'stepId' | 'cause' | 'change'> {
  const plan = file.attempts.find(({ stepId, status }) => stepId === 'plan' && status === 'accepted');
  return {
    stepId: plan?.stepId ?? ('plan' as Suspicion['stepId']),
    cause: 'plan',
    change: 'Plan again with an abler model, or say it in the task of the step itself.',
  };
}
