import type { RunOptions } from '../../orchestrator/model/pointsman.ts';
import type { CommandIo } from '../input/command.ts';
import { createProgress, type JobProgress } from '../text/job-progress.ts';

/** Follows a job on the screen while it runs, and leaves the screen in order however that ends. A machine is shown nothing. */
export async function followJob<Result>(
  io: CommandIo,
  isForMachine: boolean,
  act: (options: RunOptions, progress: JobProgress | undefined) => Promise<Result>,
): Promise<Result> {
  if (isForMachine) return act({ signal: io.signal, traceparent: io.env['TRACEPARENT'] }, undefined);
  const progress = createProgress(io);
  try {
    return await act({ signal: io.signal, traceparent: io.env['TRACEPARENT'], onEvent: progress.onEvent }, progress);
  } finally {
    progress.close();
  }
}
