import path from 'node:path';
import { isMap, isScalar, parseDocument, stringify } from 'yaml';
import type { OwnModelRow } from '../../catalog/model-row.ts';
import { parseConfigFile } from '../../config/config-file.ts';
import type { Config } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { yamlFormat } from '../../gateway/connect/format/yaml-format.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { userConfigDir } from '../../trust/user-folders.ts';
import type { CommandIo } from '../input/command.ts';
import { readIfThere, writePrivate } from '../input/gateway-files.ts';

/** A configuration as it is and as it shall be. */
export interface RowChange {
  readonly file: string;
  /** `undefined`: there is no file yet. */
  readonly before: string | undefined;
  readonly after: string;
}

/**
 * The user's configuration with a row, and with its endpoint where that is new: everything else stays as it is written, to the byte.
 * @throws PointsmanError `config-invalid` for a file that cannot be changed so
 */
export function rowChange(
  config: Config,
  io: Pick<CommandIo, 'env'>,
  { row, newEndpoint }: { readonly row: OwnModelRow; readonly newEndpoint: readonly [string, JsonObject] | undefined },
): RowChange {
  const dir = userConfigDir(io.env);
  const file = config.file ?? (dir === undefined ? undefined : path.join(dir, 'config.yaml'));
  if (file === undefined)
    throw new PointsmanError('config-invalid', 'HOME is not set, so there is no configuration to write to.');
  const before = readIfThere(file);
  const withEndpoint = newEndpoint === undefined ? (before ?? '') : addEndpoint(before ?? '', newEndpoint);
  const after = setRow(withEndpoint, row);
  // What would not be read again is not written.
  parseConfigFile(after, file);
  return { file, before, after };
}

function setRow(text: string, row: OwnModelRow): string {
  const format = yamlFormat('');
  const rows = (text.trim() === '' ? [] : (format.read(text)['models'] ?? [])) as readonly JsonValue[];
  const at = rows.findIndex((one) => (one as JsonObject)['id'] === row.id);
  const value = row as unknown as JsonObject;
  return format.set(text, ['models'], at < 0 ? [value, ...rows] : rows.with(at, value));
}

/** In front of the others, at their depth; behind everything where there are none yet. */
function addEndpoint(text: string, [id, endpoint]: readonly [string, JsonObject]): string {
  const document = parseDocument(text);
  const map: unknown = document.get('endpoints', true);
  if (map === undefined) return `${text.replace(/([^\n])$/u, '$1\n')}${stringify({ endpoints: { [id]: endpoint } })}`;
  const first = isMap(map) && map.flow !== true ? map.items[0]?.key : undefined;
  const start = isScalar(first) ? first.range?.[0] : undefined;
  if (start === undefined) {
    throw new PointsmanError(
      'config-invalid',
      'The endpoints of the configuration are written in a way that is left alone.',
      {
        hint: 'Write the endpoint and the row by hand: --dry-run shows them.',
      },
    );
  }
  const lineStart = text.lastIndexOf('\n', start) + 1;
  const indent = text.slice(lineStart, start);
  const entry = stringify({ [id]: endpoint })
    .trimEnd()
    .split('\n');
  return text.slice(0, lineStart) + entry.map((line) => `${indent}${line}\n`).join('') + text.slice(lineStart);
}

/**
 * Writes it, unless the file has changed since it was read. What was trusted as it was is trusted as it is now: nothing else of
 * its folder has changed.
 * @throws PointsmanError `config-invalid`
 */
export function writeRow({ file, before, after }: RowChange, { fileOrigin }: Config, gate: FolderGate): void {
  const folder = path.dirname(file);
  const old = fileOrigin === 'folder' ? gate.admit(folder) : undefined;
  if (readIfThere(file) !== before) {
    throw new PointsmanError('config-invalid', `${file} was changed meanwhile, so nothing was written.`, {
      hint: 'Do it again: what was graded is kept.',
    });
  }
  writePrivate(file, after);
  if (old?.isTrusted !== true) return;
  const now = gate.admit(folder);
  const others = (brought: typeof now.brought): string =>
    JSON.stringify(brought.filter((one) => one.text !== before && one.text !== after));
  if (others(now.brought) === others(old.brought)) gate.remember(now);
}
