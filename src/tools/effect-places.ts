import path from 'node:path';
import type { JsonObject } from '../domain/json.ts';
import { pathValues } from '../trust/path-values.ts';
import { plainName, protectionOf, type Protection } from '../trust/protected-paths.ts';
import { STORE_NAME } from '../trust/store-owner.ts';
import { followPath, isInside } from './confine-path.ts';
import { filesystemPaths } from './filesystem-guard.ts';
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
  const names = tool.own === 'files' ? filesystemPaths(input) : pathValues(input);
  const from = baseOf(tool, input, workspace);
  return names
    .filter((name) => !name.includes('\0'))
    .map((written) => ({ written, leads: [...new Set([path.resolve(from, written), followPath(from, written)])] }));
}

/** The first place of a protected kind. Inside the workspace only the names from there on count. */
export function protectedPlace(
  places: readonly EffectPlace[],
  workspace: string,
): (Protection & EffectPlace) | undefined {
  for (const place of places) {
    for (const lead of place.leads) {
      const protection = protectionOf(isInside(workspace, lead) ? path.relative(workspace, lead) : lead);
      if (protection !== undefined) return { ...place, ...protection };
    }
  }
  return undefined;
}

/** The first place that lies in a store of ours, or in another folder that no tool may look into. */
export function closedPlace(
  places: readonly EffectPlace[],
  { workspace, closed }: { readonly workspace: string; readonly closed: readonly string[] },
): EffectPlace | undefined {
  const folders = closed.filter((folder) => !isInside(folder, workspace));
  return places.find(({ leads }) =>
    leads.some(
      (lead) =>
        folders.some((folder) => isInside(folder, lead)) ||
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
