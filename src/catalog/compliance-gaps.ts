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
  const { trainsOnData } = compliance;
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
