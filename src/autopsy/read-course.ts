import type { ErrorCode } from '../domain/errors.ts';
import type { AttemptCase, CaseFile, ToolCase } from './case-file.ts';
import type { Suspicion } from './suspicion.ts';
import { addedBy } from './terms.ts';
import { OF_PROVIDERS, type Trouble } from './trouble.ts';

const OF_TOOLS: ReadonlySet<ErrorCode> = new Set(['tool-unavailable', 'tool-denied', 'tool-timeout']);
const OF_PEOPLE: ReadonlySet<ErrorCode> = new Set(['aborted', 'budget-exhausted']);

/** What the course of a job says without its words. Pure. */
export function readCourse(file: CaseFile, trouble: Trouble): readonly Suspicion[] {
  return [
    ...fromProviders(file, trouble),
    ...fromTools(file, trouble),
    ...fromContract(trouble),
    ...fromOverflow(trouble),
    ...fromChecks(file, trouble),
    ...fromOthers(file, trouble),
  ];
}

/** Somebody ended it, or its money did: nothing went wrong before. Pure. */
export function fromPeople(file: CaseFile): Suspicion | undefined {
  const code = file.pause?.code ?? file.failure?.code;
  const isEnded = file.status === 'cancelled' || (code !== undefined && OF_PEOPLE.has(code) && file.status !== 'done');
  const last = file.attempts.at(-1);
  if (!isEnded || last === undefined) return undefined;
  const isMoney = code === 'budget-exhausted';
  return {
    stepId: last.stepId,
    cause: 'stopped',
    weight: 0.95,
    evidence: isMoney ? 'Its budget was spent before it was done' : 'It was stopped before it was done',
    change: isMoney ? 'Give it more, or turn the dial towards cheaper.' : 'Resume it.',
  };
}

function fromProviders({ status, failure }: CaseFile, { attempt, tries }: Trouble): readonly Suspicion[] {
  const { stepId } = attempt;
  const isEnd = status === 'failed' || status === 'paused';
  if (isEnd && failure !== undefined && OF_PROVIDERS.has(failure.code)) {
    return [
      {
        stepId,
        cause: 'provider',
        weight: 0.95,
        evidence: `The job ended with ${failure.code}: ${failure.message}`,
        change: 'Resume it when the provider answers, or name a second host of the same model.',
      },
    ];
  }
  const first = tries.find(
    (one) => one.status === 'failed' && one.errorCode !== undefined && OF_PROVIDERS.has(one.errorCode),
  );
  return first === undefined ? [] : besideProvider(first, tries);
}

/** A try that its provider ended: it counts where nobody was refused since, or a weaker one was. */
function besideProvider(first: AttemptCase, tries: readonly AttemptCase[]): readonly Suspicion[] {
  const refused = tries.find((one) => one.status === 'rejected' && one.attempt > first.attempt);
  if (refused !== undefined && !isWeaker(refused, first)) return [];
  const since = refused === undefined ? '' : `, and ${nameOf(refused)} in its place was refused`;
  return [
    {
      stepId: first.stepId,
      cause: 'provider',
      weight: refused === undefined ? 0.8 : 0.7,
      evidence: `${nameOf(first)} failed with ${first.errorCode ?? 'an error'}${since}`,
      change: 'Name a second host of the same model.',
    },
  ];
}

/** By more than a rounding. */
function isWeaker({ successRatio: one = 0 }: AttemptCase, { successRatio: other = 0 }: AttemptCase): boolean {
  return one < other - 0.02;
}

const nameOf = ({ model }: AttemptCase): string => model ?? 'A model';

function fromTools({ failure }: CaseFile, { attempt }: Trouble): readonly Suspicion[] {
  const { stepId } = attempt;
  const change = 'Mend the tool or allow it, then resume the job.';
  if (failure !== undefined && OF_TOOLS.has(failure.code))
    return [
      {
        stepId,
        cause: 'tool',
        weight: 0.95,
        evidence: `The job ended with ${failure.code}: ${failure.message}`,
        change,
      },
    ];
  const open = unmended(attempt.tools);
  if (open === undefined) return [];
  const isAlone =
    attempt.change === '' && attempt.tools.filter(({ isError }) => isError).length * 2 >= attempt.tools.length;
  const evidence = `${open.name} failed and was not got to work: ${open.text.split('\n')[0]?.slice(0, 160) ?? ''}`;
  return [{ stepId, cause: 'tool', weight: isAlone ? 0.8 : 0.45, evidence, change }];
}

/** The last failure of a tool that never worked afterwards. */
function unmended(tools: readonly ToolCase[]): ToolCase | undefined {
  return tools.findLast(
    (tool, at) => tool.isError && !tools.slice(at + 1).some(({ name, isError }) => name === tool.name && !isError),
  );
}

function fromContract({ attempt, tries }: Trouble): readonly Suspicion[] {
  const broke = tries.filter(({ checks }) =>
    checks.some(({ verifierId, passed }) => verifierId === 'contract' && !passed),
  );
  const { stepId } = attempt;
  const why = (broke[0] ?? attempt).checks.find(({ passed }) => !passed)?.summary ?? '';
  if (broke.length === 0 || !/contract|refused|filtered|limit/iu.test(why)) return [];
  if (/cut at the output limit/u.test(why))
    return [
      { stepId, cause: 'context', weight: 0.8, evidence: why, change: 'Ask for a shorter result, or split the step.' },
    ];
  const models = new Set(broke.map(({ model }) => model));
  const isSaved = tries.some(({ status }) => status === 'accepted');
  return models.size > 1 && !isSaved
    ? [
        {
          stepId,
          cause: 'prompt',
          // Who cannot get at what it needs has nothing to put into a form.
          weight: unmended(attempt.tools) === undefined ? 0.85 : 0.55,
          evidence: `${models.size} models broke the form of the answer: ${why}`,
          change: 'Look at the agent file of this kind of step and at the form that it asks for.',
        },
      ]
    : [
        {
          stepId,
          cause: 'model',
          weight: 0.75,
          evidence: `${broke[0]?.model ?? 'The model'} ended without an answer: ${why}`,
          change: 'Send this step to another model.',
        },
      ];
}

function fromOverflow({ attempt, tries }: Trouble): readonly Suspicion[] {
  if (
    !tries.some(
      ({ status, checks }) =>
        status === 'rejected' && checks.some(({ summary }) => /does not fit the model/u.test(summary)),
    )
  )
    return [];
  return [
    {
      stepId: attempt.stepId,
      cause: 'context',
      weight: 0.8,
      evidence: 'The step was longer than the model takes',
      change: 'Split the step, or give it a model with a longer context.',
    },
  ];
}

/** A check that says two things of one change judges by chance. */
function fromChecks({ flakyBefore }: CaseFile, { attempt, tries, said }: Trouble): readonly Suspicion[] {
  const { stepId } = attempt;
  const change = 'Mend that test, or leave it out of what jobs are checked by.';
  const twin = tries.find(
    (one) =>
      one.status === 'accepted' &&
      one !== attempt &&
      attempt.change !== '' &&
      addedBy(one.change) === addedBy(attempt.change),
  );
  if (twin !== undefined && attempt.status === 'rejected')
    return [
      {
        stepId,
        cause: 'check',
        weight: 0.95,
        evidence: 'The very same change was refused once and accepted once',
        change,
      },
    ];
  const known = flakyBefore.find((name) => name !== '' && said.includes(name));
  return known === undefined
    ? []
    : [
        {
          stepId,
          cause: 'check',
          weight: 0.9,
          evidence: `"${known}" failed in one of two runs before anything was changed`,
          change,
        },
      ];
}

/** Who did the same step afterwards, and how. */
function fromOthers(file: CaseFile, { attempt, tries }: Trouble): readonly Suspicion[] {
  if (attempt.status === 'failed') return [];
  const { stepId } = attempt;
  const right = tries.find(
    (one) => one.status === 'accepted' && one.attempt > attempt.attempt && one.objections.length === 0,
  );
  if (right !== undefined && right.model !== attempt.model) {
    return [
      {
        stepId,
        cause: 'model',
        weight: 0.6,
        evidence: `${attempt.model ?? 'One model'} was refused, and ${right.model ?? 'another'} was right`,
        change: `Send this step to ${right.model ?? 'the other one'} at once.`,
      },
    ];
  }
  const refused = tries.filter(({ status }) => status === 'rejected');
  const models = new Set(refused.map(({ model }) => model));
  const revised = file.plan.some(
    ({ stepId: other }) =>
      !file.attempts.some((one) => one.stepId === other && isBefore(file, one, attempt)) && other !== stepId,
  );
  if (right === undefined && models.size > 1 && revised && file.status === 'done') {
    return [
      {
        stepId: 'plan' as Suspicion['stepId'],
        cause: 'plan',
        weight: 0.7,
        evidence: `${models.size} models were refused, and the job was done once other steps took the place of ${stepId}`,
        change: 'Plan with an abler model.',
      },
    ];
  }
  return [];
}

function isBefore(file: CaseFile, one: AttemptCase, other: AttemptCase): boolean {
  return file.attempts.indexOf(one) < file.attempts.indexOf(other);
}
