import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { FileText } from '../trust/file-text.ts';
import { admitted, type FolderGate } from '../trust/folder-gate.ts';

/**
 * The tool servers of a workspace: those of the file that the configuration names, else of its own `.mcp.json`. A list that
 * a folder brought is handed out as the gate has seen it, and only with the user's leave.
 * @throws PointsmanError `config-invalid` for a list of the user's that cannot be read
 */
export function serverListFor(workspace: string, config: Config, gate: FolderGate): FileText | undefined {
  const { mcpFile } = config.tools;
  if (mcpFile === undefined) return admittedList(gate, workspace, path.resolve(workspace, '.mcp.json'));
  if (config.fileOrigin === 'folder') return admittedList(gate, path.dirname(config.file ?? ''), mcpFile);
  try {
    return { file: mcpFile, text: readFileSync(mcpFile, 'utf8') };
  } catch (cause) {
    throw new PointsmanError('config-invalid', `${mcpFile} cannot be read.`, {
      cause,
      hint: 'Name a file that exists and may be read.',
    });
  }
}

function admittedList(gate: FolderGate, folder: string, file: string): FileText | undefined {
  const admission = gate.admit(folder);
  const seen = path.resolve(admission.folder, path.relative(folder, file));
  return admitted(admission, 'tool-servers').find((brought) => brought.file === seen);
}
