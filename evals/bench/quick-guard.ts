import type { Figures } from '../../src/domain/figure.ts';

/**
 * The most that a figure may be of its floor in the same run, whatever the machine: about twice what was measured (2026-11-29), because a
 * loaded machine is no reason to fail. No absolute time is held here.
 */
const MOST_OF_FLOOR: Readonly<Record<string, number>> = {
  // All models against those of one vendor: what a slower search would show first.
  'gateway.decided.growth.ms': 4,
  'gateway.transcript.name.cpu.ms': 0.9,
  'gateway.transcript.translated.cpu.ms': 2,
};

/** What is worse than its guard, each in a sentence. A guarded figure that was not measured is said too. */
export function brokenGuards(figures: Figures): readonly string[] {
  return Object.entries(MOST_OF_FLOOR).flatMap(([name, most]) => {
    const figure = figures[name];
    if (figure?.against === undefined) return [`${name} was not measured beside its floor`];
    const ratio = figure.value / figure.against;
    return ratio <= most ? [] : [`${name} is ${ratio.toFixed(2)} of its floor; at most ${most}`];
  });
}
