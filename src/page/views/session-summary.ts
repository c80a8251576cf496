import { asId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { sumNanoUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At, Ratio } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { CallRecord, StepRecord } from '../../recorder/record.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import { decisionView, type DecisionView } from './timeline-view.ts';

/** Where a session or job stands: the latest decision with its reason, and the money so far. */
export interface SessionSummary {
  readonly id: string;
  readonly harness: string | undefined;
  readonly firstAt: At;
  readonly lastAt: At;
  readonly callCount: number;
  /** Of the latest call. */
  readonly model: string;
  /** Share of the latest prompt that was read from a cache. `undefined`: its usage is not known. */
  readonly warmRatio: Ratio | undefined;
  /** Sum of the known bills. */
  readonly billNanoUsd: NanoUsd;
  readonly unknownBillCallCount: number;
  /** What calls that were cut may have billed beyond that. */
  readonly mayHaveBilledNanoUsd: NanoUsd;
  /** The dearest first. */
  readonly models: readonly ModelPart[];
  /** Absent: its record is gone, or nothing was decided. */
  readonly decision: (DecisionView & { readonly at: At }) | undefined;
  /** There are more calls than were looked at, and every sum is too small. */
  readonly isCut: boolean;
}

interface ModelPart {
  readonly model: string;
  readonly callCount: number;
  readonly billNanoUsd: NanoUsd;
}

const PAGE = 2000;
const MOST_PAGES = 25;
const MOST_JOB_STEPS = 1000;

/**
 * @param isSeen whether whoever asks may see a call; where one is not theirs, the session is not
 * @returns `undefined`: nothing of that name was recorded, or it is another's
 */
export async function sessionSummary(
  views: StoreViews,
  id: string,
  isSeen: (call: CallRecord) => boolean = () => true,
): Promise<SessionSummary | undefined> {
  const sum = createSum();
  let isCut = true;
  for (let page = 0; page < MOST_PAGES && isCut; page += 1) {
    const calls = await views.callsOf(id, PAGE, sum.lastAt);
    if (!calls.every(({ call }) => isSeen(call))) return undefined;
    // Pages overlap in the moment between them: where that fills one, there is no way on.
    const added = sum.add(calls.map(({ call }) => call).filter(isBilled));
    isCut = calls.length === PAGE && added > 0;
  }
  const { last } = sum;
  if (last === undefined) return undefined;
  const decision = await latestDecision(views, last, sum.decisionId);
  return { id, ...sum.parts(last), decision, isCut };
}

async function latestDecision(
  views: StoreViews,
  last: CallRecord,
  decisionId: DecisionId | undefined,
): Promise<SessionSummary['decision']> {
  const steps: readonly StepRecord[] =
    decisionId !== undefined
      ? await views.steps([decisionId])
      : last.jobId === undefined
        ? []
        : await views.stepsOf(asId<JobId>(last.jobId), MOST_JOB_STEPS);
  const step = steps.toSorted((one, other) => one.startedAt - other.startedAt).at(-1);
  return step === undefined ? undefined : { ...decisionView(step.decision), at: step.decision.at };
}

/** An answer that was given again is no call of a vendor's, and what was passed on beside is none of a model's. */
function isBilled({ purpose }: CallRecord): boolean {
  return purpose !== 'response-cache' && purpose !== 'beside';
}

/** A call that failed before an answer billed nothing; one that was cut may have. */
function hasUnknownBill({ billNanoUsd, errorCode, mayHaveBilledNanoUsd }: CallRecord): boolean {
  return billNanoUsd === undefined && (errorCode === undefined || mayHaveBilledNanoUsd !== undefined);
}

interface Sum {
  readonly lastAt: At | undefined;
  readonly last: CallRecord | undefined;
  readonly decisionId: DecisionId | undefined;
  /** How many of them it did not have. */
  add(calls: readonly CallRecord[]): number;
  parts(last: CallRecord): Omit<SessionSummary, 'id' | 'decision' | 'isCut'>;
}

function createSum(): Sum {
  const atLast = new Set<string>();
  const models = new Map<string, ModelPart>();
  const sum = { callCount: 0, unknown: 0, mayHaveBilled: toNanoUsd(0), firstAt: undefined as At | undefined };
  let last: CallRecord | undefined;
  let lastUsage: CallRecord['usage'];
  let decisionId: DecisionId | undefined;
  const addOne = (call: CallRecord): void => {
    if (last !== undefined && call.startedAt > last.startedAt) atLast.clear();
    atLast.add(call.callId);
    sum.callCount += 1;
    sum.firstAt ??= call.startedAt;
    sum.unknown += hasUnknownBill(call) ? 1 : 0;
    sum.mayHaveBilled = sumNanoUsd([sum.mayHaveBilled, call.mayHaveBilledNanoUsd ?? toNanoUsd(0)]);
    const model = models.get(call.requestedModel) ?? {
      model: call.requestedModel,
      callCount: 0,
      billNanoUsd: toNanoUsd(0),
    };
    models.set(model.model, {
      ...model,
      callCount: model.callCount + 1,
      billNanoUsd: sumNanoUsd([model.billNanoUsd, call.billNanoUsd ?? toNanoUsd(0)]),
    });
    last = call;
    lastUsage = call.usage ?? lastUsage;
    decisionId = call.gateway?.decisionId ?? decisionId;
  };
  return {
    get last() {
      return last;
    },
    get lastAt() {
      return last?.startedAt;
    },
    get decisionId() {
      return decisionId;
    },
    add(calls) {
      const fresh = calls.filter(({ callId }) => !atLast.has(callId));
      for (const call of fresh) addOne(call);
      return fresh.length;
    },
    parts: (latest) => partsOf(latest, { ...sum, lastUsage, models: [...models.values()] }),
  };
}

interface SummedCalls {
  readonly callCount: number;
  readonly unknown: number;
  readonly mayHaveBilled: NanoUsd;
  readonly firstAt: At | undefined;
  readonly lastUsage: CallRecord['usage'];
  readonly models: readonly ModelPart[];
}

function partsOf(latest: CallRecord, sums: SummedCalls): ReturnType<Sum['parts']> {
  const { lastUsage } = sums;
  const models = sums.models.toSorted((one, other) => other.billNanoUsd - one.billNanoUsd);
  const prompt = lastUsage === undefined ? 0 : promptTokens(lastUsage);
  return {
    harness: latest.gateway?.harness,
    firstAt: sums.firstAt ?? latest.startedAt,
    lastAt: latest.startedAt,
    callCount: sums.callCount,
    model: latest.requestedModel,
    warmRatio: lastUsage === undefined || prompt === 0 ? undefined : (lastUsage.cacheReadTokens ?? 0) / prompt,
    billNanoUsd: sumNanoUsd(models.map((part) => part.billNanoUsd)),
    unknownBillCallCount: sums.unknown,
    mayHaveBilledNanoUsd: sums.mayHaveBilled,
    models,
  };
}
