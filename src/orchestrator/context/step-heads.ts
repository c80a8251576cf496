import type { PromptHead } from '../../domain/forecast.ts';
import type { ToolSpec } from '../../domain/transcript.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { headBlockCount, headOfChain, startChain } from '../model/prompt-chain.ts';
import { freshSystem, sharedSystem } from './opening.ts';
import { agentOf, stepTools } from './step-plan.ts';

type HeadRun = Pick<JobRun, 'agents' | 'tools'> & { readonly entry: Pick<JobRun['entry'], 'request'> };

/** Tools and system prompt of the shared transcript: the same in each of its calls. */
export function sharedHead(run: HeadRun): PromptHead | undefined {
  return headOf(run, 'shared', () => ({
    system: sharedSystem(run.entry.request.workspace),
    tools: run.tools.tools.map((tool) => tool.spec),
  }));
}

/** Tools and system prompt of a step's fresh contexts: the same for every step of its agent that requires the same tools. */
export function freshHead(run: HeadRun, step: JobStep): PromptHead | undefined {
  if (step.questionTokens !== undefined) return undefined;
  return headOf(run, ['fresh', step.kind, ...step.requiredTools.toSorted()].join(' '), () => ({
    system: freshSystem(run.entry.request.workspace, agentOf(run, step)),
    tools: stepTools(run, step).map((tool) => tool.spec),
  }));
}

/** Per job's agents and list of tools, which never change while it runs: each head is hashed once. */
const known = new WeakMap<object, WeakMap<object, Map<string, PromptHead | undefined>>>();

function headOf(
  run: HeadRun,
  name: string,
  parts: () => { readonly system: string; readonly tools: readonly ToolSpec[] },
): PromptHead | undefined {
  const heads = headsOf(run);
  const key = `${name} ${run.entry.request.workspace}`;
  if (!heads.has(key)) {
    const { system, tools } = parts();
    heads.set(key, headOfChain(startChain(system, tools).chain, headBlockCount(system, tools)));
  }
  return heads.get(key);
}

function headsOf({ agents, tools }: HeadRun): Map<string, PromptHead | undefined> {
  const ofAgents = known.get(agents) ?? new WeakMap<object, Map<string, PromptHead | undefined>>();
  known.set(agents, ofAgents);
  const heads = ofAgents.get(tools.tools) ?? new Map<string, PromptHead | undefined>();
  ofAgents.set(tools.tools, heads);
  return heads;
}
