import { describe, expect, test } from 'vitest';
import { complianceGaps } from './compliance-gaps.ts';

describe('complianceGaps', () => {
  test('no demand, no gap', () => {
    expect(complianceGaps({}, {})).toEqual([]);
  });

  test('what is unknown meets nothing', () => {
    const demand = {
      inferenceRegions: ['eu'],
      storageRegions: ['eu'],
      noTraining: true,
      zeroDataRetention: true,
      maxRetentionDays: 30,
      baa: true,
      soc2: true,
      iso27001: true,
      gdprDpa: true,
    };
    const gaps = complianceGaps({}, demand);
    expect(gaps).toHaveLength(9);
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
});
