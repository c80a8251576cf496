import type { DecideInput } from '../../src/domain/decision.ts';
import { draftCandidates } from '../../src/router/candidates.ts';
import { searchBeam } from '../../src/router/look-ahead/beam-search.ts';
import { buildProblem } from '../../src/router/look-ahead/build-problem.ts';
import { decisionFrameOf } from '../../src/router/look-ahead/decision-frame.ts';
import { openExactSearch } from '../../src/router/look-ahead/exact-search.ts';
import { departureOf, rootsOf } from '../../src/router/look-ahead/roots.ts';

/** Gaps of a beam against the exact programme, as shares of the exact cost, over all roots of all inputs. */
export interface BeamGaps {
  /** What the beam found above the optimum. */
  readonly found: readonly number[];
  /** What the beam says that it may at most have missed: never less than `found`. */
  readonly bound: readonly number[];
}

/** Runs both searches where the exact one fits `maxStates`; other roots are left out. */
export function beamGaps(inputs: readonly DecideInput[], width: number, maxStates: number): BeamGaps {
  const found: number[] = [];
  const bound: number[] = [];
  for (const input of inputs) {
    const pool = [...input.models].sort((a, b) => (a.id < b.id ? -1 : 1));
    const { drafts } = draftCandidates(input, pool);
    const problem = buildProblem(decisionFrameOf(input, pool), input.forecast, departureOf(input, drafts), {
      isWhole: true,
    });
    const roots = rootsOf(input, problem, drafts).map((one) => one.root);
    const beam = searchBeam(problem, roots, width);
    const search = openExactSearch(problem);
    for (const [at, root] of roots.entries()) {
      const exact = search(root, maxStates)?.nanoUsd;
      const nanoUsd = beam.nanoUsd[at] ?? Number.NaN;
      if (exact === undefined || exact <= 0) continue;
      found.push((nanoUsd - exact) / exact);
      bound.push((nanoUsd - (beam.boundNanoUsd[at] ?? nanoUsd)) / exact);
    }
  }
  return { found, bound };
}
