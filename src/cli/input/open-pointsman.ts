import { createPointsman } from '../../app/create-pointsman.ts';
import { warningsTo } from '../../app/open-log.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { CommandIo } from './command.ts';
import { logOf } from './log-of.ts';

/** Builds the house for one command and closes it in every case. Warnings go to the log. */
export async function withPointsman<Result>(
  io: CommandIo,
  options: { readonly cwd?: string; readonly configFile: string | undefined },
  act: (pointsman: Pointsman) => Promise<Result>,
): Promise<Result> {
  const cwd = options.cwd ?? io.cwd;
  const config = loadConfig({ cwd, env: io.env, file: options.configFile });
  const pointsman = await createPointsman({
    cwd,
    env: io.env,
    config,
    onWarning: warningsTo(logOf(io, config)),
  });
  try {
    return await act(pointsman);
  } finally {
    await pointsman.close();
  }
}
