import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Compliance } from '../domain/model.ts';
import type { ComplianceDemand } from '../domain/router-policy.ts';
import { complianceGaps, complianceProof } from './compliance-gaps.ts';

describe('complianceGaps', () => {
  test('no demand, no gap', () => {
    expect(complianceGaps({}, {})).toEqual([]);
  });

  test('what is unknown meets nothing', () => {
    const demand = {
      inferenceRegions: ['eu'],
      storageRegions: ['eu'],
      headquarters: ['FR'],
      noTraining: true,
      zeroDataRetention: true,
      maxRetentionDays: 30,
      baa: true,
      soc2: true,
      iso27001: true,
      gdprDpa: true,
    };
    const gaps = complianceGaps({}, demand);
    expect(gaps).toHaveLength(10);
    expect(gaps.every((gap) => gap.endsWith('is unknown'))).toBe(true);
  });

  test('an endpoint that may use one place outside the demanded ones does not meet it', () => {
    expect(complianceGaps({ inferenceRegions: ['eu', 'us'] }, { inferenceRegions: ['eu'] })).toEqual([
      'inference region is eu or us, not eu',
    ]);
    expect(complianceGaps({ inferenceRegions: ['eu'] }, { inferenceRegions: ['eu', 'us'] })).toEqual([]);
    expect(complianceGaps({ inferenceRegions: [] }, { inferenceRegions: ['eu'] })).toEqual([
      'inference region is unknown',
    ]);
  });

  test('keeping nothing satisfies any bound on retention', () => {
    expect(complianceGaps({ zeroDataRetention: true }, { maxRetentionDays: 0 })).toEqual([]);
    expect(complianceGaps({ retentionDays: 30 }, { maxRetentionDays: 30 })).toEqual([]);
    expect(complianceGaps({ retentionDays: 31 }, { maxRetentionDays: 30 })).toEqual([
      'data is kept 31 days, more than 30',
    ]);
  });

  test('training on data fails the promise not to', () => {
    expect(complianceGaps({ trainsOnData: true }, { noTraining: true })).toEqual([
      'a promise not to train on data is not given',
    ]);
    expect(complianceGaps({ trainsOnData: true }, { noTraining: false })).toEqual([]);
  });

  test('a vendor sits in a demanded country, or it is out', () => {
    expect(complianceGaps({ headquarters: 'FR' }, { headquarters: ['FR', 'NL'] })).toEqual([]);
    expect(complianceGaps({ headquarters: 'US' }, { headquarters: ['FR', 'NL'] })).toEqual([
      'the vendor’s headquarters is US, not FR or NL',
    ]);
  });
});

describe('complianceProof', () => {
  const places = fc.uniqueArray(fc.constantFrom('eu', 'us', 'local'), { minLength: 1 });
  const country = fc.constantFrom('US', 'FR');
  const optional = { requiredKeys: [] };
  const flag = fc.boolean();
  const demands: fc.Arbitrary<ComplianceDemand> = fc.record(
    {
      inferenceRegions: places,
      storageRegions: places,
      headquarters: fc.uniqueArray(country, { minLength: 1 }),
      noTraining: flag,
      zeroDataRetention: flag,
      maxRetentionDays: fc.integer({ min: 0, max: 60 }),
      baa: flag,
      soc2: flag,
      iso27001: flag,
      gdprDpa: flag,
    },
    optional,
  );
  const yes = fc.constantFrom(true, true, true, false);
  const endpoints: fc.Arbitrary<Compliance> = fc.record(
    {
      inferenceRegions: places,
      storageRegions: places,
      headquarters: country,
      trainsOnData: flag,
      retentionDays: fc.integer({ min: 0, max: 60 }),
      zeroDataRetention: yes,
      baaAvailable: yes,
      soc2: yes,
      iso27001: yes,
      gdprDpa: yes,
    },
    optional,
  );

  test('names one thing for each demand that is met, and nothing that the endpoint does not say of itself', () => {
    fc.assert(
      fc.property(endpoints, demands, (compliance, demand) => {
        fc.pre(complianceGaps(compliance, demand).length === 0);
        const wanted = Object.values(demand).filter((value) => value !== false).length;
        const proof = complianceProof({ ...compliance, sources: ['a page'], asOf: '2026-11-21' }, demand);
        expect(proof?.split(';')[0]?.split(', ').length ?? 0).toBe(wanted);
        if (proof !== undefined) expect(proof).toMatch(/; source: a page, as of 2026-11-21$/u);
        expect(proof ?? '').not.toMatch(/undefined|in [,;]/u);
      }),
    );
  });

  test('says where nobody is named', () => {
    expect(complianceProof({ soc2: true }, { soc2: true })).toBe('SOC 2; source: nobody is named for it');
  });
});
