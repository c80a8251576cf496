import type { Chance, DecideInput, Decision } from '../domain/decision.ts';
import type { JobId } from '../domain/ids.ts';
import { isSameModel, type Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind } from '../domain/step.ts';
import type { StepRecord } from '../recorder/record.ts';
import { obeyNamed } from './obey-named.ts';
import { armOf, canaryChance, isCandidates, tieChance, withoutTrial } from './policy-trial.ts';
import { atPoolDial, type Decide } from './pool-dial.ts';
import { decideBounded, type WordBound } from './word-bound.ts';

/** A decision with everything that it was made from, and what policies that are only watched would have decided. */
export interface MadeDecision {
  readonly input: DecideInput;
  readonly decision: Decision;
  readonly shadows: readonly Decision[];
}

export interface DecisionOptions {
  readonly decide: Decide;
  /** Policies that are only watched. */
  readonly shadows: readonly RouterPolicy[];
  /** Models at hosts that are only watched. Absent: there are none. */
  readonly watched?: readonly Model[];
  /** The same step without its words, where the policy bounds what words may do. */
  readonly bound?: WordBound | undefined;
  /** A model that its caller named, and that runs whatever is expected of it. */
  readonly named?: Model | undefined;
}

/**
 * Decides at the dial that is measured on the pool, within what words may do and what a caller named, beside the policies that
 * are only watched. Every door comes here; `architecture.test.ts` keeps `decide()` from being called elsewhere.
 */
export function makeDecision(
  { chance: _before, onTrial: _was, ...asked }: DecideInput,
  options: DecisionOptions,
): MadeDecision {
  const { bound, decide, named } = options;
  const { trial } = asked.policy;
  const arm = named === undefined ? armOf(asked.policy, asked.session.sessionId) : undefined;
  const policy = arm?.policy ?? withoutTrial(asked.policy);
  const under = (input: DecideInput): DecideInput =>
    atPoolDial(input.policy === policy ? input : { ...input, policy }, decide);
  const dialled = under(asked);
  const first =
    bound === undefined
      ? { input: dialled, decision: decide(dialled) }
      : decideBounded(dialled, { ...bound, withoutWords: under(bound.withoutWords) }, decide);
  const beside = arm === undefined ? [] : [decide(atPoolDial({ ...first.input, policy: arm.other }, decide))];
  // A candidate takes nothing from anybody: what it refuses goes as it would without it, and that is recorded.
  if (isCandidates(first.decision) && first.decision.kind === 'refuse' && beside[0]?.kind !== 'refuse') {
    const served = makeDecision({ ...asked, policy: withoutTrial(asked.policy) }, options);
    return { ...served, input: marked(served.input), shadows: [first.decision, ...served.shadows] };
  }
  const { input, decision: drawn } = withChance(first, { decide, chance: chanceOf(first) });
  const decision = named === undefined ? drawn : obeyNamed(drawn, named, input.session.incumbent);
  const { chance: _chance, ...certain } = input;
  return {
    input: marked(input),
    decision,
    shadows: [
      ...beside,
      ...[
        ...options.shadows.map((shadow) => ({ ...certain, policy: withoutTrial(shadow) })),
        ...besideWatched(certain, options.watched),
      ].map((shadow) => decide(atPoolDial(shadow, decide))),
    ],
  };

  function marked(input: DecideInput): DecideInput {
    return arm === undefined ? input : { ...input, onTrial: arm.candidate };
  }

  function chanceOf(made: Pick<MadeDecision, 'input' | 'decision'>): Chance | undefined {
    const [other] = beside;
    if (named !== undefined) return undefined;
    if (arm?.ratio !== undefined && other !== undefined) return canaryChance(arm, made.decision, other);
    return tieChance(made.input, made.decision, trial?.explore);
  }
}

/** The same decision with what chance says of it; decided again where another candidate was drawn than the best. */
function withChance(
  { input, decision }: Pick<MadeDecision, 'input' | 'decision'>,
  { decide, chance }: { readonly decide: Decide; readonly chance: Chance | undefined },
): Pick<MadeDecision, 'input' | 'decision'> {
  if (chance === undefined) return { input, decision };
  const drawn = { ...input, chance };
  return { input: drawn, decision: chance.drawn === 0 ? decision : decide(drawn) };
}

/** The same decision with hosts that are only watched in its pool: cold, and as likely to succeed as the same model elsewhere. */
function besideWatched(input: DecideInput, watched: readonly Model[] = []): readonly DecideInput[] {
  if (watched.length === 0) return [];
  const quality = watched.flatMap((model) => {
    const same = input.models.find((other) => isSameModel(other, model));
    const row = input.quality.find((one) => one.model === same?.id);
    return row === undefined ? [] : [{ ...row, model: model.id }];
  });
  return [{ ...input, models: [...input.models, ...watched], quality: [...input.quality, ...quality] }];
}

/** A record of a step before anything has come of it. */
export type OpenStepRecord = Omit<StepRecord, 'outcome' | 'endedAt'>;

export interface StepAbout extends Pick<StepRecord, 'title' | 'predictorVersion' | 'toolList' | 'tenant'> {
  readonly jobId?: JobId;
  /** Absent: 0, the first. */
  readonly attempt?: number;
  /** What the step is, where it was decided as something else. Absent: what it was decided as. */
  readonly kind?: StepKind;
}

/** The record of a decision: with it, `decide(record.input)` can be asked again. */
export function toOpenRecord({ input, decision, shadows }: MadeDecision, about: StepAbout): OpenStepRecord {
  return {
    v: 2,
    jobId: about.jobId,
    sessionId: input.session.sessionId,
    stepId: input.step.stepId,
    ...(about.tenant === undefined ? {} : { tenant: about.tenant }),
    attempt: about.attempt ?? 0,
    kind: about.kind ?? input.step.kind,
    title: about.title,
    input,
    decision,
    ...(about.toolList === undefined ? {} : { toolList: about.toolList }),
    shadows,
    predictorVersion: about.predictorVersion,
    startedAt: input.now,
  };
}

export function toStepRecord(open: OpenStepRecord): StepRecord {
  return { ...open, endedAt: undefined, outcome: undefined };
}
