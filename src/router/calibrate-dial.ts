import type { DecideInput } from '../domain/decision.ts';
import { decide } from './decide.ts';

/** γ is tried from a thousandth to a thousand times what the policy says, 20 steps a decade. */
const LEAST_EXPONENT = -3;
const MOST_EXPONENT = 3;
const STEPS_PER_DECADE = 20;
const NOTCHES = 11;

/**
 * The dial's factors for a pool, measured: sweeps γ over steps that are typical of the work, notes every change in who
 * would take them, and spreads the eleven notches evenly over the mixes that occur, the most capable first. So each notch
 * changes the mix as long as there are mixes left, and no notch raises the expected bill. For `RouterPolicy.dialFactors`.
 *
 * @param steps typical inputs of `decide()` with the pool to calibrate; their own dial does not matter.
 */
export function calibrateDial(steps: readonly DecideInput[]): readonly number[] {
  const mixes: { readonly mix: string; readonly factors: number[] }[] = [];
  for (let at = MOST_EXPONENT * STEPS_PER_DECADE; at >= LEAST_EXPONENT * STEPS_PER_DECADE; at -= 1) {
    const factor = 10 ** (at / STEPS_PER_DECADE);
    const mix = steps.map((step) => choiceAt(step, factor)).join(' ');
    const last = mixes.at(-1);
    if (last?.mix === mix) last.factors.push(factor);
    else mixes.push({ mix, factors: [factor] });
  }
  return Array.from({ length: NOTCHES }, (_, notch) => {
    const { factors } = mixes[Math.round((notch / (NOTCHES - 1)) * (mixes.length - 1))] ?? { factors: [1] };
    return factors[Math.floor(factors.length / 2)] ?? 1;
  });
}

function choiceAt(step: DecideInput, factor: number): string {
  const dialFactors = Array.from<number>({ length: NOTCHES }).fill(factor);
  const decision = decide({ ...step, policy: { ...step.policy, dial: 5, dialFactors } });
  if (decision.kind === 'refuse') return 'refuse';
  return decision.ladder.map((rung) => `${rung.model}/${rung.mode}`).join('>');
}
