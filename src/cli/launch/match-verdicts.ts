import type { DecisionId } from '../../domain/ids.ts';
import type { Ms } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { HarnessVerdict } from '../../learn/harness-verdicts.ts';
import type { CallRecord } from '../../recorder/record.ts';

export interface JudgedDecision {
  readonly decisionId: DecisionId;
  readonly verdict: HarnessVerdict['verdict'];
  readonly note: string;
}

/**
 * The decision that sent each judged call where it went; of several calls of one decision the last judged speaks. A log that keeps no
 * id of the answer knows its size and its time: where one recorded call alone has both, it is that call. Pure.
 */
export function matchVerdicts(
  verdicts: readonly HarnessVerdict[],
  calls: readonly CallRecord[],
): readonly JudgedDecision[] {
  const byId = new Map(
    calls.flatMap(({ gateway, requestId }) =>
      gateway === undefined ? [] : [gateway.callerRequestId, requestId].map((id) => [id, gateway.decisionId] as const),
    ),
  );
  const byDecision = new Map<DecisionId, JudgedDecision>();
  for (const { verdict, why, ...call } of verdicts) {
    const named = call.callIds.map((id) => byId.get(id)).find((id) => id !== undefined);
    const decisionId = named ?? sameSize(call, calls);
    if (decisionId !== undefined) byDecision.set(decisionId, { decisionId, verdict, note: why });
  }
  return [...byDecision.values()];
}

/** Between the end of a call here and what a harness writes down of it. */
const SKEW_MS: Ms = 30_000;

function sameSize(
  { usage, endedAt }: Pick<HarnessVerdict, 'usage' | 'endedAt'>,
  calls: readonly CallRecord[],
): DecisionId | undefined {
  if (usage === undefined || endedAt === undefined) return undefined;
  const prompt = promptTokens(usage);
  const found = calls.filter(
    (call) =>
      call.usage !== undefined &&
      promptTokens(call.usage) === prompt &&
      call.usage.outputTokens === usage.outputTokens &&
      endedAt >= call.startedAt - SKEW_MS &&
      endedAt <= call.startedAt + call.durationMs + SKEW_MS,
  );
  return found.length === 1 ? found[0]?.gateway?.decisionId : undefined;
}
