import type { CommandIo } from '../input/command.ts';

export interface ReplayProgress {
  readonly show: (state: {
    readonly readBytes: number;
    readonly allBytes: number;
    readonly sessionCount: number;
  }) => void;
  /** Takes the line away again. */
  readonly clear: () => void;
}

const REDRAW_MS = 200;
const BAR_CELLS = 30;

/** One line on standard error that is drawn over itself, five times a second at most; nothing where nobody watches. */
export function createReplayProgress(
  io: Pick<CommandIo, 'stderr' | 'erase'>,
  clock: () => number = Date.now,
): ReplayProgress {
  const { erase } = io;
  if (erase === undefined) return { show: () => undefined, clear: () => undefined };
  const startedAt = clock();
  let shownAt = startedAt;
  let isShown = false;
  return {
    show({ readBytes, allBytes, sessionCount }) {
      if (clock() - shownAt < REDRAW_MS) return;
      shownAt = clock();
      isShown = true;
      const share = allBytes === 0 ? 0 : Math.min(1, readBytes / allBytes);
      const full = Math.round(share * BAR_CELLS);
      const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`;
      const left = share === 0 ? '' : `  about ${spanText(((shownAt - startedAt) * (1 - share)) / share)} left`;
      erase('line');
      io.stderr(`${bar} ${Math.round(share * 100)} %  ${sessionCount} sessions${left}`);
    },
    clear() {
      if (isShown) erase('line');
    },
  };
}

/** `42 s`, `7 min`. */
export function spanText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
