import { sumNanoUsd } from '../../domain/money.ts';
import type { WorkEstimate } from '../../replay/estimate-work.ts';
import type { GatheredLogs } from '../../replay/gather-logs.ts';
import { bestOfOurs, hasPricedCalls } from '../../replay/our-policies.ts';
import type { ReplayPool } from '../../replay/replay-pool.ts';
import { counted, moment, tokens, usd } from '../../replay/report/amounts.ts';
import type { AvoidableEvent, MoneyRow, RecordedSummary, ReplayReport } from '../../replay/report/replay-report.ts';
import { shownLine } from '../../trust/shown.ts';
import { fitted, USUAL_COLUMNS } from '../width/wrapped.ts';
import { provedSection } from './certificate-text.ts';
import { spanText } from './replay-progress.ts';
import { gammaSection, policySection } from './replay-table.ts';
import { warmthSection } from './warmth-text.ts';

/** The report as a person reads it in a terminal. Plain text, no colours, no prompt text. */
export function reportText(report: ReplayReport): string {
  if (report.recorded.callCount === 0) return 'No model calls were found in these logs.\n';
  if (!hasPricedCalls(report)) {
    return `${recordedSection(report)}\nNo call has both a usage and a price, so there is nothing to compare. A model's price can be added under "models" in the configuration.\n`;
  }
  const sections = [
    verdictSection(report),
    recordedSection(report),
    policySection(report),
    gammaSection(report),
    moneySection(report),
    cacheSection(report),
    warmthSection(report.warmth),
    eventSection(report),
    ...provedSection(report.proved),
    assumptionSection(report),
    limitSection(report),
  ];
  return fitted(sections.join('\n'), USUAL_COLUMNS);
}

/** First what a reader wants to know, in three lines of words; the tables behind it say from what. */
function verdictSection({ verdict }: ReplayReport): string {
  const { paid, simplest, routing, more } = verdict;
  return `${[paid, simplest, routing].join('\n')}\n\n${more.map((line) => `  ${line}`).join('\n')}\n`;
}

function recordedSection({ recorded, reconciliation, dropped }: ReplayReport): string {
  const { tokens: sum } = recorded;
  const lines = [
    `What was recorded (${moment(recorded.firstAt)} to ${moment(recorded.lastAt)} UTC)`,
    ...recorded.byClient.map(
      (row) => `  ${row.client}: ${counted(row.sessionCount, 'session')}, ${counted(row.callCount, 'call')}`,
    ),
    `  tokens: ${tokens(sum.cacheRead)} cache read, ${tokens(sum.cacheWrite)} cache write, ${tokens(sum.uncached)} uncached, ${tokens(sum.output)} output`,
    `  billed: ${usd(sumNanoUsd([recorded.billedNanoUsd, recorded.surchargeNanoUsd]))} (${billBasis(recorded)})`,
  ];
  if (recorded.surchargeNanoUsd !== 0) {
    lines.push(
      `  of it ${usd(recorded.surchargeNanoUsd)} for fast mode, searches and other terms; policies below are held against ${usd(recorded.billedNanoUsd)} without them`,
    );
  }
  for (const { term, callCount } of recorded.unpricedTerms) {
    lines.push(`  ! ${counted(callCount, 'call')}: the price of ${term} is not known here and not in the bill`);
  }
  if (reconciliation.comparedCallCount > 0) {
    lines.push(
      `  the logs carry a cost for ${reconciliation.comparedCallCount} calls: ${reconciliation.equalCallCount} equal to the billionth of a dollar, ${usd(reconciliation.loggedNanoUsd)} logged, ${usd(reconciliation.recomputedNanoUsd)} recomputed`,
    );
  }
  for (const { model, callCount } of recorded.unpriced) {
    lines.push(
      `  ! ${counted(callCount, 'call')} of "${model}": no price is known here, so no figure below holds them`,
    );
  }
  if (recorded.callsWithoutUsageCount > 0) {
    lines.push(`  ! ${counted(recorded.callsWithoutUsageCount, 'call')} without usage: no figure below holds them`);
  }
  const lost = dropped.malformedCount + dropped.oversizedCount;
  if (lost > 0) lines.push(`  ! ${lost} rows could not be read and were left out`);
  const unknown = Object.values(dropped.unknownTypes).reduce((total, count) => total + count, 0);
  if (unknown > 0) lines.push(`  ${unknown} rows of types that carry no call were skipped`);
  if (dropped.summedCallCount > 0) {
    lines.push(
      `  ${counted(dropped.summedCallCount, 'call')} known by their sums only: tokens are spread evenly over them`,
    );
  }
  if (dropped.duplicateCallCount > 0) lines.push(`  ${dropped.duplicateCallCount} copied calls were counted once`);
  return `${lines.join('\n')}\n`;
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
  return `Where the money went (${recorded.inferredReadsSessionCount === 0 ? 'measured' : 'modelled'})\n${lines.join('\n')}\n`;
}

function cacheSection({ cache }: ReplayReport): string {
  if (cache.comparedCallCount === 0) return 'Prompt caches: no call of these logs can be compared.\n';
  const lines = [
    'Prompt caches: predicted from earlier usage and times, held against what was read',
    `  ${(cache.within50TokensRatio * 100).toFixed(1)} % of ${cache.comparedCallCount} calls within 50 tokens (median error ${Math.round(cache.medianAbsoluteErrorTokens)})`,
    `  had every prediction come true: ${usd(cache.predictedNanoUsd)} instead of ${usd(cache.billedNanoUsd)}`,
    `  ${cache.coldInsideTtlCount} calls read nothing inside the time to live, ${cache.coldAfterUserCount} of them after a person's message`,
    ...cache.misses.map(
      (miss) =>
        `  ${miss.cause}: ${counted(miss.callCount, 'call')}, ${tokens(miss.lostTokens)} tokens, ${usd(miss.costNanoUsd)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function eventSection({ events }: ReplayReport): string {
  if (events.length === 0) return 'No avoidable event was found.\n';
  const linesOf = (event: AvoidableEvent): readonly string[] => [
    `${usd(event.costNanoUsd)}, ${moment(event.at)} UTC, ${event.client} ${event.sessionId.slice(0, 13)}, call ${event.callIndex + 1}, ${event.model}`,
    event.what,
    ...(event.text === undefined ? [] : [`Asked for: ${event.text}`]),
  ];
  const lines = events.flatMap((event) =>
    linesOf(event).map((line, at) => `${at === 0 ? '  ' : '    '}${shownLine(line)}`),
  );
  const hints = [...new Set(events.map((event) => event.hint))].map((hint) => `  ${hint}`);
  return `The ${events.length} dearest avoidable events\n${lines.join('\n')}\nWhat would mend them\n${hints.join('\n')}\n`;
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

/** What is about to be read, and what policies may choose from. */
export function foundText(logs: GatheredLogs, pool: ReplayPool): string {
  const size = `${counted(logs.fileCount, 'file')}, ${bytes(logs.byteCount)}`;
  const unknown = logs.files.unrecognised.length;
  const lines = [
    ...(logs.found.length === 0 ? [`Reading ${size}`] : ['Found on this machine:']),
    ...logs.found.map(
      ({ client, folder, paths, byteCount, lastChangedAt }) =>
        `  ${client}: ${counted(paths.length, 'file')}, ${bytes(byteCount)}, last written ${moment(lastChangedAt)} UTC, in ${folder}`,
    ),
    ...(unknown === 0 ? [] : [`  left out: ${counted(unknown, 'file')} of no form that is known here`]),
    `Pool: ${pool.models.map((model) => model.id).join(', ')} (${pool.why})`,
  ];
  return `${fitted(lines.join('\n'), USUAL_COLUMNS)}\n`;
}

/** Shorter waits than this need no word. */
const LONG_MS = 4000;

/** How long it will take, about, and where the optimum is searched less far than it could be; nothing where both go without saying. */
export function workText({ callCount, ms, optimumStates, fewerFor }: WorkEstimate, pool: ReplayPool): string {
  if (ms < LONG_MS) return '';
  const lines = [`About ${spanText(ms)}: some ${tokens(callCount)} calls, ${counted(pool.models.length, 'model')}.`];
  const leave = '--no-optimum leaves it out.';
  if (fewerFor === 'models') {
    lines.push(
      `Among so many models the optimum is not searched: the best known run and its bound stand for it; ${leave}`,
    );
  } else if (fewerFor === 'calls') {
    lines.push(`For so many calls the optimum is searched narrowly (${optimumStates} states a call); ${leave}`);
  }
  return `${lines.join('\n')}\n`;
}

/** How the best of ours did against a bound that the user set. */
export function savingText(report: ReplayReport, boundRatio: number): string {
  const best = bestOfOurs(report);
  if (best === undefined) return 'No policy of ours was asked for, so there is no saving to judge.\n';
  const verdict = -best.costVsRecordedRatio >= boundRatio ? 'enough' : 'not enough';
  return `"${best.name}", the best of ours, ${changeText(best.costVsRecordedRatio)}; asked for was that it ${changeText(-boundRatio)}: ${verdict}.\n`;
}

/** A loss is called one: `saves 12.3 %`, `costs 26.6 % more`. */
function changeText(ratio: number): string {
  const size = `${Math.abs(ratio * 100).toFixed(1)} %`;
  return ratio > 0 ? `costs ${size} more` : `saves ${size}`;
}

function bytes(count: number): string {
  return count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(0)} %`;
}

/** What a bill stands on: nothing that was inferred is called measured. */
function billBasis({ inferredReadsSessionCount: count, sessionCount }: RecordedSummary): string {
  return count === 0
    ? 'measured: usage of each call at catalogue prices'
    : `modelled: what ${count === sessionCount ? 'the' : count} sessions read from the cache is inferred, at catalogue prices`;
}
