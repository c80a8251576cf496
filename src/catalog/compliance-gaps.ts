import type { Compliance } from '../domain/model.ts';
import type { ComplianceDemand } from '../domain/router-policy.ts';

/**
 * What an endpoint fails to prove, as sentences for people; empty when every demand is met. Unknown meets nothing. A
 * demand for regions is met only when every place the endpoint may use is among them. Pure.
 */
export function complianceGaps(compliance: Compliance, demand: ComplianceDemand): readonly string[] {
  const gaps: string[] = [];
  const need = (wanted: boolean | undefined, has: boolean | undefined, what: string): void => {
    if (wanted === true && has !== true) gaps.push(has === undefined ? `${what} is unknown` : `${what} is not given`);
  };
  regionGap(gaps, 'inference region', compliance.inferenceRegions, demand.inferenceRegions);
  regionGap(gaps, 'storage region', compliance.storageRegions, demand.storageRegions);
  const { trainsOnData, headquarters } = compliance;
  regionGap(gaps, 'the vendor’s headquarters', headquarters === undefined ? [] : [headquarters], demand.headquarters);
  need(demand.noTraining, trainsOnData === undefined ? undefined : !trainsOnData, 'a promise not to train on data');
  need(demand.zeroDataRetention, compliance.zeroDataRetention, 'zero data retention');
  need(demand.baa, compliance.baaAvailable, 'a business associate agreement');
  need(demand.soc2, compliance.soc2, 'SOC 2');
  need(demand.iso27001, compliance.iso27001, 'ISO 27001');
  need(demand.gdprDpa, compliance.gdprDpa, 'a GDPR data processing agreement');
  retentionGap(gaps, compliance, demand.maxRetentionDays);
  return gaps;
}

function regionGap(
  gaps: string[],
  what: string,
  has: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): void {
  if (wanted === undefined) return;
  if (has === undefined || has.length === 0) gaps.push(`${what} is unknown`);
  else if (has.some((region) => !wanted.includes(region))) {
    gaps.push(`${what} is ${has.join(' or ')}, not ${wanted.join(' or ')}`);
  }
}

function retentionGap(gaps: string[], compliance: Compliance, maxDays: number | undefined): void {
  if (maxDays === undefined || compliance.zeroDataRetention === true) return;
  if (compliance.retentionDays === undefined) gaps.push('retention is unknown');
  else if (compliance.retentionDays > maxDays) {
    gaps.push(`data is kept ${compliance.retentionDays} days, more than ${maxDays}`);
  }
}

/** How an endpoint meets a demand, in words. A new demand is a missing key here. */
const MET: { readonly [Demand in keyof Required<ComplianceDemand>]: (compliance: Compliance) => string } = {
  inferenceRegions: ({ inferenceRegions = [] }) => `inference in ${inferenceRegions.join(' or ')}`,
  storageRegions: ({ storageRegions = [] }) => `storage in ${storageRegions.join(' or ')}`,
  headquarters: ({ headquarters = '' }) => `headquarters in ${headquarters}`,
  noTraining: () => 'no training on data',
  zeroDataRetention: () => 'zero data retention',
  maxRetentionDays: ({ zeroDataRetention, retentionDays = 0 }) =>
    zeroDataRetention === true || retentionDays === 0 ? 'keeps no data' : `keeps data for ${retentionDays} days`,
  baa: () => 'offers a business associate agreement',
  soc2: () => 'SOC 2',
  iso27001: () => 'ISO 27001',
  gdprDpa: () => 'a GDPR data processing agreement',
};

/**
 * Why an endpoint that has no gaps may take a step: each demand with what meets it, who says so and as of when. `undefined`: nothing
 * was demanded. Planning facts, no legal advice.
 */
export function complianceProof(compliance: Compliance, demand: ComplianceDemand): string | undefined {
  const met = Object.entries(demand).flatMap(([key, wanted]) =>
    wanted === undefined || wanted === false ? [] : MET[key as keyof ComplianceDemand](compliance),
  );
  if (met.length === 0) return undefined;
  const { sources = [], asOf } = compliance;
  const by = sources.length === 0 ? 'nobody is named for it' : sources.join(', ');
  return `${met.join(', ')}; source: ${by}${asOf === undefined ? '' : `, as of ${asOf}`}`;
}
