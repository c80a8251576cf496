import { moment, percent, percentInterval, tokens, usd } from '../replay/amounts.ts';
import { textTable, type Column } from './text-table.ts';
import type { AvoidableEvent, MoneyRow, ReplayReport } from '../replay/replay-report.ts';

/** The report as a person reads it in a terminal. Plain text, no colours, no prompt text. */
export function reportText(report: ReplayReport): string {
  if (report.recorded.callCount === 0) return 'No model calls were found in these logs.\n';
  return [
    recordedSection(report),
    policySection(report),
    moneySection(report),
    cacheSection(report),
    eventSection(report),
    assumptionSection(report),
    limitSection(report),
  ].join('\n');
}

function recordedSection({ recorded, reconciliation, dropped }: ReplayReport): string {
  const { tokens: sum } = recorded;
  const lines = [
    `What was recorded (${moment(recorded.firstAt)} to ${moment(recorded.lastAt)} UTC)`,
    ...recorded.byClient.map((row) => `  ${row.client}: ${row.sessionCount} sessions, ${row.callCount} calls`),
    `  tokens: ${tokens(sum.cacheRead)} cache read, ${tokens(sum.cacheWrite)} cache write, ${tokens(sum.uncached)} uncached, ${tokens(sum.output)} output`,
    `  billed: ${usd(recorded.billedNanoUsd)} (measured: usage of each call at catalogue prices)`,
  ];
  if (reconciliation.comparedCallCount > 0) {
    lines.push(
      `  the logs carry a cost for ${reconciliation.comparedCallCount} calls: ${reconciliation.equalCallCount} equal to the billionth of a dollar, ${usd(reconciliation.loggedNanoUsd)} logged, ${usd(reconciliation.recomputedNanoUsd)} recomputed`,
    );
  }
  for (const { model, callCount } of recorded.unpriced) {
    lines.push(`  ! ${callCount} calls of "${model}" have no price here and are in no figure below`);
  }
  if (recorded.callsWithoutUsageCount > 0) {
    lines.push(`  ! ${recorded.callsWithoutUsageCount} calls carry no usage and are in no figure below`);
  }
  const lost = dropped.malformedCount + dropped.oversizedCount;
  if (lost > 0) lines.push(`  ! ${lost} rows could not be read and were left out`);
  const unknown = Object.values(dropped.unknownTypes).reduce((total, count) => total + count, 0);
  if (unknown > 0) lines.push(`  ${unknown} rows of types that carry no call were skipped`);
  if (dropped.duplicateCallCount > 0) lines.push(`  ${dropped.duplicateCallCount} copied calls were counted once`);
  return `${lines.join('\n')}\n`;
}

const POLICY_COLUMNS: readonly Column[] = [
  { title: 'policy' },
  { title: 'bill', align: 'right' },
  { title: 'vs billed', align: 'right' },
  { title: '95 %' },
  { title: 'failures γ', align: 'right' },
  { title: 'bill + γ', align: 'right' },
  { title: 'switches', align: 'right' },
  { title: 'cache', align: 'right' },
  { title: 'label' },
];

function policySection(report: ReplayReport): string {
  const rows = report.policies.map((policy) => [
    policy.name,
    usd(policy.costNanoUsd),
    percent(policy.costVsRecordedRatio),
    percentInterval(policy.costVsRecordedInterval),
    usd(policy.failureNanoUsd),
    usd(policy.totalNanoUsd),
    String(policy.switchCount),
    `${(policy.cacheHitRatio * 100).toFixed(0)} %`,
    policy.label,
  ]);
  const { optimum } = report;
  if (optimum !== undefined) {
    rows.push([
      'optimum (hindsight)',
      usd(optimum.costNanoUsd),
      '',
      '',
      usd(optimum.failureNanoUsd),
      usd(optimum.totalNanoUsd),
      String(optimum.switchCount),
      '',
      'modelled',
    ]);
  }
  return `What each policy would have billed\n${textTable(POLICY_COLUMNS, rows)}`;
}

function moneySection({ money, recorded }: ReplayReport): string {
  const parts: readonly (readonly [string, readonly MoneyRow[]])[] = [
    ['by model', money.byModel],
    ['by kind of step', money.byKind],
    ['by agent', money.byAgent],
    ['by what the tokens were', money.byBucket],
    ['by who caused the call', money.byTrigger],
  ];
  const lines = parts.flatMap(([title, rows]) => [
    `  ${title}: ${rows
      .slice(0, 6)
      .map((row) => `${row.name} ${usd(row.costNanoUsd)} (${share(row.costNanoUsd, recorded.billedNanoUsd)})`)
      .join(', ')}`,
  ]);
  return `Where the money went (measured)\n${lines.join('\n')}\n`;
}

function cacheSection({ cache }: ReplayReport): string {
  if (cache.comparedCallCount === 0) return 'Prompt caches: no call of these logs can be compared.\n';
  const lines = [
    'Prompt caches: predicted from earlier usage and times, held against what was read',
    `  ${(cache.within50TokensRatio * 100).toFixed(1)} % of ${cache.comparedCallCount} calls within 50 tokens (median error ${Math.round(cache.medianAbsoluteErrorTokens)})`,
    `  had every prediction come true: ${usd(cache.predictedNanoUsd)} instead of ${usd(cache.billedNanoUsd)}`,
    `  ${cache.coldInsideTtlCount} calls read nothing inside the time to live, ${cache.coldAfterUserCount} of them after a person's message`,
    ...cache.misses.map(
      (miss) => `  ${miss.cause}: ${miss.callCount} calls, ${tokens(miss.lostTokens)} tokens, ${usd(miss.costNanoUsd)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

const EVENT_COLUMNS: readonly Column[] = [
  { title: 'USD', align: 'right' },
  { title: 'when (UTC)' },
  { title: 'session' },
  { title: 'model' },
  { title: 'what happened' },
];

function eventSection({ events }: ReplayReport): string {
  if (events.length === 0) return 'No avoidable event was found.\n';
  const row = (event: AvoidableEvent): readonly string[] => [
    usd(event.costNanoUsd),
    moment(event.at),
    `${event.client} ${event.sessionId.slice(0, 13)} call ${event.callIndex + 1}`,
    event.model,
    event.what,
  ];
  const mends = [...new Set(events.map((event) => event.mend))].map((mend) => `  ${mend}`);
  return `The ${events.length} dearest avoidable events\n${textTable(EVENT_COLUMNS, events.map(row))}What would mend them\n${mends.join('\n')}\n`;
}

function assumptionSection({ assumptions }: ReplayReport): string {
  const lines = Object.entries(
    assumptions as unknown as Record<string, ReplayReport['assumptions']['outputRatio']>,
  ).map(([name, row]) => `  ${name} ${row.value} [${row.low}, ${row.high}] ${row.label}: ${row.source}`);
  return `What the modelled figures stand on\n${lines.join('\n')}\n`;
}

function limitSection({ limits, predictorVersion, seed }: ReplayReport): string {
  return `What replay cannot know (predictor ${predictorVersion}, seed ${seed})\n${limits.map((limit) => `  ${limit}`).join('\n')}\n`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(0)} %`;
}
