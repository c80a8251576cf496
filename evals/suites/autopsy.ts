import { autopsyFigures, isCauseRight, isStepRight, playCases } from '../autopsy/autopsy-figures.ts';
import type { PlayedCase } from '../autopsy/play-planted.ts';
import { sessionFigures } from '../autopsy/session-figures.ts';
import type { Suite } from '../suite.ts';

const COUNT = 221;
const HELD_OUT_COUNT = 102;
const QUICK_COUNT = 17;
const SESSIONS = 240;
const SEED = 1;
/** Never looked at while the rules were written. */
const HELD_OUT_SEED = 20_261_130;

/** Whether a failed job is blamed on what was planted in it. */
export const suite: Suite = {
  name: 'autopsy',
  summary: 'jobs with planted faults through the real runner: is the blame at the right step, for the right cause',
  async run({ signal, quick, progress, print }) {
    const count = quick ? QUICK_COUNT : COUNT;
    let done = 0;
    const read = async (some: number, seed: number): Promise<readonly PlayedCase[]> =>
      playCases(some, seed, {
        signal,
        onCase: (played) => {
          done += 1;
          progress(`${done}: ${played.planted.id}\n`);
          const { truth, id } = played.planted;
          if (truth === undefined ? played.autopsy.kind === 'cannot-tell' : isStepRight(played) && isCauseRight(played))
            return;
          const { autopsy } = played;
          const said = autopsy.kind === 'blamed' ? `${autopsy.cause} in ${autopsy.stepId}` : autopsy.kind;
          print(
            `  ${id}: ${said}, and not ${truth === undefined ? 'cannot-tell' : `${truth.cause} in ${truth.stepId}`}`,
          );
        },
      });
    const own = {
      ...autopsyFigures(await read(count, SEED), SEED, 'autopsy'),
      ...sessionFigures(SESSIONS, SEED, 'autopsy.session'),
    };
    if (quick) return { kind: 'ran', figures: own };
    return {
      kind: 'ran',
      figures: {
        ...own,
        ...autopsyFigures(await read(HELD_OUT_COUNT, HELD_OUT_SEED), HELD_OUT_SEED, 'autopsy.held_out'),
        ...sessionFigures(SESSIONS, HELD_OUT_SEED, 'autopsy.session.held_out'),
      },
    };
  },
};
