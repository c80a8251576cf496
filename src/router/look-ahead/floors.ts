import { ENTRANT_COUNT, type Tables } from './problem.ts';

/**
 * For each step the least that it and the later ones can cost, everything warm and the transcript as short as it can be, and
 * the most that warm caches can be worth there: summed from behind.
 */
export function fillFloors(tables: Tables): void {
  const { stepCount, modelCount, floor, warmWorth, warmCap, perWarm, longOffset, longPerWarm, runWorth } = tables;
  for (let step = stepCount - 1; step >= 0; step -= 1) {
    const group = tables.group[step] ?? -1;
    // A cache that lags behind catches up once; but branches of a parallel group each pay for it.
    const isInRun = group !== -1 && group === tables.group[step + 1];
    const apart = freshFloor(tables, step);
    let least = apart;
    tables.leastFresh[step] = apart;
    for (let model = 0; model < modelCount; model += 1) {
      const cell = step * modelCount + model;
      const continued = continueFloor(tables, step, model);
      tables.leastContinued[cell] = continued;
      const gain = continued < apart ? apart - continued : 0;
      warmCap[cell] = gain + (warmCap[cell + modelCount] ?? 0);
      least = Math.min(least, continued);
      const price = longOffset === 0 ? (perWarm[cell] ?? 0) : Math.max(perWarm[cell] ?? 0, longPerWarm[cell] ?? 0);
      const run = price + (isInRun ? (runWorth[cell + modelCount] ?? 0) : 0);
      runWorth[cell] = run;
      warmWorth[cell] = Math.max(run, warmWorth[cell + modelCount] ?? 0);
      if (tables.headCount > 0) fillHeadWorth(tables, step, model, price, isInRun);
    }
    tables.isOpen[step] = Number.isFinite(least) ? 1 : 0;
    const own = tables.isOpen[step] === 1 ? least : 0;
    floor[step] = own + (floor[step + 1] ?? 0);
    fillEntrants(tables, step, own);
  }
}

function freshFloor({ familyCount, freshWidth, fresh, freshSave }: Tables, step: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let family = 0; family < familyCount; family += 1) {
    for (let option = 0; option < freshWidth; option += 1) {
      const cold = fresh[(step * familyCount + family) * freshWidth + option] ?? 0;
      least = Math.min(least, cold - (freshSave[step * freshWidth + option] ?? 0));
    }
  }
  return least;
}

function fillHeadWorth(tables: Tables, step: number, model: number, perWarm: number, isInRun: boolean): void {
  const { headCount, modelCount, sharedHead, freshHead, freshSave, freshWidth, headTokens, headWorth } = tables;
  for (let head = 0; head < headCount; head += 1) {
    const continued = head === sharedHead ? perWarm * (headTokens[head * modelCount + model] ?? 0) : 0;
    const apart = head === freshHead[step] ? (freshSave[step * freshWidth + model] ?? 0) : 0;
    const own = Math.max(continued, apart);
    const later = headWorth[((step + 1) * headCount + head) * modelCount + model] ?? 0;
    // In a run the later worth may be that of one branch or of what comes after it; their sum is never too little.
    headWorth[(step * headCount + head) * modelCount + model] = isInRun ? own + later : Math.max(own, later);
  }
}

function continueFloor(tables: Tables, step: number, model: number): number {
  const { modelCount, canContinue, isCurved, aside, fixed, perToken, perWarm } = tables;
  const cell = step * modelCount + model;
  if (canContinue[cell] === 0) return Number.POSITIVE_INFINITY;
  const drifted = tables.hasDrift ? leastDrift(tables, model) * (tables.perDrift[cell] ?? 0) : 0;
  if (isCurved[cell] === 1) return (aside[cell] ?? 0) + (tables.curveWarm[cell] ?? 0) + drifted;
  const ratio = tables.tokenRatio[model] ?? 1;
  // Wholly warm: every token of the transcript, its media and the instruction costs the read price instead of the write price.
  const slope = (perToken[cell] ?? 0) - (perWarm[cell] ?? 0) * ratio;
  const shortest = tables.shortest[step] ?? 0;
  const lead = (tables.instruction[step] ?? 0) * ratio + (tables.mediaTokens[model] ?? 0);
  const instruction = lead * (perWarm[cell] ?? 0);
  return (fixed[cell] ?? 0) + Math.max(0, slope) * shortest + Math.min(0, slope) * shortest - instruction + drifted;
}

/**
 * What it takes to bring in a model that holds nothing: by how much its first use exceeds the floor of the step where that
 * happens, at this step or a later one. The few cheapest are kept in order.
 */
function fillEntrants(tables: Tables, step: number, stepFloor: number): void {
  const { modelCount, entry, entrant, entryNanoUsd, stepCount } = tables;
  const from = step * ENTRANT_COUNT;
  entrant.fill(-1, from, from + ENTRANT_COUNT);
  entryNanoUsd.fill(Number.POSITIVE_INFINITY, from, from + ENTRANT_COUNT);
  for (let order = 0; order < tables.activeCount; order += 1) {
    const model = tables.actives[order] ?? 0;
    const cell = step * modelCount + model;
    const later = step + 1 === stepCount ? Number.POSITIVE_INFINITY : (entry[cell + modelCount] ?? 0);
    const own = coldFloor(tables, step, model) - stepFloor;
    const least = own < later ? own : later;
    entry[cell] = least;
    let place = from + ENTRANT_COUNT;
    while (place > from && least < (entryNanoUsd[place - 1] ?? 0)) place -= 1;
    for (let at = from + ENTRANT_COUNT - 1; at > place; at -= 1) {
      entryNanoUsd[at] = entryNanoUsd[at - 1] ?? 0;
      entrant[at] = entrant[at - 1] ?? -1;
    }
    if (place === from + ENTRANT_COUNT) continue;
    entryNanoUsd[place] = least;
    entrant[place] = model;
  }
}

/** The least that continuing costs on a model that holds at most the head of the prompt. */
function coldFloor(tables: Tables, step: number, model: number): number {
  const { modelCount, canContinue, isCurved, aside, perDrift, headTokens, sharedHead } = tables;
  const cell = step * modelCount + model;
  if (canContinue[cell] === 0) return Number.POSITIVE_INFINITY;
  const drifted = tables.hasDrift ? leastDrift(tables, model) * (perDrift[cell] ?? 0) : 0;
  if (isCurved[cell] === 1) {
    const isWarmed = sharedHead >= 0;
    return (aside[cell] ?? 0) + drifted + ((isWarmed ? tables.curveWarm[cell] : tables.curveCold[cell]) ?? 0);
  }
  const shortest = tables.shortest[step] ?? 0;
  const head = sharedHead < 0 ? 0 : (headTokens[sharedHead * modelCount + model] ?? 0);
  const usual =
    (tables.fixed[cell] ?? 0) + (tables.perToken[cell] ?? 0) * shortest - (tables.perWarm[cell] ?? 0) * head;
  if (tables.longOffset === 0 || tables.canLong[cell] === 0) return usual + drifted;
  const long =
    (tables.longFixed[cell] ?? 0) +
    (tables.longPerToken[cell] ?? 0) * shortest -
    (tables.longPerWarm[cell] ?? 0) * head;
  return Math.min(usual, long) + drifted;
}

function leastDrift({ familyCount, modelCount, continueDrift }: Tables, model: number): number {
  let drift = Number.POSITIVE_INFINITY;
  for (let family = 0; family < familyCount; family += 1) {
    drift = Math.min(drift, continueDrift[family * modelCount + model] ?? 0);
  }
  return drift;
}
