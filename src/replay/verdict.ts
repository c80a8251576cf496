import { bestOfOurs, bestSingleModel, listedPolicies } from './our-policies.ts';
import { counted, percent, percentInterval, usd } from './report/amounts.ts';
import type { PolicyReport, ReplayReport, Verdict } from './report/replay-report.ts';

/** A rule that succeeds this much less often is not called a saving, whatever it bills. */
const SUCCESS_MARGIN_RATIO = 0.01;
/** Ours has to be this much below a simple rule, bill and failures together, before routing is said to add to it. */
const ADDS_RATIO = 0.01;
const FEW_CALLS = 100;

/** Rules that need no router. */
const SIMPLE = new Set(['never-switch', 'always-cheap', 'always-frontier']);

type PolicyStanding = 'saves' | 'costs' | 'weaker' | 'unsure' | 'too-few';

/** The verdict on a report. Pure; the same words in text, page and JSON. */
export function verdictOf(report: Omit<ReplayReport, 'verdict'>): Verdict {
  const ours = bestOfOurs(report);
  const simple = bestSimple(report);
  const shownSimple = simple !== undefined && standingOf(simple, report) === 'saves' ? simple : undefined;
  const { routableRatio } = report.recorded;
  const routable = `Steps that a cheaper model is predicted to be enough for are ${share(routableRatio)} of the bill (modelled).`;
  const pays = ours !== undefined && standingOf(ours, report) === 'saves' && isBelowSimple(ours, report, simple);
  return {
    headline: headlineOf(report, ours, pays),
    paid: paidText(report),
    simplest: simplestText(report, shownSimple),
    routing: `${routingText(report, ours, simple, pays)} ${routable}`,
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

/** The simple rule with the smallest bill and failures together, when it is better than what was done. */
function bestSimple(report: Pick<ReplayReport, 'policies'>): PolicyReport | undefined {
  const [recorded] = report.policies;
  const [best] = listedPolicies(report)
    .filter(({ name }) => SIMPLE.has(name) || name.startsWith('fixed:'))
    .toSorted((a, b) => a.totalNanoUsd - b.totalNanoUsd);
  return best !== undefined && recorded !== undefined && best.totalNanoUsd < recorded.totalNanoUsd ? best : undefined;
}

function isBelowSimple(
  ours: PolicyReport,
  report: Pick<ReplayReport, 'policies' | 'optimum'>,
  simple: PolicyReport | undefined,
): boolean {
  const bounds = [simple?.totalNanoUsd, bestSingleModel(report)?.totalNanoUsd];
  return bounds.every((bound) => bound === undefined || ours.totalNanoUsd < bound * (1 - ADDS_RATIO));
}

function paidText({ recorded }: Pick<ReplayReport, 'recorded'>): string {
  const basis = recorded.inferredReadsSessionCount === 0 ? 'measured' : 'partly modelled';
  const paid = usd(recorded.billedNanoUsd + recorded.surchargeNanoUsd);
  return `You paid ${paid} for ${counted(recorded.callCount, 'call')} in ${counted(recorded.sessionCount, 'session')} (${basis}, list prices).`;
}

function simplestText(report: Omit<ReplayReport, 'verdict'>, simple: PolicyReport | undefined): string {
  const single = bestSingleModel(report);
  const isBetter =
    single !== undefined && single.totalNanoUsd < (simple?.totalNanoUsd ?? report.policies[0]?.totalNanoUsd ?? 0);
  const hindsight = isBetter
    ? ` Seen afterwards, ${single.model} for everything comes to ${usd(single.totalNanoUsd)}, its failures priced in.`
    : '';
  if (simple === undefined) return `No rule without a router is shown to be better.${hindsight}`;
  return `The simplest rule that would have been better: ${simple.name}, ${figuresOf(simple, report)}.${hindsight}`;
}

function routingText(
  report: Omit<ReplayReport, 'verdict'>,
  ours: PolicyReport | undefined,
  simple: PolicyReport | undefined,
  pays: boolean,
): string {
  if (ours === undefined) return 'No policy of ours was asked for.';
  const figures = `“${ours.name}”: ${figuresOf(ours, report)}`;
  if (pays) return `Routing adds to it. ${figures}.`;
  const standing = standingOf(ours, report);
  if (standing === 'too-few') return `Too few sessions to say whether routing pays. ${figures}.`;
  if (standing === 'weaker')
    return `Routing bills less, but its steps are predicted to succeed less often. ${figures}.`;
  if (standing === 'saves') {
    const rule = simple === undefined ? (bestSingleModel(report)?.model ?? 'one model') : simple.name;
    return `Routing does not add to it: ${rule} does as well. ${figures}.`;
  }
  return `Routing does not pay here${reasonOf(report)}. ${figures}.`;
}

/** Why there is nothing to gain, where the logs show it. */
function reasonOf({ recorded, pool }: Pick<ReplayReport, 'recorded' | 'pool'>): string {
  if (recorded.callCount < FEW_CALLS) return ', as far as so few calls can show';
  if (pool.length < 2) return ': there is one model to choose from';
  if (recorded.routableRatio < 0.1) return ': nearly all of the bill is for steps that need what they ran on';
  return ': what a cheaper model saves goes into caches read cold and into failures';
}

function figuresOf(policy: PolicyReport, report: Pick<ReplayReport, 'policies'>): string {
  const [recorded] = report.policies;
  const interval = percentInterval(policy.costVsRecordedInterval);
  const change = `bill ${usd(policy.costNanoUsd)} (${percent(policy.costVsRecordedRatio).trim()}${interval === '' ? ', no interval' : `, 95 % ${interval}`})`;
  return `${change}, predicted success ${share(policy.meanSuccessRatio)} against ${share(recorded?.meanSuccessRatio ?? 0)}`;
}

function headlineOf(
  report: Pick<ReplayReport, 'policies' | 'recorded'>,
  ours: PolicyReport | undefined,
  pays: boolean,
): string {
  const billed = usd(report.recorded.billedNanoUsd);
  if (ours === undefined) return `${billed} billed`;
  const amount = usd(Math.abs(ours.costNanoUsd - report.recorded.billedNanoUsd));
  if (pays) return `Routing would have saved ${amount} of ${billed}`;
  switch (standingOf(ours, report)) {
    case 'saves':
      return `Another model would have saved ${amount} of ${billed}`;
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
