import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { namedPlaces } from '../trust/places/path-values.ts';
import { plainName, protectionOf, type Protection } from '../trust/places/protected-paths.ts';
import { STORE_NAME } from '../trust/store-name.ts';
import { followPath, isInside } from './confine-path.ts';
import { entriesOf } from './entries-of.ts';
import { filesystemPaths } from './filesystem-guard.ts';
import { isLinkedInto } from './linked-files.ts';
import type { RegisteredTool } from './tool-registry.ts';

/** A place that a call names: as it was written, and where that leads. */
export interface EffectPlace {
  readonly written: string;
  /** Absolute: by its spelling alone, and through links. The same where nothing is linked. */
  readonly leads: readonly string[];
}

/**
 * Every place that a call may touch. Of a server whose arguments we know, its paths; of any other, whatever could be one.
 * @param workspace a real path
 * @throws PointsmanError `tool-denied`, `request-invalid` for what cannot be judged
 */
export function placesOf(tool: RegisteredTool, input: JsonObject, workspace: string): readonly EffectPlace[] {
  const names =
    tool.own === 'files' ? [...filesystemPaths(input), ...movedPlaces(input, workspace)] : namedPlaces(input).names;
  const from = baseOf(tool, input, workspace);
  return names
    .filter((name) => !name.includes('\0'))
    .map((written) => ({ written, leads: [...new Set([path.resolve(from, written), followPath(from, written)])] }));
}

const MAX_MOVED = 20_000;

/** What lies in a folder goes with it: `workflows/ci.yml` is harmless until it lies in `.github`. */
function movedPlaces({ source, destination }: JsonObject, workspace: string): readonly string[] {
  if (typeof source !== 'string' || typeof destination !== 'string') return [];
  const inside = namesIn(path.resolve(workspace, source));
  return [source, destination].flatMap((folder) => inside.map((name) => path.join(folder, name)));
}

function namesIn(folder: string): readonly string[] {
  const found: string[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of entriesOf(path.join(folder, at))) {
      const name = path.join(at, entry.name);
      found.push(name);
      if (entry.isDirectory()) pending.push(name);
    }
    if (found.length > MAX_MOVED) {
      throw new PointsmanError('tool-denied', `More than ${MAX_MOVED} files would be moved, too many to judge`);
    }
  }
  return found;
}

/** All places of a protected kind. Inside the workspace only the names from there on count. */
export function protectedPlaces(
  places: readonly EffectPlace[],
  workspace: string,
): readonly (Protection & EffectPlace)[] {
  return places.flatMap((place) => {
    const [protection] = place.leads.flatMap(
      (lead) => protectionOf(isInside(workspace, lead) ? path.relative(workspace, lead) : lead) ?? [],
    );
    return protection === undefined ? [] : [{ ...place, ...protection }];
  });
}

/** The first place that lies in a store of ours, or in another folder that no tool may look into. */
export function closedPlace(
  places: readonly EffectPlace[],
  { workspace, closed }: { readonly workspace: string; readonly closed: readonly string[] },
): EffectPlace | undefined {
  const folders = closed.filter((folder) => !isInside(folder, workspace));
  const stores = [...folders, path.join(workspace, STORE_NAME)];
  return places.find(({ leads }) =>
    leads.some(
      (lead) =>
        folders.some((folder) => isInside(folder, lead)) ||
        isLinkedInto(lead, stores) ||
        namesBelow(workspace, lead).some((name) => plainName(name) === STORE_NAME),
    ),
  );
}

function namesBelow(workspace: string, lead: string): readonly string[] {
  return (isInside(workspace, lead) ? path.relative(workspace, lead) : lead).split(/[\\/]/u);
}

/**
 * Commands take their paths from the folder that they run in, which a link may name.
 * @throws PointsmanError `tool-denied` for one that goes in circles
 */
export function baseOf(tool: RegisteredTool, input: JsonObject, workspace: string): string {
  const { cwd } = input;
  return tool.own === 'commands' && typeof cwd === 'string' ? followPath(workspace, cwd) : workspace;
}
