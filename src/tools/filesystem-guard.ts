import path from 'node:path';
import { PointsmanError } from '../domain/errors.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import { plainName } from '../trust/places/protected-paths.ts';
import { confinePath, confineReading, type ReadRoot } from './confine-path.ts';
import { patchedPaths } from './file-server/parse-patch.ts';
import type { ToolRisk } from './tool-registry.ts';

/** Files that make programs run later: git's config and hooks, and the list of tool servers itself. */
export const untouchedNames: ReadonlySet<string> = new Set(['.git', '.mcp.json']);
const pathFields = ['path', 'source', 'destination', 'paths'] as const;

/**
 * A second lock before the filesystem server's own: every path of the call must lead into the workspace, and what writes
 * must leave alone the files that would run programs without asking.
 * @throws PointsmanError `tool-denied`
 */
export function guardFilesystemCall({ root, readable }: ReadRoot, input: JsonObject, risk: ToolRisk): void {
  for (const requested of filesystemPaths(input)) {
    const isRead = risk === 'read-only';
    const real = isRead ? confineReading({ root, readable }, requested) : confinePath(root, requested);
    if (isRead) continue;
    const names = path.relative(root, real).split(path.sep).map(plainName);
    const found = names.find((name) => untouchedNames.has(name));
    if (found === undefined) continue;
    throw new PointsmanError(
      'tool-denied',
      `${requested.slice(0, 200)} may not be changed: ${found} makes programs run`,
      {
        hint: 'Change it by hand if it must be changed.',
      },
    );
  }
}

/** The paths of a call of our own filesystem server: what else stands in it is text that goes into a file. */
export function filesystemPaths(input: JsonObject): readonly string[] {
  const { patch } = input;
  return [
    ...pathFields.flatMap((field) => pathsIn(input[field])),
    ...(typeof patch === 'string' ? patchedPaths(patch) : []),
  ];
}

function pathsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((inner): inner is string => typeof inner === 'string') : [];
}
