import { bestOfOurs, bestSingleModel, listedPolicies } from './our-policies.ts';
import { counted, percent, percentInterval, usd } from './report/amounts.ts';
import type { PolicyReport, ReplayReport, Verdict } from './report/replay-report.ts';

/** A rule that succeeds this much less often is not called a saving, whatever it bills. */
const SUCCESS_MARGIN_RATIO = 0.01;
const MARGIN_POINTS = SUCCESS_MARGIN_RATIO * 100;
/** Ours has to be this much below a simple rule, bill and failures together, before routing is said to add to it. */
const ADDS_RATIO = 0.01;
const FEW_CALLS = 100;

/** Rules that need no router. */
const SIMPLE = new Set(['never-switch', 'always-cheap', 'always-frontier']);

type PolicyStanding = 'saves' | 'costs' | 'weaker' | 'unsure' | 'too-few';

/** The verdict on a report. Pure; the same words in text, page and JSON. */
export function verdictOf(report: Omit<ReplayReport, 'verdict'>): Verdict {
  const ours = bestOfOurs(report);
  const simple = betterSimple(report).find((policy) => standingOf(policy, report) === 'saves');
  const bound = boundOf(report);
  const { routableRatio } = report.recorded;
  const routable = `Steps that a cheaper model is predicted to be enough for are ${share(routableRatio)} of the bill (modelled).`;
  const pays = ours !== undefined && standingOf(ours, report) === 'saves' && isBelow(ours, bound);
  return {
    headline: headlineOf(report, { ours, simple, bound, pays }),
    paid: paidLine(report),
    simplest: simple === undefined ? 'No rule without a router is shown to be better.' : simplestLine(simple),
    routing: ours === undefined ? 'No policy of ours was asked for.' : routingLine(report, ours, pays),
    more: [
      ...unpaidTexts(report),
      ...(simple === undefined ? [] : [`${simple.name}: ${figuresOf(simple, report)}.`]),
      ...hindsightTexts(report, simple),
      ...(ours === undefined ? [] : [routingText(report, { ours, bound, pays })]),
      routable,
    ],
    pays,
    routableRatio,
  };
}

function standingOf(policy: PolicyReport, report: Pick<ReplayReport, 'policies'>): PolicyStanding {
  const interval = policy.costVsRecordedInterval;
  if (interval === undefined) return 'too-few';
  if (interval.low > 0) return 'costs';
  if (interval.high >= 0) return 'unsure';
  return isWeaker(policy, report) ? 'weaker' : 'saves';
}

function isWeaker(policy: PolicyReport, { policies: [recorded] }: Pick<ReplayReport, 'policies'>): boolean {
  return recorded !== undefined && policy.meanSuccessRatio < recorded.meanSuccessRatio - SUCCESS_MARGIN_RATIO;
}

/** Simple rules that are better than what was done, bill and failures together; the best first. */
function betterSimple(report: Pick<ReplayReport, 'policies'>): readonly PolicyReport[] {
  const [recorded] = report.policies;
  return listedPolicies(report)
    .filter(({ name }) => SIMPLE.has(name) || name.startsWith('fixed:'))
    .filter(({ totalNanoUsd }) => recorded !== undefined && totalNanoUsd < recorded.totalNanoUsd)
    .toSorted((a, b) => a.totalNanoUsd - b.totalNanoUsd);
}

/** What needs no router and comes to the least, bill and failures together: ours is held against it. */
interface Bound {
  readonly name: string;
  readonly totalNanoUsd: number;
}

function boundOf(report: Pick<ReplayReport, 'policies' | 'optimum'>): Bound | undefined {
  const [simple] = betterSimple(report);
  const single = bestSingleModel(report);
  const named = single && { name: `${single.model} for everything`, totalNanoUsd: single.totalNanoUsd };
  return simple !== undefined && (named === undefined || simple.totalNanoUsd <= named.totalNanoUsd) ? simple : named;
}

function isBelow(ours: PolicyReport, bound: Bound | undefined): boolean {
  return bound === undefined || ours.totalNanoUsd < bound.totalNanoUsd * (1 - ADDS_RATIO);
}

interface Findings {
  readonly ours: PolicyReport | undefined;
  /** The best rule without a router that is shown to save. */
  readonly simple: PolicyReport | undefined;
  readonly bound: Bound | undefined;
  readonly pays: boolean;
}

/** Calls without a price or a usage are in no amount, and so not said to be paid. */
function paidLine({ recorded }: Pick<ReplayReport, 'recorded'>): string {
  const basis = recorded.inferredReadsSessionCount === 0 ? 'measured' : 'partly modelled';
  const paid = usd(recorded.billedNanoUsd + recorded.surchargeNanoUsd);
  const missing = unpaidCount(recorded);
  const calls = `${missing === 0 ? '' : `${recorded.callCount - missing} of `}${counted(recorded.callCount, 'call')}`;
  return `You paid ${paid} for ${calls} (${basis}, list prices).`;
}

function unpaidCount({ unpriced, callsWithoutUsageCount }: ReplayReport['recorded']): number {
  return unpriced.reduce((sum, { callCount }) => sum + callCount, callsWithoutUsageCount);
}

function unpaidTexts({ recorded }: Pick<ReplayReport, 'recorded'>): readonly string[] {
  const missing = unpaidCount(recorded);
  return missing === 0 ? [] : [`What ${missing} of ${counted(recorded.callCount, 'call')} cost is not known.`];
}

const MAX_LINE_CHARS = 80;

/** A name that is too long for its line is cut; it stands whole below. */
function lineOf(before: string, name: string, after: string): string {
  const room = MAX_LINE_CHARS - before.length - after.length;
  return `${before}${name.length <= room ? name : `${name.slice(0, Math.max(8, room - 1))}…`}${after}`;
}

/** `−97.5 % [−97.6, −97.4]`: against what was billed. */
function changeOf({ costVsRecordedRatio, costVsRecordedInterval }: PolicyReport): string {
  const interval = percentInterval(costVsRecordedInterval);
  return `${percent(costVsRecordedRatio).trim()} ${interval === '' ? '(no interval)' : interval}`;
}

function simplestLine(simple: PolicyReport): string {
  return lineOf('Better without a router: ', simple.name, `, ${changeOf(simple)}.`);
}

function routingLine(report: Omit<ReplayReport, 'verdict'>, ours: PolicyReport, pays: boolean): string {
  return lineOf(`${pays ? 'Routing adds to it' : shortOf(report, ours)}: `, ours.name, `, ${changeOf(ours)}.`);
}

function shortOf(report: Omit<ReplayReport, 'verdict'>, ours: PolicyReport): string {
  switch (standingOf(ours, report)) {
    case 'too-few':
      return 'Too few sessions to tell whether routing pays';
    case 'weaker':
      return 'Routing bills less, and fails more often';
    case 'saves':
      return 'Routing adds nothing to it';
    case 'unsure':
      return 'Routing does not pay here';
    case 'costs':
      return isFewerFailures(report, ours) ? 'Routing bills more, for fewer failures' : 'Routing does not pay here';
  }
}

function isFewerFailures({ policies: [recorded] }: Pick<ReplayReport, 'policies'>, ours: PolicyReport): boolean {
  return recorded !== undefined && ours.totalNanoUsd < recorded.totalNanoUsd;
}

function hindsightTexts(report: Omit<ReplayReport, 'verdict'>, simple: PolicyReport | undefined): readonly string[] {
  const single = bestSingleModel(report);
  const recorded = report.policies[0]?.totalNanoUsd ?? 0;
  const isBetter = single !== undefined && single.totalNanoUsd < (simple?.totalNanoUsd ?? recorded);
  return isBetter
    ? [
        `Seen afterwards, ${single.model} for everything comes to ${usd(single.totalNanoUsd)}, its failures priced in, against ${usd(recorded)} as recorded.`,
      ]
    : [];
}

function routingText(
  report: Omit<ReplayReport, 'verdict'>,
  { ours, bound, pays }: Pick<Findings, 'bound' | 'pays'> & { readonly ours: PolicyReport },
): string {
  return `${pays ? 'Routing adds to it' : shortfallOf(report, ours, bound)}. “${ours.name}”: ${figuresOf(ours, report)}.`;
}

function shortfallOf(report: Omit<ReplayReport, 'verdict'>, ours: PolicyReport, bound: Bound | undefined): string {
  switch (standingOf(ours, report)) {
    case 'too-few':
      return 'Too few sessions to say whether routing pays';
    case 'weaker':
      return `Routing bills less, but its steps are predicted to succeed less often, by more than ${MARGIN_POINTS} point`;
    case 'saves':
      return `Routing does not add to it: ${bound?.name ?? 'one model'} does as well, failures priced in`;
    case 'unsure':
      return `Routing does not pay here${reasonOf(report) ?? ': whether it would have saved anything is not shown'}`;
    case 'costs':
      return costsText(report, ours);
  }
}

/** A dearer bill may buy fewer failures: then it is no word about caches. */
function costsText(report: Omit<ReplayReport, 'verdict'>, ours: PolicyReport): string {
  const [recorded] = report.policies;
  if (recorded !== undefined && isFewerFailures(report, ours)) {
    return `Routing bills more, for fewer failures: both together come to ${usd(ours.totalNanoUsd)} against ${usd(recorded.totalNanoUsd)}`;
  }
  const isColder = recorded !== undefined && ours.cacheHitRatio < recorded.cacheHitRatio;
  const why = isColder ? ': what cheaper models save goes into caches read cold' : '';
  return `Routing does not pay here${reasonOf(report) ?? why}`;
}

/** Why there is nothing to gain, where the logs show it. */
function reasonOf({ recorded, pool }: Pick<ReplayReport, 'recorded' | 'pool'>): string | undefined {
  if (recorded.callCount < FEW_CALLS) return ', as far as so few calls can show';
  if (pool.length < 2) return ': there is one model to choose from';
  if (recorded.routableRatio < 0.1) return ': nearly all of the bill is for steps that need what they ran on';
  return undefined;
}

function figuresOf(policy: PolicyReport, report: Pick<ReplayReport, 'policies'>): string {
  const [recorded] = report.policies;
  const interval = percentInterval(policy.costVsRecordedInterval);
  const change = `bill ${usd(policy.costNanoUsd)} (${percent(policy.costVsRecordedRatio).trim()}${interval === '' ? ', no interval' : `, 95 % ${interval}`})`;
  return `${change}, predicted success ${share(policy.meanSuccessRatio)} against ${share(recorded?.meanSuccessRatio ?? 0)}`;
}

function headlineOf(
  report: Pick<ReplayReport, 'policies' | 'recorded'>,
  { ours, simple, bound, pays }: Findings,
): string {
  const billed = usd(report.recorded.billedNanoUsd);
  if (ours === undefined) return `${billed} billed`;
  const difference = ({ costNanoUsd }: PolicyReport): string =>
    usd(Math.abs(costNanoUsd - report.recorded.billedNanoUsd));
  const amount = difference(ours);
  if (pays) return `Routing would have saved ${amount} of ${billed}`;
  switch (standingOf(ours, report)) {
    case 'saves':
      if (simple !== undefined) return `${simple.name} would have saved ${difference(simple)} of ${billed}`;
      return `Routing adds nothing here: ${bound?.name ?? 'one model'} does as well on ${billed}`;
    case 'costs':
      return `Routing would have cost ${amount} more of ${billed}`;
    case 'weaker':
      return `Routing would have billed ${amount} less of ${billed}, and failed more often`;
    case 'unsure':
      return `Routing does not pay here: no saving is shown on ${billed}`;
    case 'too-few':
      return `${billed} billed; too few sessions to say whether routing pays`;
  }
}

function share(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
