import { STEP_MODES, type StepMode } from '../../domain/step.ts';
import { ratesFor } from '../model-rates.ts';
import { shapeOf, type StepShape } from '../step-cost.ts';
import { coldBill, type Afterwards, type Pricing, type Taker } from './pricing.ts';

/** Fills what a fresh context costs after each family: the cheapest mode of a model, or of all where none are told apart. */
export function fillFresh(pricing: Pricing, taker: Taker, mode: StepMode, rest: Afterwards): void {
  const { tables, frame, step, at } = pricing;
  const { familyCount, modelCount, freshWidth, fresh } = tables;
  const shape = shapeOf(taker.model, step.size, mode, 0);
  const bill = coldBill(pricing, taker, shape);
  const option = freshWidth === 1 ? 0 : taker.index;
  const ofMode = STEP_MODES.indexOf(mode) * familyCount;
  for (let family = 0; family < familyCount; family += 1) {
    const loss = frame.drift.loss[(ofMode + family) * modelCount + taker.index] ?? 0;
    const total = (bill + rest.cost + loss * rest.perDrift) * step.probabilityRatio;
    const cell = (at * familyCount + family) * freshWidth + option;
    if (total < (fresh[cell] ?? 0)) fresh[cell] = total;
  }
  if (Number.isFinite(bill)) fillSaving(pricing, taker, shape);
}

/** What a warm head saves of it. */
function fillSaving({ tables, step, at }: Pricing, { index, rates, factor }: Taker, shape: StepShape): void {
  const { freshSave, freshWidth, headTokens, modelCount } = tables;
  const head = tables.freshHead[at] ?? -1;
  if (head < 0 || freshWidth === 1) return;
  const { write, read } = ratesFor(rates, shape.promptTokens);
  const tokens = Math.min(headTokens[head * modelCount + index] ?? 0, shape.promptTokens);
  const weight = factor * step.probabilityRatio * shape.workRatio;
  const saved = tokens * Math.max(0, write - read) * weight;
  const known = freshSave[at * freshWidth + index] ?? 0;
  // Where two modes read the head at different prices, the lesser saving is certain.
  freshSave[at * freshWidth + index] = known === 0 ? saved : Math.min(known, saved);
}
