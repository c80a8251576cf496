import { existsSync } from 'node:fs';
import { createPointsman } from '../../app/create-pointsman.ts';
import { warningsTo } from '../../app/open-log.ts';
import type { Config, StoreConfig } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { CommandIo } from './command.ts';
import { openFolderGate } from './folder-gate.ts';
import { logOf } from './log-of.ts';

export interface OpenOptions {
  readonly cwd?: string;
  readonly workspace?: string;
  readonly configFile: string | undefined;
  /** It is about what is stored: a store that is not there is not made. */
  readonly looksOnly?: boolean;
  /** False: no prompt is kept warm, whatever policies say. */
  readonly pings?: boolean;
}

/** Builds the house for one command and closes it in every case. Warnings go to the log. */
export async function withPointsman<Result>(
  io: CommandIo,
  options: OpenOptions,
  act: (pointsman: Pointsman, config: Config) => Promise<Result>,
): Promise<Result> {
  const cwd = options.cwd ?? io.cwd;
  const gate = await openFolderGate(io, [cwd, options.workspace ?? cwd]);
  const config = loadConfig({ cwd, env: io.env, file: options.configFile, gate });
  const pointsman = await createPointsman({
    cwd,
    gate,
    env: io.env,
    config,
    ...(options.looksOnly === true && !isThere(config.store) ? { store: 'memory' } : {}),
    onWarning: warningsTo(logOf(io, config)),
    ...(options.pings === undefined ? {} : { pings: options.pings }),
  });
  try {
    return await act(pointsman, config);
  } finally {
    await pointsman.close();
  }
}

function isThere(store: StoreConfig): boolean {
  return store.kind !== 'sqlite' || existsSync(store.dir);
}
