import { peakFactorAt } from '../../catalog/bill.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import { lastPromptTokens, priceStep, shapeOf, type StepCost } from '../step-cost.ts';
import { insideHitRatio } from '../step-terms.ts';
import type { DecisionFrame } from './decision-frame.ts';
import { fillActives } from './fill-actives.ts';
import { fillSteps } from './fill-steps.ts';
import { fillFloors } from './floors.ts';
import { headTablesOf } from './head-tables.ts';
import type { LookOptions } from './look-options.ts';
import type { Departure, Problem, Tables } from './problem.ts';
import { takeTables } from './tables.ts';
import { fillHits, findLongGaps, numberGroups, placeInTime } from './timeline.ts';

/** The steps of one future as tables: when they run, what they cost, what earlier ones leave them, the least they can cost. */
export function buildProblem(
  frame: DecisionFrame,
  steps: readonly ForecastStep[],
  departure: Departure,
  { isWhole }: Pick<LookOptions, 'isWhole'>,
): Tables {
  const heads = headTablesOf(frame.input, frame.pool.models, steps);
  const tables = takeTables(frame, heads, steps.length);
  numberGroups(tables, frame.input.step.parallelGroup, steps);
  placeInTime(tables, frame, steps);
  findLongGaps(tables, frame);
  fillSteps(tables, frame, steps, departure);
  fillHits(tables, frame);
  fillActives(tables, frame, isWhole);
  fillFloors(tables);
  tables.curvedBill = curvedBillOf(tables, frame, steps);
  return tables;
}

function curvedBillOf(
  tables: Tables,
  { pool, warmth }: DecisionFrame,
  steps: readonly ForecastStep[],
): Problem['curvedBill'] {
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  return (at, index, transcript, read, isLong) => {
    const model = pool.models[index];
    const rates = isLong ? pool.longRates[index] : pool.rates[index];
    const step = steps[at];
    if (model === undefined || rates === undefined || step === undefined) return 0;
    const shape = shapeOf(model, step.size, 'continue', transcript, tables.mediaTokens[index]);
    if (lastPromptTokens(shape) + shape.outputTokens > model.contextTokens) return Number.POSITIVE_INFINITY;
    const inside = insideHitRatio(model, warmth[index], step.callGapMs);
    priceStep(rates, shape, { warmTokens: read, hitRatio: 1, insideHitRatio: inside }, cost);
    const bill = cost.nanoUsd * (pool.penalty[index] ?? 1) * peakFactorAt(model.prices, tables.startsAt[at] ?? 0);
    return bill * step.probabilityRatio + (tables.aside[at * tables.modelCount + index] ?? 0);
  };
}
