import { createPointsman } from '../../app/create-pointsman.ts';
import type { CommandIo } from './command.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';

/** Builds the house for one command and closes it in every case. Warnings go to standard error. */
export async function withPointsman<Result>(
  io: CommandIo,
  options: { readonly cwd?: string; readonly configFile: string | undefined },
  act: (pointsman: Pointsman) => Promise<Result>,
): Promise<Result> {
  const pointsman = await createPointsman({
    cwd: options.cwd ?? io.cwd,
    env: io.env,
    onWarning: (error) => io.stderr(`pointsman: [${error.code}] ${error.message}\n`),
    ...(options.configFile === undefined ? {} : { configFile: options.configFile }),
  });
  try {
    return await act(pointsman);
  } finally {
    await pointsman.close();
  }
}
