import type { Figures } from '../../src/domain/figure.ts';
import { plantCases } from './faults.ts';
import { playPlanted, type PlayedCase } from './play-planted.ts';

/** Two at once: a job mostly waits for the programs that it starts. */
const AT_ONCE = 2;

export async function playCases(
  count: number,
  seed: number,
  { signal, onCase }: { readonly signal: AbortSignal; readonly onCase: (played: PlayedCase) => void },
): Promise<readonly PlayedCase[]> {
  const cases = plantCases(count, seed);
  const played: PlayedCase[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = cases[next++]; one !== undefined && !signal.aborted; one = cases[next++]) {
      const done = await playPlanted(one);
      played.push(done);
      onCase(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return played;
}

export const isStepRight = ({ planted: { truth }, autopsy }: PlayedCase): boolean =>
  autopsy.kind === 'blamed' && autopsy.stepId === truth?.stepId;
export const isCauseRight = (played: PlayedCase): boolean =>
  played.autopsy.kind === 'blamed' && played.autopsy.cause === played.planted.truth?.cause;

export function autopsyFigures(played: readonly PlayedCase[], seed: number, name: string): Figures {
  // A fault that did nothing leaves nothing to explain: how many there are is a figure of its own.
  const said = played.filter(({ planted, hasShown }) => hasShown && planted.truth !== undefined);
  const silent = played.filter(({ planted }) => planted.truth === undefined);
  const figure = (part: number, whole: number): Figures[string] => ({
    value: (100 * part) / Math.max(1, whole),
    unit: '%',
    n: whole,
    seed,
    label: 'measured',
  });
  const count = (some: readonly PlayedCase[], is: (one: PlayedCase) => boolean): number => some.filter(is).length;
  return {
    [`${name}.step.pct`]: figure(count(said, isStepRight), said.length),
    [`${name}.cause.pct`]: figure(count(said, isCauseRight), said.length),
    [`${name}.both.pct`]: figure(
      count(said, (one) => isStepRight(one) && isCauseRight(one)),
      said.length,
    ),
    [`${name}.cannot_tell.pct`]: figure(
      count(silent, ({ autopsy }) => autopsy.kind === 'cannot-tell'),
      silent.length,
    ),
    [`${name}.last_failed.step.pct`]: figure(
      count(said, ({ planted, lastFailed }) => lastFailed === planted.truth?.stepId),
      said.length,
    ),
    [`${name}.shown.pct`]: figure(
      count(played, ({ hasShown }) => hasShown),
      played.length,
    ),
  };
}
