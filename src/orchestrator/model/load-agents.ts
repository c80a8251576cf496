import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import type { StepKind } from '../../domain/step.ts';
import { declaresKind, parseAgentFile, type Agent } from './agent-file.ts';

export type Agents = ReadonlyMap<StepKind, Agent>;

/** Folders of a workspace that may hold the user's own agents; a later one wins. */
const WORKSPACE_FOLDERS: readonly string[] = [path.join('.claude', 'agents'), path.join('.pointsman', 'agents')];

/**
 * The agents of a job: ours, replaced kind by kind by those that the workspace brings. Files of other programs count only
 * when they name a `kind`.
 * @throws PointsmanError `agent-invalid` with file and line.
 */
export async function loadAgents(shippedDir: string, workspace: string): Promise<Agents> {
  const agents = new Map<StepKind, Agent>();
  for (const agent of await readFolder(shippedDir)) agents.set(agent.kind, agent);
  if (!agents.has('plan') || !agents.has('summarize')) {
    throw new PointsmanError('agent-invalid', `No plan and summarize agents in ${shippedDir}.`, {
      mend: 'Install pointsman again; its agents folder is incomplete.',
    });
  }
  for (const folder of WORKSPACE_FOLDERS) {
    for (const agent of await readFolder(path.join(workspace, folder))) agents.set(agent.kind, agent);
  }
  return agents;
}

/** Files as they were read last: every job reads them again, and they rarely change. */
const parsed = new Map<string, { readonly text: string; readonly agent: Agent }>();

function parseOnce(text: string, file: string): Agent {
  const known = parsed.get(file);
  if (known?.text === text) return known.agent;
  const agent = parseAgentFile(text, file);
  parsed.set(file, { text, agent });
  return agent;
}

async function readFolder(folder: string): Promise<readonly Agent[]> {
  const names = await readdir(folder).catch((thrown: unknown) => {
    if (isMissing(thrown)) return [];
    throw new PointsmanError('agent-invalid', `Agent folder ${folder} cannot be read.`, { cause: thrown });
  });
  const agents: Agent[] = [];
  for (const name of names.filter((file) => file.endsWith('.md')).sort()) {
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
      throw new PointsmanError('agent-invalid', `Agent file ${file} cannot be read.`, { cause: thrown });
    });
    if (declaresKind(text)) agents.push(parseOnce(text, file));
  }
  return agents;
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR');
}
