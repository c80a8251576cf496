import type { ModelId } from '../../domain/ids.ts';
import { sumNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { StepKind } from '../../domain/step.ts';
import { sumUsage, type Usage } from '../../domain/usage.ts';
import type { CallRecord } from '../../recorder/record.ts';
import type { CallEntry } from '../model/job-journal.ts';
import { mayHaveBilledOf } from '../model/job-money.ts';
import type { UsageReport, UsageRow } from '../model/pointsman.ts';

/** How many of a gateway's newest calls a report counts; past it, the report says so. */
export const GATEWAY_CALL_LIMIT = 20_000;

/** What counts of a call, whoever asked for it. */
interface UsedCall {
  readonly model: ModelId;
  readonly kind: StepKind | 'reader' | 'advice';
  readonly usage: Usage | undefined;
  readonly billNanoUsd: NanoUsd | undefined;
  /** Beyond the known bill. `undefined`: that is whole. */
  readonly mayHaveBilledNanoUsd: NanoUsd | undefined;
}

/** What jobs and gateway calls used, by model and by kind of step, dearest first. Pure. */
export function usageReport(
  jobs: readonly (readonly CallEntry[])[],
  gatewayCalls: readonly CallRecord[],
  alarms: readonly string[],
): UsageReport {
  const calls = [...jobs.flat().map(ofJob), ...gatewayCalls.map(ofGateway)];
  const isCut = gatewayCalls.length >= GATEWAY_CALL_LIMIT;
  return {
    jobCount: jobs.length,
    gatewayCallCount: gatewayCalls.length,
    callCount: calls.length,
    spentNanoUsd: spentOn(calls),
    unknownBillCallCount: calls.filter((call) => call.mayHaveBilledNanoUsd !== undefined).length,
    mayHaveBilledNanoUsd: unknownOf(calls),
    byModel: rowsBy(calls, (call) => call.model),
    byKind: rowsBy(calls, (call) => call.kind),
    alarms: isCut ? [...alarms, `Only the newest ${GATEWAY_CALL_LIMIT} gateway calls are counted.`] : alarms,
  };
}

function ofJob(call: CallEntry): UsedCall {
  const { model, kind, end } = call;
  return {
    model,
    kind: call.purpose === 'reader' || call.purpose === 'advice' ? call.purpose : kind,
    usage: end?.usage,
    billNanoUsd: end?.billNanoUsd,
    mayHaveBilledNanoUsd: mayHaveBilledOf(call),
  };
}

function ofGateway(call: CallRecord): UsedCall {
  const { requestedModel, usage, billNanoUsd, errorCode, gateway } = call;
  const isUntold = errorCode === undefined && billNanoUsd === undefined;
  return {
    model: requestedModel,
    kind: call.purpose === 'reader' ? 'reader' : (gateway?.kind ?? 'other'),
    usage,
    billNanoUsd,
    mayHaveBilledNanoUsd: call.mayHaveBilledNanoUsd ?? (isUntold ? ZERO_USD : undefined),
  };
}

function spentOn(calls: readonly UsedCall[]): NanoUsd {
  return sumNanoUsd(calls.flatMap((call) => call.billNanoUsd ?? []));
}

function unknownOf(calls: readonly UsedCall[]): NanoUsd {
  return sumNanoUsd(calls.flatMap((call) => call.mayHaveBilledNanoUsd ?? []));
}

function rowsBy<Key extends string>(
  calls: readonly UsedCall[],
  keyOf: (call: UsedCall) => Key,
): readonly UsageRow<Key>[] {
  const groups = Map.groupBy(calls, keyOf);
  return [...groups]
    .map(([key, own]) => ({
      key,
      callCount: own.length,
      usage: sumUsage(own.flatMap((call) => call.usage ?? [])),
      billNanoUsd: spentOn(own),
      mayHaveBilledNanoUsd: unknownOf(own),
    }))
    .sort((a, b) => b.billNanoUsd - a.billNanoUsd || (a.key < b.key ? -1 : 1));
}
