import type { CandidateRow, DecideInput } from '../domain/decision.ts';
import type { DecisionId, JobId, ModelId } from '../domain/ids.ts';
import { modelIdentity } from '../domain/model.ts';
import { VERIFIER_KINDS, type Verifier, type VerifierKind } from '../domain/quality.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import type { At, Ratio } from '../domain/time.ts';
import { knownServers } from '../predict/need/server-abilities.ts';
import type { StepOutcome, StepRecord } from '../recorder/record.ts';

/** What one check said of a result. `contract`: whether the answer had the asked form, which says little of its sense. */
export interface CheckFact {
  readonly verifier: VerifierKind | 'contract';
  readonly passed: boolean;
}

/** What there is to learn from one attempt of a step: a few numbers out of its whole record. Plain JSON. */
export interface StepFact {
  readonly decisionId: DecisionId;
  readonly jobId: JobId | undefined;
  /** Attempts of one step share it. */
  readonly ladder: string;
  readonly attempt: number;
  readonly at: At;
  readonly kind: StepKind;
  readonly model: ModelId;
  readonly family: string;
  readonly mode: StepMode;
  /** Family that had the transcript before; `undefined`: nothing was handed over. */
  readonly fromFamily: string | undefined;
  /** What was believed of the model before any hand-off drift. */
  readonly believedRatio: Ratio;
  /** The same before anything was learned. */
  readonly plainRatio: Ratio;
  /** Tool servers of which something is known that the step works with. */
  readonly servers: readonly string[];
  /** Whose step it is, as a gateway tells its callers apart. */
  readonly tenant: string | undefined;
  /** Who would have been next, had a model of a smaller bill been wanted. */
  readonly cheaper: { readonly model: ModelId; readonly plainRatio: Ratio } | undefined;
  /** `undefined`: nothing is known of how it ended, or the provider gave up, which says nothing about quality. */
  readonly status: 'accepted' | 'rejected' | undefined;
  readonly checks: readonly CheckFact[];
  /** Refused attempts of the step whose change to the source was that of this one. Absent: none that is known of. */
  readonly alike?: StepOutcome['alike'];
  /** Models whose results an earlier attempt of the step had rejected, with the check that did. */
  readonly tried: readonly {
    readonly model: ModelId;
    readonly rejectedBy: string;
    /** Family of the model that judged it. Absent: no model did, or it is not known which. */
    readonly judgeFamily?: string;
  }[];
  /** No candidate was believed to be better. */
  readonly isStrongest: boolean;
  /** A candidate of a smaller bill was believed to be as good, within `TIE_RATIO`. */
  readonly cheaperSufficed: boolean;
  /** After drift. */
  readonly predictedRatio: Ratio;
}

/** Beliefs closer than this are alike. */
const TIE_RATIO: Ratio = 0.02;

/** Reads what a record teaches. `undefined`: no model ran. Pure. */
export function toStepFact(record: StepRecord): StepFact | undefined {
  const { decision, input, outcome } = record;
  if (decision.kind === 'refuse') return undefined;
  const model = input.models.find((one) => one.id === decision.to);
  const believed = input.quality.find((row) => row.model === decision.to);
  if (model === undefined || believed === undefined) return undefined;
  const { incumbent } = input.session;
  const chosen = decision.candidates.find((row) => row.model === decision.to && row.mode === decision.mode);
  const others = decision.candidates.filter((row) => row.model !== decision.to);
  const predictedRatio = chosen?.successRatio ?? believed.successRatio;
  return {
    decisionId: decision.decisionId,
    jobId: record.jobId,
    ladder: record.jobId === undefined ? decision.decisionId : `${record.jobId}/${record.stepId}`,
    attempt: record.attempt,
    at: record.endedAt ?? record.startedAt,
    kind: record.kind,
    model: modelIdentity(model),
    family: model.family,
    mode: decision.mode,
    fromFamily: incumbent === undefined ? undefined : input.models.find((one) => one.id === incumbent)?.family,
    believedRatio: believed.successRatio,
    plainRatio: believed.learned?.plainRatio ?? believed.successRatio,
    servers: knownServers(input.step.requirements.toolNames),
    tenant: record.tenant,
    cheaper: cheaperThan(chosen, others, input),
    status: outcome?.status === 'accepted' || outcome?.status === 'rejected' ? outcome.status : undefined,
    checks: (outcome?.checks ?? []).flatMap((check) => {
      const verifier = verifierOf(check.verifierId, input.step.checks);
      return verifier === undefined ? [] : [{ verifier, passed: check.passed }];
    }),
    ...(outcome?.alike === undefined ? {} : { alike: outcome.alike }),
    isStrongest: others.length > 0 && others.every((row) => row.successRatio <= predictedRatio),
    cheaperSufficed: others.some(
      (row) => row.billNanoUsd < (chosen?.billNanoUsd ?? 0) && row.successRatio >= predictedRatio - TIE_RATIO,
    ),
    predictedRatio,
    tried: input.step.tried.map(({ model: tried, rejectedBy, judgedBy }) => {
      const judgeFamily = input.models.find((one) => one.id === judgedBy)?.family;
      return { model: tried, rejectedBy, ...(judgeFamily === undefined ? {} : { judgeFamily }) };
    }),
  };
}

/** The best by everything that counts of those that bill less. */
function cheaperThan(
  chosen: CandidateRow | undefined,
  others: readonly CandidateRow[],
  { models, quality }: DecideInput,
): StepFact['cheaper'] {
  if (chosen === undefined) return undefined;
  const [best] = others
    .filter((row) => row.billNanoUsd < chosen.billNanoUsd)
    .sort((a, b) => a.totalNanoUsd - b.totalNanoUsd);
  const model = models.find(({ id }) => id === best?.model);
  const believed = quality.find((row) => row.model === best?.model);
  if (model === undefined || believed === undefined) return undefined;
  return { model: modelIdentity(model), plainRatio: believed.learned?.plainRatio ?? believed.successRatio };
}

/** The kind of check behind a name in a record; `undefined` for one that nothing is known of. */
function verifierOf(id: string, checks: readonly Verifier[]): CheckFact['verifier'] | undefined {
  if (id === 'contract') return 'contract';
  const named = VERIFIER_KINDS.find((kind) => kind === id);
  if (named !== undefined) return named;
  // Of a review by itself it is not known who judged; a reviewer of the same family is the weaker one.
  if (id === 'review') return 'review-same-family';
  return checks.find((check) => check.id === id)?.kind;
}
