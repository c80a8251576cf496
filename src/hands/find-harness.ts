import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import type { HandName } from '../domain/step.ts';
import type { LaunchedHarness, LaunchedName } from '../gateway/connect/harness.ts';
import { findProgram } from '../tools/command-runner/find-program.ts';
import { acpAgent, KNOWN_HANDS } from './acp-agents.ts';

interface HarnessPlaces {
  readonly harnesses: Readonly<Record<LaunchedName, LaunchedHarness>>;
  readonly searchPath: string;
  /** No program in it passes for a harness. */
  readonly workspace: string;
}

/**
 * The file that a harness is started from: of the search path, or of a full path, which is the user's own word.
 * @throws PointsmanError `tool-unavailable` where it is not installed, with those that are
 */
export function findHarness(name: HandName, places: HarnessPlaces): string {
  const file = fileOf(name, places);
  if (file !== undefined) return file;
  const found = KNOWN_HANDS.filter((hand) => hand !== 'own' && fileOf(hand, places) !== undefined);
  const others = found.length === 0 ? 'No other harness was found' : `Found: ${found.join(', ')}`;
  throw new PointsmanError(
    'tool-unavailable',
    `${name} cannot do steps here: The program "${programOf(name, places)}" is not installed`,
    { hint: `${others}. Install it and put it on the PATH, or take pointsman's own loop: --hands own.` },
  );
}

/** @throws PointsmanError `tool-unavailable` for the first that is not installed */
export function requireHarnesses(names: readonly HandName[], places: HarnessPlaces): void {
  for (const name of names) findHarness(name, places);
}

function programOf(name: HandName, { harnesses }: HarnessPlaces): string {
  return name === 'claude-code' || name === 'codex'
    ? harnesses[name].program
    : acpAgent(name.slice('acp:'.length)).program;
}

function fileOf(name: HandName, places: HarnessPlaces): string | undefined {
  const program = programOf(name, places);
  const [bare, searched] = path.isAbsolute(program)
    ? [path.basename(program), path.dirname(program)]
    : [program, places.searchPath];
  try {
    return findProgram(places.workspace, bare, searched);
  } catch {
    return undefined;
  }
}
