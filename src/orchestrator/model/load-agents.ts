import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import type { StepKind } from '../../domain/step.ts';
import type { FileText } from '../../trust/file-text.ts';
import { parseAgentFile, type Agent } from './agent-file.ts';

export type Agents = ReadonlyMap<StepKind, Agent>;

/**
 * The agents of a job: ours, replaced kind by kind by those that the workspace brings and its user has said yes to; of two
 * for one kind the later wins. What families of models are told beside ours goes with ours.
 * @throws PointsmanError `agent-invalid` with file and line.
 */
export async function loadAgents(shippedDir: string, own: readonly FileText[]): Promise<Agents> {
  const agents = new Map<StepKind, Agent>();
  addAll(agents, readFolder(shippedDir));
  if (!agents.has('plan') || !agents.has('summarize')) {
    throw new PointsmanError('agent-invalid', `No plan and summarize agents in ${shippedDir}.`, {
      hint: 'Install pointsman again; its agents folder is incomplete.',
    });
  }
  addAll(agents, own);
  return agents;
}

/** Whole agents first, then what families are told beside them. */
function addAll(agents: Map<StepKind, Agent>, files: readonly FileText[]): void {
  const read = files.map(({ file, text }) => parseOnce(text, file));
  for (const agent of read) if (agent.families === undefined) agents.set(agent.kind, agent);
  for (const { kind, families = [], prompt, file } of read) {
    if (families.length === 0) continue;
    const agent = agents.get(kind);
    if (agent === undefined)
      throw new PointsmanError('agent-invalid', `Agent file ${file}: no agent takes steps of kind "${kind}".`, {
        hint: `Add a file with "kind: ${kind}" and without "families".`,
      });
    const added = families.map((family) => [family, prompt] as const);
    agents.set(kind, { ...agent, familyWords: new Map([...(agent.familyWords ?? []), ...added]) });
  }
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

/** A few small files: each takes the thread less time than a promise for it would. */
function readFolder(folder: string): readonly FileText[] {
  try {
    const names = readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .sort();
    const files = names.map((name) => path.join(folder, name));
    return files.map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  } catch (cause) {
    throw new PointsmanError('agent-invalid', `Agent folder ${folder} cannot be read.`, { cause });
  }
}
