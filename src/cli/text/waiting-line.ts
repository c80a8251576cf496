import type { JobEvent } from '../../orchestrator/model/job-event.ts';
import { shown } from '../../trust/shown.ts';
import type { CommandIo } from '../input/command.ts';
import { shortened } from '../width/display-width.ts';
import { USUAL_COLUMNS } from '../width/wrapped.ts';

/** The calls that a job waits for, on one line that is drawn over itself. */
export interface WaitingLine {
  readonly follow: (event: JobEvent) => void;
  /** Before something else is said. It comes back with the next second. */
  readonly hide: () => void;
  readonly close: () => void;
}

const REDRAW_MS = 1000;
const NONE: WaitingLine = { follow: () => undefined, hide: () => undefined, close: () => undefined };

/** Nothing where nobody watches. */
export function createWaitingLine(
  { erase, stderr, columns = USUAL_COLUMNS }: Pick<CommandIo, 'stderr' | 'erase' | 'columns'>,
  clock: () => number,
): WaitingLine {
  if (erase === undefined) return NONE;
  const calls = new Map<string, { readonly model: string; readonly startedAt: number }>();
  let isShown = false;
  const hide = (): void => {
    if (isShown) erase('line');
    isShown = false;
  };
  const draw = (): void => {
    hide();
    if (calls.size === 0) return;
    const parts = [...calls.values()].map(({ model, startedAt }) => `${model} ${spanText(clock() - startedAt)}`);
    stderr(shortened(`    … ${parts.join(' · ')}`, columns - 1));
    isShown = true;
  };
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearInterval(timer);
    timer = undefined;
    hide();
  };
  return {
    hide,
    follow(event) {
      if (event.type === 'call-start') {
        calls.set(event.callId, { model: shown(event.model), startedAt: clock() });
        timer ??= setInterval(draw, REDRAW_MS).unref();
      }
      if (event.type === 'call-end') calls.delete(event.callId);
      if (event.type === 'job-end' || event.type === 'pause') calls.clear();
      if (calls.size === 0) close();
    },
    close,
  };
}

function spanText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
