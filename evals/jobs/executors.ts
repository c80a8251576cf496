import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../src/domain/environment.ts';
import type { Hand } from '../../src/domain/step.ts';
import { findClient } from '../../src/testing/internal/clients.ts';
import {
  harnessEnvironment,
  REAL_HANDS,
  TRIED_HANDS,
  type RealHand,
} from '../../src/testing/internal/hands/real-hands.ts';

/** Who carries out the code step of a case, and how its model calls its tools. */
export interface Executor {
  readonly name: Exclude<Hand, 'own'>;
  readonly tools: Pick<(typeof TRIED_HANDS)[RealHand], 'read' | 'write'>;
  /** An environment in which it is found, with a home of its own in this folder. */
  readonly env: (folder: string) => Environment;
}

/** Harnesses of this machine: on the search path, else those that end-to-end tests have installed. */
export function executorsHere(): { readonly here: readonly Executor[]; readonly missing: readonly RealHand[] } {
  const found = REAL_HANDS.map((name) => ({
    name,
    file: programFile(TRIED_HANDS[name].program) ?? findClient(TRIED_HANDS[name].client),
  }));
  return {
    here: found.flatMap(({ name, file }) =>
      file === undefined
        ? []
        : [{ name, tools: TRIED_HANDS[name], env: (folder: string) => harnessEnvironment(folder, { [name]: file }) }],
    ),
    missing: found.flatMap(({ name, file }) => (file === undefined ? [name] : [])),
  };
}

/** Where a program of the search path lies. */
export function programFile(program: string): string | undefined {
  const places = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, program));
  return places.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
